#include "protocol/irc_mode.h"

#include "protocol/irc_channel.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

enum {
    CHANGES_MAX = 20,
    CHANGES_BYTES = 320, // what a line has room for behind the longest names
    LISTS = 3,
    LIMIT_MAX = 1000000,
};

static const struct {
    char mode;
    uint32_t bit;
} channel_flags[] = {{'C', RULE_NO_CTCP},        {'R', RULE_ACCOUNTS_JOIN},
                     {'T', RULE_NO_NOTICE},      {'c', RULE_NO_COLOURS},
                     {'i', RULE_INVITE_ONLY},    {'m', RULE_MODERATED},
                     {'n', RULE_NO_OUTSIDERS},   {'p', RULE_PRIVATE},
                     {'r', RULE_ACCOUNTS_SPEAK}, {'s', RULE_SECRET},
                     {'t', RULE_TOPIC_LOCKED}},
  ranks[] = {{'q', RANK_FOUNDER},
             {'a', RANK_ADMIN},
             {'o', RANK_OPERATOR},
             {'h', RANK_HALF_OPERATOR},
             {'v', RANK_VOICE}},
  user_flags[] = {{'B', USER_BOT},
                  {'R', USER_ACCOUNTS_ONLY},
                  {'T', USER_NO_CTCP},
                  {'i', USER_INVISIBLE},
                  {'w', USER_WALLOPS}};

enum {
    CHANNEL_FLAGS = sizeof channel_flags / sizeof *channel_flags,
    RANKS = sizeof ranks / sizeof *ranks,
    USER_FLAGS = sizeof user_flags / sizeof *user_flags,
};

static const struct {
    char mode;
    enum rule_list_kind kind;
    int item; // numerics
    int end;
    const char *end_text;
} lists[LISTS] = {{'b', RULE_BANS, 367, 368, "End of channel ban list"},
                  {'e', RULE_EXCEPTIONS, 348, 349, "End of channel exception list"},
                  {'I', RULE_INVITATIONS, 346, 347, "End of channel invite exception list"}};

// What a MODE has changed and nobody has been told: "+ov" and " Bob Ann".
struct changes {
    struct session *session;
    struct room *room; // NULL: modes of the session's user
    struct buf modes;
    struct buf parameters;
    char sign;
    bool refused;   // the refusal has been told: once a line is enough,
    bool unknown;   // so it is of modes that there are not,
    uint8_t listed; // and of each list, whose index is the bit
};

static void changes_tell(struct changes *changes)
{
    struct session *session = changes->session;
    struct text user = session->user->name;
    if (changes->modes.len == 0) {
        return;
    }
    buf_add(&changes->modes, buf_text(&changes->parameters));
    if (changes->room) {
        session_tell_modes(session, changes->room, buf_text(&changes->modes));
    } else {
        struct actor actor = user_actor(session->user);
        irc_line_from(session, &actor, "MODE %.*s %.*s", TEXT_ARG(user),
                      TEXT_ARG(buf_text(&changes->modes)));
    }
    buf_reset(&changes->modes);
    buf_reset(&changes->parameters);
    changes->sign = '\0';
}

static void changes_begin(struct changes *changes, struct session *session, struct room *room)
{
    *changes = (struct changes){.session = session, .room = room};
    buf_init(&changes->modes, 2 * CHANGES_BYTES);
    buf_init(&changes->parameters, CHANGES_BYTES);
}

static void changes_end(struct changes *changes)
{
    changes_tell(changes);
    buf_finish(&changes->modes);
    buf_finish(&changes->parameters);
}

static void changes_add(struct changes *changes, bool on, char mode, struct text parameter)
{
    char sign = on ? '+' : '-';
    enum { SIGN_MODE_AND_SPACE = 3 };
    if (changes->modes.len + changes->parameters.len + parameter.len + SIGN_MODE_AND_SPACE >
        CHANGES_BYTES) {
        changes_tell(changes);
    }
    if (changes->sign != sign) {
        buf_add_char(&changes->modes, sign);
        changes->sign = sign;
    }
    buf_add_char(&changes->modes, mode);
    if (parameter.len) {
        buf_printf(&changes->parameters, " %.*s", TEXT_ARG(parameter));
    }
}

void irc_mode_add_channel(const struct room *room, bool member, struct buf *out)
{
    const struct rules *rules = room->rules;
    buf_add_char(out, '+');
    if (!rules) {
        buf_add_char(out, 'n');
        return;
    }
    for (size_t i = 0; i < CHANNEL_FLAGS; i++) {
        if (rules->flags & channel_flags[i].bit) {
            buf_add_char(out, channel_flags[i].mode);
        }
    }
    buf_printf(out, "%s%s", rules->key.len ? "k" : "", rules->limit ? "l" : "");
    if (rules->key.len) {
        buf_printf(out, " %.*s", member ? (int)rules->key.len : 1, member ? rules->key.at : "*");
    }
    if (rules->limit) {
        buf_printf(out, " %u", rules->limit);
    }
}

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
    irc_mode_add_channel(room, room_member(session, room), &modes);
    irc_numeric(session, 324, "%.*s %.*s", TEXT_ARG(room->shown), TEXT_ARG(buf_text(&modes)));
    buf_finish(&modes);
    if (room->rules) {
        irc_numeric(session, 329, "%.*s %lld", TEXT_ARG(room->shown),
                    (long long)(room->rules->created_ms / 1000));
    }
}

static void show_list(struct session *session, const struct room *room, size_t l)
{
    const struct rule_list *list = room->rules ? &room->rules->lists[lists[l].kind] : NULL;
    for (size_t i = 0; list && i < list->count; i++) {
        const struct rule_mask *mask = &list->at[i];
        irc_numeric(session, lists[l].item, "%.*s %.*s %.*s %lld", TEXT_ARG(room->shown),
                    TEXT_ARG(mask->mask), TEXT_ARG(mask->by), (long long)(mask->set_ms / 1000));
    }
    irc_numeric(session, lists[l].end, "%.*s :%s", TEXT_ARG(room->shown), lists[l].end_text);
}

static bool may(struct session *session, const struct room *room, enum rank rank,
                struct changes *changes)
{
    enum refusal why = rights_rule(session, room, rank);
    if (why != REFUSED_NOT && !changes->refused) {
        changes->refused = true;
        irc_refuse(session, room->shown, why);
    }
    return why == REFUSED_NOT;
}

static void change_list(struct session *session, struct room *room, size_t l, bool on,
                        struct text parameter, struct changes *changes)
{
    if (!may(session, room, (enum rank)0, changes)) {
        return;
    }
    struct rules *rules = room_rules(session->core, room);
    struct buf mask;
    buf_init(&mask, RULE_MASK_BYTES_MAX);
    rules_complete_mask(parameter, &mask);
    if (mask.overflow || !rules_is_mask(buf_text(&mask))) {
        irc_numeric(session, 696,
                    "%.*s %c * :A mask can have at most %d bytes, and no control characters",
                    TEXT_ARG(room->shown), lists[l].mode, RULE_MASK_BYTES_MAX);
    } else if (on && rules->lists[lists[l].kind].count >= RULE_MASKS_MAX) {
        irc_numeric(session, 478, "%.*s %c :Channel list is full", TEXT_ARG(room->shown),
                    lists[l].mode);
    } else if (on ? rules_add(rules, lists[l].kind, buf_text(&mask), session->user->name,
                              session_now(session).wall_ms)
                  : rules_remove(rules, lists[l].kind, buf_text(&mask))) {
        changes_add(changes, on, lists[l].mode, buf_text(&mask));
    }
    buf_finish(&mask);
}

static void change_rank(struct session *session, struct room *room, size_t r, bool on,
                        struct text nick, struct changes *changes)
{
    enum rank rank = (enum rank)ranks[r].bit;
    struct user *user = session_find_user(session, nick);
    struct member *member = user ? user_member(user, room) : NULL;
    // Anybody may lay down a rank.
    bool own = !on && user == session->user;
    if (!own && !may(session, room, rank, changes)) {
        return;
    }
    if (!user) {
        irc_numeric(session, 401, "%.*s :No such nick/channel", TEXT_ARG(irc_shown(nick)));
    } else if (!member) {
        irc_numeric(session, 441, "%.*s %.*s :They aren't on that channel", TEXT_ARG(user->name),
                    TEXT_ARG(room->shown));
    } else if (((member->ranks & rank) != 0) != on) {
        user_set_rank(user, room, rank, on);
        changes_add(changes, on, ranks[r].mode, user->name);
    }
}

static void change_key(struct session *session, struct room *room, bool on, struct text key,
                       struct changes *changes)
{
    struct rules *rules = room_rules(session->core, room);
    bool fits = key.len && key.len <= RULE_KEY_MAX && text_find(key, ' ') == key.len &&
                text_find(key, ',') == key.len && *key.at != ':';
    if (on && !fits) {
        irc_numeric(session, 525, "%.*s :Key is not well-formed", TEXT_ARG(room->shown));
    } else if (on) {
        rules_set_key(rules, key);
        changes_add(changes, true, 'k', key);
    } else if (rules->key.len) {
        changes_add(changes, false, 'k', rules->key);
        rules_set_key(rules, TEXT(""));
    }
}

static void change_limit(struct session *session, struct room *room, bool on, struct text limit,
                         struct changes *changes)
{
    struct rules *rules = room_rules(session->core, room);
    uint64_t number;
    if (on && text_number(limit, LIMIT_MAX, &number) && number > 0) {
        char shown[16];
        rules->limit = (uint32_t)number;
        snprintf(shown, sizeof shown, "%u", rules->limit);
        changes_add(changes, true, 'l', text_of(shown));
    } else if (on) {
        irc_numeric(session, 696, "%.*s l %.*s :A limit is a number from 1 to %u",
                    TEXT_ARG(room->shown), TEXT_ARG(irc_shown(limit)), LIMIT_MAX);
    } else if (!on && rules->limit) {
        rules->limit = 0;
        changes_add(changes, false, 'l', TEXT(""));
    }
}

static void change_flag(struct session *session, struct room *room, size_t f, bool on,
                        struct changes *changes)
{
    struct rules *rules = room_rules(session->core, room);
    if (((rules->flags & channel_flags[f].bit) != 0) != on) {
        rules->flags ^= channel_flags[f].bit;
        changes_add(changes, on, channel_flags[f].mode, TEXT(""));
    }
}

// Where a mode stands in a table of `count` rows, or `count`.
#define INDEX_OF(mode_char, table, count)                                                          \
    ({                                                                                             \
        size_t index_ = 0;                                                                         \
        while (index_ < (count) && (table)[index_].mode != (mode_char)) {                          \
            index_++;                                                                              \
        }                                                                                          \
        index_;                                                                                    \
    })

struct parameters {
    const struct irc_message *message;
    size_t next;
};

static struct text next_parameter(struct parameters *p)
{
    return p->next < p->message->param_count ? p->message->param[p->next++] : TEXT("");
}

static void tell_unknown(struct session *session, char mode, struct changes *changes)
{
    if (!changes->unknown) {
        changes->unknown = true;
        bool shown = mode > ' ' && mode < 0x7F && mode != ':';
        irc_numeric(session, 472, "%c :is unknown mode char to me", shown ? mode : '*');
    }
}

static void change_plain(struct session *session, struct room *room, char mode, bool on,
                         struct parameters *p, struct changes *changes)
{
    size_t f = INDEX_OF(mode, channel_flags, CHANNEL_FLAGS);
    bool takes = mode == 'k' || (mode == 'l' && on);
    if (f == CHANNEL_FLAGS && mode != 'k' && mode != 'l') {
        tell_unknown(session, mode, changes);
        return;
    }
    struct text parameter = takes ? next_parameter(p) : TEXT("");
    if (!may(session, room, (enum rank)0, changes)) {
        return;
    }
    if (takes && on && parameter.len == 0) {
        irc_numeric(session, 696, "%.*s %c * :You must give a parameter", TEXT_ARG(room->shown),
                    mode);
    } else if (mode == 'k') {
        change_key(session, room, on, parameter, changes);
    } else if (mode == 'l') {
        change_limit(session, room, on, parameter, changes);
    } else {
        change_flag(session, room, f, on, changes);
    }
}

static void change_one(struct session *session, struct room *room, char mode, bool on,
                       struct parameters *p, struct changes *changes)
{
    size_t l = INDEX_OF(mode, lists, LISTS);
    size_t r = INDEX_OF(mode, ranks, RANKS);
    if (l == LISTS && r == RANKS) {
        change_plain(session, room, mode, on, p, changes);
        return;
    }
    struct text parameter = next_parameter(p);
    if (l < LISTS && parameter.len == 0) {
        if (!(changes->listed & 1u << l)) {
            changes->listed |= (uint8_t)(1u << l);
            show_list(session, room, l);
        }
    } else if (l < LISTS) {
        change_list(session, room, l, on, parameter, changes);
    } else if (parameter.len) {
        change_rank(session, room, r, on, parameter, changes);
    } else {
        irc_numeric(session, 461, "MODE :Not enough parameters");
    }
}

static void change_channel(struct session *session, struct room *room,
                           const struct irc_message *message)
{
    struct changes changes;
    changes_begin(&changes, session, room);
    struct parameters p = {message, 2};
    struct text modes = message->param[1];
    bool on = true;
    size_t count = 0;
    for (size_t i = 0; i < modes.len && count < CHANGES_MAX; i++) {
        if (modes.at[i] == '+' || modes.at[i] == '-') {
            on = modes.at[i] == '+';
        } else {
            change_one(session, room, modes.at[i], on, &p, &changes);
            count++;
        }
    }
    changes_end(&changes);
}

static void change_user(struct session *session, struct text modes)
{
    struct user *user = session->user;
    struct changes changes;
    changes_begin(&changes, session, NULL);
    bool on = true;
    for (size_t i = 0; i < modes.len; i++) {
        char mode = modes.at[i];
        size_t f = INDEX_OF(mode, user_flags, USER_FLAGS);
        if (mode == '+' || mode == '-') {
            on = mode == '+';
        } else if (f < USER_FLAGS && ((user->modes & user_flags[f].bit) != 0) != on) {
            user->modes ^= user_flags[f].bit;
            changes_add(&changes, on, mode, TEXT(""));
        } else if (mode == 'o' && !on && user->is_operator) {
            user->is_operator = false;
            changes_add(&changes, false, 'o', TEXT(""));
        } else if (f == USER_FLAGS && mode != 'o' && !changes.unknown) {
            changes.unknown = true;
            irc_numeric(session, 501, ":Unknown MODE flag");
        }
    }
    changes_end(&changes);
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
