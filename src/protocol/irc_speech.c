// PRIVMSG, NOTICE, TAGMSG.
#include "base/utf8.h"
#include "chat/mail.h"
#include "chat/stay.h"
#include "protocol/irc_channel.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_render.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_services.h"
#include "protocol/irc_state.h"

enum { TARGETS_MAX = 4 };

struct speech {
    enum message_kind kind;
    struct text text;
    struct text tags;
    bool whole;   // is split for those who need it
    bool passing; // tags that are true for a moment only: not kept
};

// Of tags with the same key the last one counts (IRCv3 message-tags).
static bool is_repeated(const struct irc_message *message, size_t i)
{
    size_t later = i + 1;
    while (later < message->tag_count &&
           !text_equal(message->tag[later].key, message->tag[i].key)) {
        later++;
    }
    return later < message->tag_count;
}

// The bot tag, and what clients pass on to clients: tags that begin with '+', as they stand.
void irc_add_client_tags(const struct session *session, const struct irc_message *message,
                         struct buf *out)
{
    if (session->user->modes & USER_BOT) {
        buf_add(out, TEXT("bot"));
    }
    for (size_t i = 0; i < message->tag_count; i++) {
        if (text_starts(message->tag[i].key, TEXT("+")) && !is_repeated(message, i)) {
            buf_printf(out, "%s%.*s", out->len ? ";" : "", TEXT_ARG(message->tag[i].key));
            if (message->tag[i].value.len) {
                buf_printf(out, "=%.*s", TEXT_ARG(message->tag[i].value));
            }
        }
    }
}

static bool takes_errors(const struct speech *speech)
{
    return speech->kind != MESSAGE_NOTICE;
}

static enum rank rank_of_prefix(char prefix)
{
    switch (prefix) {
    case '~':
        return RANK_FOUNDER;
    case '&':
        return RANK_ADMIN;
    case '@':
        return RANK_OPERATOR;
    case '%':
        return RANK_HALF_OPERATOR;
    case '+':
        return RANK_VOICE;
    default:
        return (enum rank)0;
    }
}

static struct message message_of(const struct session *session, const struct speech *speech,
                                 struct buf *mask)
{
    struct actor actor = user_actor(session->user);
    actor_add_host(mask, &actor);
    return (struct message){
        .id = session_passing_id(session),
        .time_ms = session_now(session).wall_ms,
        .kind = speech->kind,
        .sender = session->user->identity,
        .sender_name = session->user->name,
        .sender_mask = buf_text(mask),
        .text = speech->text,
        .tags = speech->tags,
    };
}

// STATUSMSG: to those of at least this rank only, and so kept nowhere.
static void say_to_ranks(struct session *session, struct room *room, struct text target,
                         enum rank rank, const struct speech *speech)
{
    struct buf mask;
    buf_init(&mask, 256);
    struct message message = message_of(session, speech, &mask);
    struct event event = {
        .kind = EVENT_MESSAGE, .wall_ms = message.time_ms, .room = target, .message = &message};
    for (struct member *m = room->members; m; m = m->room_next) {
        if (rights_rank(m->session, room) >= rank && m->session != session &&
            !m->session->state.gone) {
            session_tell_event(m->session, &event, m->session->options);
        }
    }
    if (irc_has(session, CAP_ECHO_MESSAGE)) {
        session->protocol->own(session, &event);
    }
    buf_finish(&mask);
}

static void speak_in(struct session *session, struct room *room, struct text target, enum rank rank,
                     const struct speech *speech)
{
    enum refusal why = rights_speak(session, room, speech->kind, speech->text);
    if (why != REFUSED_NOT) {
        if (takes_errors(speech)) {
            irc_refuse_to_send(session, room, why);
        }
    } else if (rank) {
        say_to_ranks(session, room, target, rank, speech);
    } else if (speech->passing) {
        struct buf mask;
        buf_init(&mask, 256);
        struct message message = message_of(session, speech, &mask);
        session_tag_room(session, room, &message);
        buf_finish(&mask);
    } else {
        session_say(session, room, speech->kind, speech->text, speech->tags);
    }
}

static void speak_to(struct session *session, struct user *user, const struct speech *speech)
{
    if ((user->modes & USER_ACCOUNTS_ONLY) && session->user->account.len == 0) {
        if (takes_errors(speech)) {
            irc_numeric(session, 531,
                        "%.*s :This person takes messages from registered people only",
                        TEXT_ARG(user->name));
        }
        return;
    }
    if (speech->passing) {
        struct buf mask;
        buf_init(&mask, 256);
        struct message message = message_of(session, speech, &mask);
        message.recipient_name = user->name;
        session_tag_user(session, user, &message);
        buf_finish(&mask);
        return;
    }
    session_whisper(session, user, speech->kind, speech->text, speech->tags);
    if (user->away && takes_errors(speech) && !user_is_absent(user)) {
        irc_numeric(session, 301, "%.*s :%s", TEXT_ARG(user->name), user->away);
    }
}

// With its sender in front the line must still fit, or clients would get it cut.
static bool fits(struct session *session, struct text target, const struct speech *speech)
{
    struct buf mask;
    buf_init(&mask, 256);
    struct message message = message_of(session, speech, &mask);
    bool fitting = speech->text.len <= irc_room_for_text(&message, target);
    buf_finish(&mask);
    return fitting;
}

static void speak(struct session *session, struct text target, const struct speech *speech)
{
    if (!speech->whole && !fits(session, target, speech)) {
        irc_numeric(session, 417, ":Input line was too long");
        return;
    }
    struct text name = target;
    enum rank rank = (enum rank)0;
    while (name.len && rank_of_prefix(*name.at)) {
        rank = rank_of_prefix(*name.at);
        name = text_skip(name, 1);
    }
    if (text_starts(name, TEXT("#"))) {
        struct room *room = session_find_room(session, name);
        if (room && room->recent) {
            speak_in(session, room, target, rank, speech);
        } else if (takes_errors(speech)) {
            irc_numeric(session, 403, "%.*s :No such channel", TEXT_ARG(irc_shown(name)));
        }
        return;
    }
    const struct irc_service *service = irc_service_find(target);
    if (service) {
        if (takes_errors(speech) && !speech->passing) {
            irc_service_run(session, service, speech->text);
        }
        return;
    }
    struct user *user = session_find_user(session, target);
    struct account *absent =
        user || speech->kind == MESSAGE_TAGS ? NULL : session_find_absent(session, target);
    if (user) {
        speak_to(session, user, speech);
    } else if (absent) {
        session_whisper_absent(session, absent, speech->kind, speech->text, speech->tags);
    } else if (takes_errors(speech)) {
        irc_numeric(session, 401, "%.*s :No such nick/channel", TEXT_ARG(irc_shown(target)));
    }
}

void irc_say(struct session *session, struct text target, enum message_kind kind, struct text text,
             struct text tags)
{
    speak(session, target,
          &(struct speech){.kind = kind, .text = text, .tags = tags, .whole = true});
}

static void speak_to_all(struct session *session, struct text targets, const struct speech *speech)
{
    for (size_t i = 0; targets.len; i++) {
        struct text target = irc_next_target(&targets);
        if (i == TARGETS_MAX) {
            if (takes_errors(speech)) {
                irc_numeric(session, 407, "%.*s :Too many targets", TEXT_ARG(irc_shown(target)));
            }
            return;
        }
        speak(session, target, speech);
    }
}

// ACTION is kept as what it is; each protocol shows it in its own way.
static void take_action(struct speech *speech)
{
    static const struct text head = TEXT_INIT("\x01"
                                              "ACTION ");
    if (speech->kind == MESSAGE_SAY && text_starts(speech->text, head)) {
        speech->kind = MESSAGE_ACTION;
        speech->text = text_skip(speech->text, head.len);
        if (speech->text.len && speech->text.at[speech->text.len - 1] == 1) {
            speech->text.len--;
        }
    }
}

static bool is_passing(struct text tags)
{
    return text_find(tags, '+') == tags.len || irc_tags_value(tags, TEXT("+typing")).at ||
           irc_tags_value(tags, TEXT("+draft/typing")).at;
}

static void say(struct session *session, const struct irc_message *message, enum message_kind kind)
{
    struct speech speech = {.kind = kind};
    struct buf tags;
    buf_init(&tags, IRC_TAGS_BYTES);
    irc_add_client_tags(session, message, &tags);
    speech.tags = buf_text(&tags);
    if (kind == MESSAGE_TAGS) {
        speech.passing = is_passing(speech.tags);
    } else if (message->param_count > 1) {
        speech.text = message->param[1];
    }
    take_action(&speech);
    if (message->param_count == 0 || message->param[0].len == 0) {
        irc_numeric(session, 411, ":No recipient given (%s)",
                    kind == MESSAGE_NOTICE ? "NOTICE" : "PRIVMSG");
    } else if (kind != MESSAGE_TAGS && speech.text.len == 0) {
        irc_numeric(session, 412, ":No text to send");
    } else {
        speak_to_all(session, message->param[0], &speech);
    }
    buf_finish(&tags);
}

void irc_command_privmsg(struct session *session, const struct irc_message *message)
{
    say(session, message, MESSAGE_SAY);
}

void irc_command_notice(struct session *session, const struct irc_message *message)
{
    say(session, message, MESSAGE_NOTICE);
}

void irc_command_tagmsg(struct session *session, const struct irc_message *message)
{
    if (irc_has(session, CAP_MESSAGE_TAGS)) {
        say(session, message, MESSAGE_TAGS);
    } else {
        irc_numeric(session, 421, "TAGMSG :Unknown command");
    }
}
