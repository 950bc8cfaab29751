// JOIN, PART, TOPIC, INVITE, KICK.
#include "protocol/irc_channel.h"
#include "base/must.h"
#include "base/utf8.h"
#include "chat/rights.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_history.h"
#include "protocol/irc_join.h"
#include "protocol/irc_metadata.h"
#include "protocol/irc_names.h"
#include "protocol/irc_read.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

enum { KICKS_MAX = 4 };

struct text irc_next_target(struct text *list)
{
    size_t len = text_find(*list, ',');
    struct text one = text_head(*list, len);
    *list = text_skip(*list, len + 1);
    return one;
}

struct room *irc_need_channel(struct session *session, struct text name)
{
    struct room *room = session_find_room(session, name);
    if (!room || (room->member_count == 0 && room->last_seq == 0 && !room->rules)) {
        irc_numeric(session, 403, "%.*s :No such channel", TEXT_ARG(irc_shown(name)));
        return NULL;
    }
    return room;
}

// The numeric for each refusal, and its text.
static const struct {
    int number;
    const char *text;
} refusals[REFUSAL_COUNT] = {
    [REFUSED_NOT_IN_ROOM] = {442, "You're not on that channel"},
    [REFUSED_INVITE_ONLY] = {473, "Cannot join channel (+i)"},
    [REFUSED_WRONG_KEY] = {475, "Cannot join channel (+k)"},
    [REFUSED_FLOODED] = {477, "Cannot join channel (+F): too many are coming in; registered people "
                              "may, and others in a few minutes"},
    [REFUSED_FULL] = {471, "Cannot join channel (+l)"},
    [REFUSED_NEEDS_ACCOUNT] = {477, "Cannot join channel (+R): you need a registered account"},
    [REFUSED_NOT_OPERATOR] = {482, "You're not channel operator"},
};

void irc_refuse_to_send(struct session *session, const struct room *room, enum refusal why)
{
    struct buf words;
    buf_init(&words, 1024);
    refusal_say(session, room, why, &words);
    irc_numeric(session, 404, "%.*s :Cannot send to channel: %.*s", TEXT_ARG(room->shown),
                TEXT_ARG(buf_text(&words)));
    buf_finish(&words);
}

static void refuse_banned(struct session *session, const struct room *room)
{
    struct buf words;
    buf_init(&words, 1024);
    refusal_say(session, room, REFUSED_BANNED, &words);
    irc_numeric(session, 474, "%.*s :Cannot join channel (+b): %.*s", TEXT_ARG(room->shown),
                TEXT_ARG(buf_text(&words)));
    buf_finish(&words);
}

void irc_refuse(struct session *session, const struct room *room, enum refusal why)
{
    if (why == REFUSED_BANNED) {
        refuse_banned(session, room);
    } else if (refusals[why].number) {
        irc_numeric(session, refusals[why].number, "%.*s :%s", TEXT_ARG(room->shown),
                    refusals[why].text);
    } else {
        irc_refuse_to_send(session, room, why);
    }
}

static void join_one(struct session *session, struct text channel, struct text key)
{
    struct room *room = session_find_room(session, channel);
    if (room && room_member(session, room)) {
        return;
    }
    enum refusal why = REFUSED_NOT;
    switch (room_join(session, channel, key, &why)) {
    case JOIN_OK:
        break;
    case JOIN_BAD_NAME:
        irc_numeric(session, 403, "%.*s :No such channel", TEXT_ARG(irc_shown(channel)));
        break;
    case JOIN_TOO_MANY:
    case JOIN_NO_ROOM_LEFT:
        irc_numeric(session, 405, "%.*s :You have joined too many channels",
                    TEXT_ARG(irc_shown(channel)));
        break;
    case JOIN_REFUSED:
        must(room); // a new one refuses nobody
        irc_refuse(session, room, why);
        break;
    }
}

bool irc_join_next(struct session *session)
{
    struct irc *irc = irc_of(session);
    while (irc->joins.len && !session_waits(session) && !session->reading) {
        struct text rest = irc->joins;
        struct text rest_of_keys = irc->join_keys;
        struct text channel = text_own(irc_next_target(&rest));
        struct text key = text_own(irc_next_target(&rest_of_keys));
        text_replace(&irc->joins, rest);
        text_replace(&irc->join_keys, rest_of_keys);
        if (irc->answer.lines.len) {
            irc_answer_send(session); // the channel before: others may act there while this waits
        }
        join_one(session, channel, key);
        text_disown(channel);
        text_disown(key);
    }
    return irc->joins.len || session_waits(session) || session->reading;
}

void irc_command_join(struct session *session, const struct irc_message *message)
{
    struct irc *irc = irc_of(session);
    if (text_equal(message->param[0], TEXT("0"))) {
        while (session->members) {
            irc_part(session, session->members->room, TEXT(""));
        }
        return;
    }
    text_replace(&irc->joins, message->param[0]);
    text_replace(&irc->join_keys, message->param_count > 1 ? message->param[1] : TEXT(""));
    irc_join_next(session);
}

static void send_topic(struct session *session, const struct room *room)
{
    irc_numeric(session, 332, "%.*s :%.*s", TEXT_ARG(room->shown), TEXT_ARG(room->topic));
    irc_numeric(session, 333, "%.*s %.*s %lld", TEXT_ARG(room->shown), TEXT_ARG(room->topic_by),
                (long long)(room->topic_ms / 1000));
}

void irc_tell_joined(struct session *session, struct room *room)
{
    struct actor actor = user_actor(session->user);
    if (irc_has(session, CAP_EXTENDED_JOIN)) {
        struct text account = actor.account.len ? actor.account : TEXT("*");
        irc_line_from(session, &actor, "JOIN %.*s %.*s :%.*s", TEXT_ARG(room->shown),
                      TEXT_ARG(account), TEXT_ARG(actor.real_name));
    } else {
        irc_line_from(session, &actor, "JOIN %.*s", TEXT_ARG(room->shown));
    }
    if (room->topic.len) {
        send_topic(session, room);
    }
    irc_read_tell(session, room);
}

void irc_joined(struct session *session, struct member *member)
{
    struct room *room = member->room;
    irc_tell_joined(session, room);
    irc_metadata_joined(session, room);
    irc_history_on_join(session, room);
    if (irc_has(session, CAP_NO_IMPLICIT_NAMES)) {
        return;
    }
    if (member->untold) {
        irc_names_later(session, room);
    } else {
        irc_names(session, room);
    }
}

void irc_part(struct session *session, struct room *room, struct text why)
{
    struct actor actor = user_actor(session->user);
    irc_line_from(session, &actor, why.len ? "PART %.*s :%.*s" : "PART %.*s%.*s",
                  TEXT_ARG(room->shown), TEXT_ARG(why));
    irc_history_left(session, room);
    room_leave_saying(session, room, why);
}

void irc_command_part(struct session *session, const struct irc_message *message)
{
    struct text list = message->param[0];
    struct text why = message->param_count > 1 ? message->param[1] : TEXT("");
    do {
        struct text name = irc_next_target(&list);
        struct room *room = irc_need_channel(session, name);
        if (room && !room_member(session, room)) {
            irc_refuse(session, room, REFUSED_NOT_IN_ROOM);
        } else if (room) {
            irc_part(session, room, utf8_cut(why, session_limits(session)->reason_bytes));
        }
    } while (list.len);
}

void irc_command_topic(struct session *session, const struct irc_message *message)
{
    struct room *room = irc_need_channel(session, message->param[0]);
    if (!room) {
        return;
    }
    if (message->param_count < 2) {
        if (!rights_see(session, room)) {
            irc_refuse(session, room, REFUSED_NOT_IN_ROOM);
        } else if (room->topic.len) {
            send_topic(session, room);
        } else {
            irc_numeric(session, 331, "%.*s :No topic is set", TEXT_ARG(room->shown));
        }
        return;
    }
    enum refusal why = rights_set_topic(session, room);
    if (why != REFUSED_NOT) {
        irc_refuse(session, room, why);
        return;
    }
    struct text topic = utf8_cut(message->param[1], session_limits(session)->topic_bytes);
    session_say(session, room, MESSAGE_TOPIC, topic, TEXT(""));
}

// Without parameters: the channels that the user is invited to.
static void list_invitations(struct session *session)
{
    struct room *room = NULL;
    while ((room = session_next_room(session, room))) {
        if (room->rules && rules_is_invited(room->rules, session->user->number)) {
            irc_numeric(session, 336, "%.*s", TEXT_ARG(room->shown));
        }
    }
    irc_numeric(session, 337, ":End of /INVITE list");
}

void irc_command_invite(struct session *session, const struct irc_message *message)
{
    if (message->param_count == 0) {
        list_invitations(session);
        return;
    }
    if (message->param_count == 1) {
        irc_numeric(session, 461, "INVITE :Not enough parameters");
        return;
    }
    struct user *user = session_find_user(session, message->param[0]);
    if (!user) {
        irc_numeric(session, 401, "%.*s :No such nick/channel",
                    TEXT_ARG(irc_shown(message->param[0])));
        return;
    }
    struct room *room = irc_need_channel(session, message->param[1]);
    if (!room) {
        return;
    }
    enum refusal why = rights_invite(session, room);
    if (why != REFUSED_NOT) {
        irc_refuse(session, room, why);
    } else if (user_is_in(user, room)) {
        irc_numeric(session, 443, "%.*s %.*s :is already on channel", TEXT_ARG(user->name),
                    TEXT_ARG(room->shown));
    } else {
        irc_numeric(session, 341, "%.*s %.*s", TEXT_ARG(user->name), TEXT_ARG(room->shown));
        session_invite(session, room, user);
        if (user->away) {
            irc_numeric(session, 301, "%.*s :%s", TEXT_ARG(user->name), user->away);
        }
    }
}

static void kick_one(struct session *session, struct room *room, struct text nick, struct text why)
{
    struct user *user = session_find_user(session, nick);
    if (!user) {
        irc_numeric(session, 401, "%.*s :No such nick/channel", TEXT_ARG(irc_shown(nick)));
        return;
    }
    struct member *member = user_member(user, room);
    if (!member) {
        irc_numeric(session, 441, "%.*s %.*s :They aren't on that channel", TEXT_ARG(user->name),
                    TEXT_ARG(room->shown));
        return;
    }
    enum refusal refusal = rights_kick(session, room, member);
    if (refusal != REFUSED_NOT) {
        irc_refuse(session, room, refusal);
        return;
    }
    // Every session of the user goes.
    for (; member; member = user_member(user, room)) {
        session_kick(session, member, why);
    }
}

static void kick_from(struct session *session, struct text channel, struct text nick,
                      struct text why)
{
    struct room *room = irc_need_channel(session, channel);
    if (!room) {
        return;
    }
    if (!room_member(session, room) && !rights_everywhere(session)) {
        irc_refuse(session, room, REFUSED_NOT_IN_ROOM);
        return;
    }
    kick_one(session, room, nick, why);
}

// One channel and several nicks, or as many channels as nicks (RFC 2812, 3.2.8).
void irc_command_kick(struct session *session, const struct irc_message *message)
{
    struct text why = message->param_count > 2 ? message->param[2] : TEXT("");
    struct text channels = message->param[0];
    struct text nicks = message->param[1];
    struct text channel = TEXT("");
    for (size_t i = 0; i < KICKS_MAX && nicks.len; i++) {
        channel = channels.len ? irc_next_target(&channels) : channel;
        kick_from(session, channel, irc_next_target(&nicks),
                  utf8_cut(why, session_limits(session)->reason_bytes));
    }
}
