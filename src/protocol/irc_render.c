#include "protocol/irc_render.h"

#include "base/utf8.h"
#include "protocol/irc_caps.h"
#include "protocol/irc_tags.h"
#include "wire/irc_message.h"

enum { TAGS_MAX = 8 * 1024 };

// What every event may carry: its time and its actor's account.
static struct irc_tags event_tags(const struct event *event, const struct actor *actor,
                                  uint32_t caps, struct buf *out)
{
    struct irc_tags tags = {out, false};
    if (caps & CAP_SERVER_TIME) {
        irc_tag_time(&tags, event->wall_ms);
    }
    if ((caps & CAP_ACCOUNT_TAG) && actor && actor->account.len) {
        irc_tag_begin(&tags, "account=");
        buf_add(out, actor->account);
    }
    return tags;
}

// `[@tags] :mask `: how the line of an actor, or of the server (NULL), begins; the server's name as
// irc_server() has it.
static void begin(const struct event *event, const struct actor *actor, uint32_t caps,
                  struct buf *out)
{
    struct irc_tags tags = event_tags(event, actor, caps, out);
    irc_tags_end(&tags);
    buf_add_char(out, ':');
    if (actor) {
        actor_add_mask(out, actor);
    } else {
        for (size_t i = 0; i < event->target.len; i++) {
            buf_add_char(out, event->target.at[i] == ' ' ? '-' : event->target.at[i]);
        }
    }
    buf_add_char(out, ' ');
}

static void render_said(const struct event *event, uint32_t caps, struct buf *out)
{
    const struct message *message = event->message;
    bool in_private = event->kind != EVENT_MESSAGE;
    struct text target = in_private ? message->recipient_name : event->room;
    irc_render_message(message, target, event->account, caps, NULL, out);
}

static void render_tagged(const struct event *event, uint32_t caps, struct buf *out)
{
    const struct message *message = event->message;
    if (!(caps & CAP_MESSAGE_TAGS)) {
        return;
    }
    struct irc_tags tags = event_tags(event, &event->actors[0], caps, out);
    irc_tag_begin(&tags, "msgid=");
    buf_printf(out, "%llx", (unsigned long long)message->id);
    if (message->tags.len) {
        irc_tag_begin(&tags, "");
        buf_add(out, message->tags);
    }
    irc_tags_end(&tags);
    buf_add_char(out, ':');
    actor_add_mask(out, &event->actors[0]);
    buf_printf(out, " TAGMSG %.*s\r\n",
               TEXT_ARG(event->room.len ? event->room : message->recipient_name));
}

static void render_joined(const struct event *event, uint32_t caps, struct buf *out)
{
    for (size_t i = 0; i < event->actor_count; i++) {
        const struct actor *actor = &event->actors[i];
        begin(event, actor, caps, out);
        buf_printf(out, "JOIN %.*s", TEXT_ARG(event->room));
        if (caps & CAP_EXTENDED_JOIN) {
            struct text account = actor->account.len ? actor->account : TEXT("*");
            struct text real_name = actor->real_name.len ? actor->real_name : actor->name;
            buf_printf(out, " %.*s :%.*s", TEXT_ARG(account), TEXT_ARG(real_name));
        }
        buf_add(out, TEXT("\r\n"));
        if ((caps & CAP_AWAY_NOTIFY) && actor->away.len) {
            begin(event, actor, caps, out);
            buf_printf(out, "AWAY :%.*s\r\n", TEXT_ARG(actor->away));
        }
    }
}

static void add_quit(const struct event *event, struct buf *out)
{
    if (event->target.len) {
        buf_printf(out, "QUIT :Killed (%.*s (%.*s))", TEXT_ARG(event->target),
                   TEXT_ARG(event->text));
    } else if (event->lost) {
        buf_add(out, TEXT("QUIT :Connection lost"));
    } else {
        buf_printf(out, "QUIT :Quit%s%.*s", event->text.len ? ": " : "", TEXT_ARG(event->text));
    }
}

static void render_left(const struct event *event, uint32_t caps, struct buf *out)
{
    for (size_t i = 0; i < event->actor_count; i++) {
        begin(event, &event->actors[i], caps, out);
        if (event->kind == EVENT_PARTED) {
            buf_printf(out, "PART %.*s", TEXT_ARG(event->room));
            if (event->text.len) {
                buf_printf(out, " :%.*s", TEXT_ARG(event->text));
            }
        } else {
            add_quit(event, out);
        }
        buf_add(out, TEXT("\r\n"));
    }
}

static void render_act(const struct event *event, uint32_t caps, struct buf *out)
{
    struct text room = event->room;
    struct text target = event->target;
    struct text text = event->text;
    begin(event, event->actor_count ? &event->actors[0] : NULL, caps, out);
    switch (event->kind) {
    case EVENT_RENAMED:
        buf_printf(out, "NICK %.*s\r\n", TEXT_ARG(target));
        break;
    case EVENT_KICKED:
        buf_printf(out, "KICK %.*s %.*s :%.*s\r\n", TEXT_ARG(room), TEXT_ARG(target),
                   TEXT_ARG(text.len ? text : event->actors[0].name));
        break;
    case EVENT_MODES:
        buf_printf(out, "MODE %.*s %.*s\r\n", TEXT_ARG(room), TEXT_ARG(text));
        break;
    case EVENT_ROOM_RENAMED:
        buf_printf(out, "RENAME %.*s %.*s :%.*s\r\n", TEXT_ARG(target), TEXT_ARG(room),
                   TEXT_ARG(text));
        break;
    case EVENT_AWAY:
        buf_printf(out, text.len ? "AWAY :%.*s\r\n" : "AWAY%.*s\r\n", TEXT_ARG(text));
        break;
    case EVENT_ACCOUNT:
        buf_printf(out, "ACCOUNT %.*s\r\n",
                   TEXT_ARG(event->actors[0].account.len ? event->actors[0].account : TEXT("*")));
        break;
    case EVENT_DESCRIBED:
        buf_printf(out, "SETNAME :%.*s\r\n", TEXT_ARG(text));
        break;
    default:
        buf_printf(out, "INVITE %.*s :%.*s\r\n", TEXT_ARG(target), TEXT_ARG(room));
    }
}

static void render_redacted(const struct event *event, uint32_t caps, struct buf *out)
{
    struct text target = event->room.len ? event->room : event->message->recipient_name;
    begin(event, &event->actors[0], caps, out);
    buf_printf(out, "REDACT %.*s %llx", TEXT_ARG(target), (unsigned long long)event->redacted);
    if (event->text.len) {
        buf_printf(out, " :%.*s", TEXT_ARG(event->text));
    }
    buf_add(out, TEXT("\r\n"));
}

static void render_announced(const struct event *event, uint32_t caps, struct buf *out)
{
    struct irc_tags tags = event_tags(event, NULL, caps, out);
    irc_tags_end(&tags);
    buf_printf(out, ":%.*s NOTICE %.*s :%.*s\r\n", TEXT_ARG(event->actors[0].name),
               TEXT_ARG(event->target), TEXT_ARG(event->text));
}

// Which capability a client must have to be told at all.
static bool is_told(const struct event *event, uint32_t caps)
{
    switch (event->kind) {
    case EVENT_AWAY:
        return caps & CAP_AWAY_NOTIFY;
    case EVENT_ACCOUNT:
        return caps & CAP_ACCOUNT_NOTIFY;
    case EVENT_DESCRIBED:
        return caps & CAP_SETNAME;
    case EVENT_ROOM_RENAMED:
        return caps & CAP_CHANNEL_RENAME; // others see a PART and a JOIN: irc_rename.h
    case EVENT_REDACTED:
        return caps & CAP_REDACTION;
    case EVENT_INVITED:
        // The one who is invited is told in any case; caps say who else is.
        return caps & (CAP_INVITE_NOTIFY | CAP_OF_ONE);
    default:
        return true;
    }
}

static void blank(char *at, const char *end, char byte)
{
    while ((at = memchr(at, byte, (size_t)(end - at)))) {
        if (byte != '\r' || at + 1 == end || at[1] != '\n') {
            *at = ' ';
        }
        at++;
    }
}

void irc_clean(struct buf *out, size_t from)
{
    if (from < out->len) {
        blank(out->at + from, out->at + out->len, '\r');
        blank(out->at + from, out->at + out->len, '\0');
    }
}

// Cuts the body of each line to what IRC allows, between two graphemes: long names leave less room
// for what is said with them.
static void cut_bodies(struct buf *out, size_t from)
{
    while (from < out->len) {
        struct text rest = {out->at + from, out->len - from};
        struct text line = text_head(rest, text_find(rest, '\n') + 1);
        size_t tags = text_starts(line, TEXT("@")) ? text_find(line, ' ') + 1 : 0;
        struct text body = text_head(text_skip(line, tags), line.len - tags - strlen("\r\n"));
        size_t kept = utf8_cut(body, IRC_BODY_MAX).len;
        if (kept < body.len) {
            const char *end = body.at + body.len;
            memmove(out->at + from + tags + kept, end, (size_t)(out->at + out->len - end));
            out->len -= body.len - kept;
        }
        from += line.len - (body.len - kept);
    }
}

static void render(const struct event *event, uint32_t caps, struct buf *out)
{
    switch (event->kind) {
    case EVENT_MESSAGE:
    case EVENT_PRIVATE_FROM:
    case EVENT_PRIVATE_TO:
        render_said(event, caps, out);
        break;
    case EVENT_REDACTED:
        render_redacted(event, caps, out);
        break;
    case EVENT_TAGGED:
        render_tagged(event, caps, out);
        break;
    case EVENT_JOINED:
        render_joined(event, caps, out);
        break;
    case EVENT_PARTED:
    case EVENT_LEFT:
        render_left(event, caps, out);
        break;
    case EVENT_ANNOUNCED:
        render_announced(event, caps, out);
        break;
    case EVENT_SHUTDOWN:
        break; // an ERROR says it
    default:
        render_act(event, caps, out);
    }
}

void irc_render(const struct event *event, uint32_t caps, struct buf *out)
{
    if (is_told(event, caps)) {
        size_t from = out->len;
        render(event, caps, out);
        irc_clean(out, from);
        cut_bodies(out, from);
    }
}
