#include "protocol/irc_mode.h"

#include "chat/modes.h"
#include "protocol/irc_channel.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

enum { CHANGES_MAX = 20 };

static const struct {
    char mode;
    uint32_t bit;
} user_flags[] = {{'B', USER_BOT},
                  {'R', USER_ACCOUNTS_ONLY},
                  {'T', USER_NO_CTCP},
                  {'i', USER_INVISIBLE},
                  {'w', USER_WALLOPS}};

enum { USER_FLAGS = sizeof user_flags / sizeof *user_flags };

static const struct {
    char mode;
    int item; // numerics
    int end;
    const char *end_text;
} lists[RULE_LISTS] = {
    [RULE_BANS] = {'b', 367, 368, "End of channel ban list"},
    [RULE_EXCEPTIONS] = {'e', 348, 349, "End of channel exception list"},
    [RULE_INVITATIONS] = {'I', 346, 347, "End of channel invite exception list"}};

void irc_mode_add_user(const struct user *user, struct buf *out)
{
    buf_add_char(out, '+');
    for (size_t i = 0; i < USER_FLAGS; i++) {
        if (user->modes & user_flags[i].bit) {
            buf_add_char(out, user_flags[i].mode);
        }
    }
    if (user->is_operator) {
        buf_add_char(out, 'o');
    }
}

static void show_channel(struct session *session, const struct room *room)
{
    struct buf modes;
    buf_init(&modes, 256);
    modes_show(room, room_member(session, room), &modes);
    irc_numeric(session, 324, "%.*s %.*s", TEXT_ARG(room->shown), TEXT_ARG(buf_text(&modes)));
    buf_finish(&modes);
    if (room->rules) {
        irc_numeric(session, 329, "%.*s %lld", TEXT_ARG(room->shown),
                    (long long)(room->rules->created_ms / 1000));
    }
}

static void show_list(struct session *session, struct room *room, int l)
{
    if (room->rules) {
        rules_expire(room->rules, session_now(session).wall_ms);
    }
    const struct rule_list *list = room->rules ? &room->rules->lists[l] : NULL;
    for (size_t i = 0; list && i < list->count; i++) {
        const struct rule_mask *mask = &list->at[i];
        irc_numeric(session, lists[l].item, "%.*s %.*s %.*s %lld", TEXT_ARG(room->shown),
                    TEXT_ARG(mask->mask), TEXT_ARG(mask->by), (long long)(mask->set_ms / 1000));
    }
    irc_numeric(session, lists[l].end, "%.*s :%s", TEXT_ARG(room->shown), lists[l].end_text);
}

// A MODE for a channel, as it goes on.
struct change {
    struct modes modes;
    const struct irc_message *message;
    size_t next;    // parameter
    bool refused;   // the refusal has been told: once a line is enough,
    bool unknown;   // so it is of modes that there are not,
    uint8_t listed; // and of each list, whose index is the bit
};

static struct text next_parameter(struct change *c)
{
    return c->next < c->message->param_count ? c->message->param[c->next++] : TEXT("");
}

static void tell_unknown(struct change *c, char mode)
{
    if (!c->unknown) {
        c->unknown = true;
        bool shown = mode > ' ' && mode < 0x7F && mode != ':';
        irc_numeric(c->modes.session, 472, "%c :is unknown mode char to me", shown ? mode : '*');
    }
}

static void tell_refused(struct change *c)
{
    if (!c->refused) {
        c->refused = true;
        irc_refuse(c->modes.session, c->modes.room, c->modes.why);
    }
}

static void tell_not_in_room(struct change *c, struct text nick)
{
    irc_numeric(c->modes.session, 441, "%.*s %.*s :They aren't on that channel",
                TEXT_ARG(irc_shown(nick)), TEXT_ARG(c->modes.room->shown));
}

static void tell_bad_flood(struct change *c, char mode)
{
    struct buf words;
    buf_init(&words, 1024);
    flood_profiles_list(session_floods(c->modes.session), NULL, &words);
    irc_numeric(c->modes.session, 696, "%.*s %c * :it is one of %.*s",
                TEXT_ARG(c->modes.room->shown), mode, TEXT_ARG(buf_text(&words)));
    buf_finish(&words);
}

static void tell_result(struct change *c, enum mode_result result, char mode, struct text value)
{
    struct session *session = c->modes.session;
    struct text shown = c->modes.room->shown;
    switch (result) {
    case MODE_DONE:
    case MODE_CHANGED:
    case MODE_SAME:
        break;
    case MODE_REFUSED:
        tell_refused(c);
        break;
    case MODE_UNKNOWN:
        tell_unknown(c, mode);
        break;
    case MODE_NEEDS_VALUE:
        irc_numeric(session, 696, "%.*s %c * :You must give a parameter", TEXT_ARG(shown), mode);
        break;
    case MODE_BAD_KEY:
        irc_numeric(session, 525, "%.*s :Key is not well-formed", TEXT_ARG(shown));
        break;
    case MODE_BAD_NUMBER:
        irc_numeric(session, 696, "%.*s %c %.*s :It is a number from 1 to %u", TEXT_ARG(shown),
                    mode, TEXT_ARG(irc_shown(value)),
                    mode == 'l' ? (unsigned)MODE_LIMIT_MAX : (unsigned)RULE_SLOW_MAX_S);
        break;
    case MODE_BAD_MASK:
        irc_numeric(session, 696,
                    "%.*s %c * :A mask can have at most %d bytes, and no control characters",
                    TEXT_ARG(shown), mode, RULE_MASK_BYTES_MAX);
        break;
    case MODE_BAD_FLOOD:
        tell_bad_flood(c, mode);
        break;
    case MODE_ADDRESS:
        irc_numeric(session, 696, "%.*s %c * :%s", TEXT_ARG(shown), mode, mode_result_text(result));
        break;
    case MODE_LIST_FULL:
        irc_numeric(session, 478, "%.*s %c :Channel list is full", TEXT_ARG(shown), mode);
        break;
    case MODE_NOBODY:
        irc_numeric(session, 401, "%.*s :No such nick/channel", TEXT_ARG(irc_shown(value)));
        break;
    case MODE_NOT_IN_ROOM:
        tell_not_in_room(c, value);
        break;
    }
}

static void change_one(struct change *c, char mode, bool on)
{
    struct session *session = c->modes.session;
    int l = mode_list(mode);
    struct text value = mode_takes_value(mode, on) ? next_parameter(c) : TEXT("");
    if (l >= 0 && value.len == 0) {
        if (!(c->listed & 1u << l)) {
            c->listed |= (uint8_t)(1u << l);
            show_list(session, c->modes.room, l);
        }
        return;
    }
    bool is_rank = l < 0 && mode != 'k' && mode_takes_value(mode, false);
    if (is_rank && value.len == 0) {
        irc_numeric(session, 461, "MODE :Not enough parameters");
        return;
    }
    tell_result(c, modes_change(&c->modes, mode, on, value), mode, value);
}

static void change_channel(struct session *session, struct room *room,
                           const struct irc_message *message)
{
    struct change c = {.message = message, .next = 2};
    modes_begin(&c.modes, session, room);
    struct text modes = message->param[1];
    bool on = true;
    size_t count = 0;
    for (size_t i = 0; i < modes.len && count < CHANGES_MAX; i++) {
        if (modes.at[i] == '+' || modes.at[i] == '-') {
            on = modes.at[i] == '+';
        } else {
            change_one(&c, modes.at[i], on);
            count++;
        }
    }
    modes_end(&c.modes);
}

static size_t find_user_flag(char mode)
{
    size_t f = 0;
    while (f < USER_FLAGS && user_flags[f].mode != mode) {
        f++;
    }
    return f;
}

// Adds a changed mode of the user: "+i-w".
static void add_changed(struct buf *changes, char *sign, bool on, char mode)
{
    char wanted = on ? '+' : '-';
    if (*sign != wanted) {
        buf_add_char(changes, wanted);
        *sign = wanted;
    }
    buf_add_char(changes, mode);
}

static void change_user_modes(struct session *session, struct text modes, struct buf *changes)
{
    struct user *user = session->user;
    char sign = '\0';
    bool on = true;
    bool unknown = false;
    for (size_t i = 0; i < modes.len; i++) {
        char mode = modes.at[i];
        size_t f = find_user_flag(mode);
        if (mode == '+' || mode == '-') {
            on = mode == '+';
        } else if (f < USER_FLAGS && ((user->modes & user_flags[f].bit) != 0) != on) {
            user->modes ^= user_flags[f].bit;
            add_changed(changes, &sign, on, mode);
        } else if (mode == 'o' && !on && user->is_operator) {
            user->is_operator = false;
            add_changed(changes, &sign, false, 'o');
        } else if (f == USER_FLAGS && mode != 'o' && !unknown) {
            unknown = true;
            irc_numeric(session, 501, ":Unknown MODE flag");
        }
    }
}

static void change_user(struct session *session, struct text modes)
{
    struct buf changes;
    buf_init(&changes, 512);
    change_user_modes(session, modes, &changes);
    if (changes.len) {
        struct actor actor = user_actor(session->user);
        irc_line_from(session, &actor, "MODE %.*s %.*s", TEXT_ARG(session->user->name),
                      TEXT_ARG(buf_text(&changes)));
    }
    buf_finish(&changes);
}

static void mode_of_user(struct session *session, const struct irc_message *message)
{
    struct user *user = session_find_user(session, message->param[0]);
    if (!user) {
        irc_numeric(session, 401, "%.*s :No such nick/channel",
                    TEXT_ARG(irc_shown(message->param[0])));
    } else if (user != session->user) {
        irc_numeric(session, 502, ":Can't change mode for other users");
    } else if (message->param_count > 1) {
        change_user(session, message->param[1]);
    } else {
        struct buf modes;
        buf_init(&modes, 64);
        irc_mode_add_user(user, &modes);
        irc_numeric(session, 221, "%.*s", TEXT_ARG(buf_text(&modes)));
        buf_finish(&modes);
    }
}

void irc_command_mode(struct session *session, const struct irc_message *message)
{
    if (!text_starts(message->param[0], TEXT("#"))) {
        mode_of_user(session, message);
        return;
    }
    struct room *room = irc_need_channel(session, message->param[0]);
    if (room && message->param_count > 1) {
        change_channel(session, room, message);
    } else if (room) {
        show_channel(session, room);
    }
}
