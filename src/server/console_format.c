#include "server/console_format.h"

#include "base/utf8.h"

#include <time.h>

void console_format_peer(const struct peer *peer, struct buf *out)
{
    if (strcmp(peer->address, "unix") == 0) {
        buf_add(out, TEXT("unix"));
    } else if (strchr(peer->address, ':')) {
        buf_printf(out, "[%s]:%u", peer->address, peer->port);
    } else {
        buf_printf(out, "%s:%u", peer->address, peer->port);
    }
}

void console_format_quoted(struct text value, struct buf *out)
{
    buf_add_char(out, '"');
    while (value.len) {
        size_t plain = 0;
        while (plain < value.len && value.at[plain] != '"' && value.at[plain] != '\\') {
            plain++;
        }
        utf8_add_visible(out, text_head(value, plain), false);
        value = text_skip(value, plain);
        if (value.len) {
            buf_add_char(out, '\\');
            buf_add_char(out, *value.at);
            value = text_skip(value, 1);
        }
    }
    buf_add_char(out, '"');
}

static void time_add(int64_t wall_ms, struct buf *out)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm local;
    localtime_r(&seconds, &local);
    buf_printf(out, "[%02d:%02d:%02d] ", local.tm_hour, local.tm_min, local.tm_sec);
}

static void visible_add(struct text text, struct buf *out)
{
    utf8_add_visible(out, text, false);
}

static void online_add(const struct activity *a, struct buf *out)
{
    buf_printf(out, "[INFO] Active clients: %zu\n", a->online);
}

static void joined_show(const struct activity *a, struct buf *out)
{
    time_add(a->wall_ms, out);
    buf_add(out, TEXT("[JOIN] "));
    visible_add(a->name, out);
    buf_add(out, TEXT(" joined"));
    if (a->peer) {
        buf_add(out, TEXT(" from "));
        console_format_peer(a->peer, out);
    }
    buf_add_char(out, '\n');
    online_add(a, out);
}

static void left_show(const struct activity *a, struct buf *out)
{
    time_add(a->wall_ms, out);
    buf_add(out, TEXT("[LEAVE] "));
    visible_add(a->name, out);
    buf_add(out, TEXT(" left the chat\n"));
    online_add(a, out);
}

// The lobby is where everybody is, so it needs no name.
static void said_start(const struct activity *a, struct buf *out)
{
    time_add(a->wall_ms, out);
    buf_add(out, TEXT("[BROADCAST] "));
    if (a->place.len && !text_equal(a->place, TEXT("#lobby"))) {
        visible_add(a->place, out);
        buf_add_char(out, ' ');
    }
}

static void message_show(const struct activity *a, struct buf *out)
{
    said_start(a, out);
    visible_add(a->name, out);
    buf_add(out, TEXT(": "));
    visible_add(a->text, out);
    buf_add_char(out, '\n');
}

static void action_show(const struct activity *a, struct buf *out)
{
    said_start(a, out);
    buf_add(out, TEXT("* "));
    visible_add(a->name, out);
    buf_add_char(out, ' ');
    visible_add(a->text, out);
    buf_add_char(out, '\n');
}

static void private_show(const struct activity *a, struct buf *out)
{
    time_add(a->wall_ms, out);
    buf_add(out, TEXT("[PM] "));
    visible_add(a->name, out);
    buf_add(out, TEXT(" -> "));
    visible_add(a->place, out);
    buf_add_char(out, '\n');
}

static void relayed_show(const struct activity *a, struct buf *out)
{
    visible_add(a->name, out);
    buf_add(out, TEXT(": "));
    visible_add(a->text, out);
    buf_add_char(out, '\n');
}

static void relay_in_show(const struct activity *a, struct buf *out)
{
    buf_printf(out, "New connection from ('%s', %u)\n", a->peer->address, a->peer->port);
}

static void relay_out_show(const struct activity *a, struct buf *out)
{
    buf_printf(out, "Client ('%s', %u) disconnected.\n", a->peer->address, a->peer->port);
}

static void refused_show(const struct activity *a, struct buf *out)
{
    time_add(a->wall_ms, out);
    buf_add(out, TEXT("[WARN] A message by "));
    visible_add(a->name, out);
    buf_add(out, TEXT(" to "));
    visible_add(a->place, out);
    buf_add(out, TEXT(" could not be kept: "));
    visible_add(a->text, out);
    buf_add_char(out, '\n');
}

static void operated_show(const struct activity *a, struct buf *out)
{
    time_add(a->wall_ms, out);
    buf_add(out, TEXT("[OPERATOR] "));
    visible_add(a->name, out);
    buf_add_char(out, ' ');
    visible_add(a->text, out);
    buf_add_char(out, '\n');
}

enum {
    PAIR_NAME = 1,
    PAIR_PLACE = 2,
    PAIR_REASON = 4,
    PAIR_FROM = 8,
    PAIR_ONLINE = 16,
    PAIR_DID = 32
};

static const struct {
    void (*show)(const struct activity *, struct buf *);
    const char *event; // NULL: not logged
    enum log_level level;
    unsigned pairs;
} kinds[] = {
    [ACTIVITY_JOINED] = {joined_show, "joined", LOG_INFO, PAIR_NAME | PAIR_FROM | PAIR_ONLINE},
    [ACTIVITY_LEFT] = {left_show, "left", LOG_INFO, PAIR_NAME | PAIR_REASON | PAIR_ONLINE},
    [ACTIVITY_MESSAGE] = {message_show, NULL, LOG_DEBUG, 0},
    [ACTIVITY_ACTION] = {action_show, NULL, LOG_DEBUG, 0},
    [ACTIVITY_PRIVATE] = {private_show, NULL, LOG_DEBUG, 0},
    [ACTIVITY_RELAYED] = {relayed_show, NULL, LOG_DEBUG, 0},
    [ACTIVITY_RELAY_IN] = {relay_in_show, "relay_in", LOG_INFO, PAIR_FROM},
    [ACTIVITY_RELAY_OUT] = {relay_out_show, "relay_out", LOG_INFO, PAIR_FROM},
    [ACTIVITY_REFUSED] = {refused_show, "not_kept", LOG_WARN, PAIR_NAME | PAIR_PLACE | PAIR_REASON},
    [ACTIVITY_OPERATED] = {operated_show, "operated", LOG_WARN, PAIR_NAME | PAIR_DID | PAIR_FROM},
};

void console_format_chat(const struct activity *activity, struct buf *out)
{
    kinds[activity->kind].show(activity, out);
}

static void pair_add(struct buf *out, const char *key, struct text value)
{
    buf_printf(out, "%s%s=", out->len ? " " : "", key);
    console_format_quoted(value, out);
}

bool console_format_log(const struct activity *activity, const char **event, enum log_level *level,
                        struct buf *out)
{
    unsigned pairs = kinds[activity->kind].pairs;
    *event = kinds[activity->kind].event;
    *level = kinds[activity->kind].level;
    if (pairs & PAIR_NAME) {
        pair_add(out, "name", activity->name);
    }
    if (pairs & PAIR_PLACE) {
        pair_add(out, "place", activity->place);
    }
    if (pairs & PAIR_REASON) {
        pair_add(out, "reason", activity->text);
    }
    if (pairs & PAIR_DID) {
        pair_add(out, "did", activity->text);
    }
    if ((pairs & PAIR_FROM) && activity->peer) {
        buf_printf(out, "%sfrom=", out->len ? " " : "");
        console_format_peer(activity->peer, out);
    }
    if (pairs & PAIR_ONLINE) {
        buf_printf(out, " online=%zu", activity->online);
    }
    return *event != NULL;
}
