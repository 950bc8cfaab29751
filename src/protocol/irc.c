#include "protocol/irc.h"

#include "base/must.h"
#include "chat/rules.h"
#include "protocol/irc_account.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_history.h"
#include "protocol/irc_join.h"
#include "protocol/irc_monitor.h"
#include "protocol/irc_multiline.h"
#include "protocol/irc_names.h"
#include "protocol/irc_presence.h"
#include "protocol/irc_redact.h"
#include "protocol/irc_rename.h"
#include "protocol/irc_render.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_sasl.h"
#include "protocol/irc_state.h"

#include <errno.h>

struct irc *irc_of(const struct session *session)
{
    return session->own;
}

bool irc_has(const struct session *session, enum irc_cap cap)
{
    return session->options & cap;
}

bool irc_has_more(const struct session *session, enum irc_more more)
{
    return irc_of(session)->more & more;
}

static void irc_opened(struct session *session)
{
    struct irc *irc = mem_alloc(sizeof *irc);
    irc->nick = text_own(TEXT(""));
    irc->wanted = text_own(TEXT(""));
    irc->login = text_own(TEXT(""));
    irc->real_name = text_own(TEXT(""));
    irc->password = text_own(TEXT(""));
    irc->away = text_own(TEXT(""));
    irc->answer.label = text_own(TEXT(""));
    irc->joins = text_own(TEXT(""));
    for (size_t i = 0; i < IRC_LEFT_MAX; i++) {
        irc->left[i].room = text_own(TEXT(""));
    }
    irc->join_keys = text_own(TEXT(""));
    irc->names = text_own(TEXT(""));
    irc->names_asked = text_own(TEXT(""));
    session->own = irc;
}

static void irc_finish(struct session *session)
{
    struct irc *irc = irc_of(session);
    text_disown(irc->nick);
    text_disown(irc->wanted);
    irc_sasl_abort(session, false);
    text_disown(irc->login);
    text_disown(irc->real_name);
    text_disown(irc->password);
    text_disown(irc->away);
    text_disown(irc->answer.label);
    text_disown(irc->joins);
    for (size_t i = 0; i < IRC_LEFT_MAX; i++) {
        text_disown(irc->left[i].room);
    }
    irc_history_finish(session);
    irc_gathering_finish(session);
    notes_clear(&irc->metadata.wanted);
    notes_clear(&irc->metadata.early);
    text_disown(irc->join_keys);
    text_disown(irc->names);
    text_disown(irc->names_asked);
    buf_finish(&irc->answer.lines);
    free(irc);
}

// A command is dealt with when nothing of it is on its way any more.
void irc_done(struct session *session)
{
    struct irc *irc = irc_of(session);
    if (session->state.departed || !irc->answer.open ||
        (session->state.apart && session->counts.in_flight) || session_waits(session) ||
        session->reading || irc_history_next(session) || irc_join_next(session) ||
        irc_names_next(session)) {
        return;
    }
    session->state.apart = false;
    irc_answer_end(session);
}

static uint32_t irc_options(const struct session *session, const struct room *room)
{
    (void)room;
    return session->options & CAPS_OF_RENDITIONS;
}

static bool irc_echoes(const struct event *event, uint32_t options)
{
    switch (event->kind) {
    case EVENT_MESSAGE:
        return event->message->kind == MESSAGE_TOPIC || (options & CAP_ECHO_MESSAGE);
    case EVENT_PRIVATE_TO:
    case EVENT_TAGGED:
        return options & CAP_ECHO_MESSAGE;
    default:
        return true;
    }
}

static void irc_tell(struct session *session, const struct event *event)
{
    struct buf lines;
    buf_init(&lines, 64 * 1024);
    irc_render(event, session->options, &lines);
    irc_rendered(session, buf_text(&lines));
    buf_finish(&lines);
}

static void irc_own(struct session *session, const struct event *event)
{
    if (irc_echoes(event, session->options)) {
        irc_tell(session, event);
    }
}

static void irc_invited(struct session *session, const struct event *event)
{
    struct buf lines;
    buf_init(&lines, 4096);
    irc_render(event, session->options | CAP_OF_ONE, &lines);
    session_reply(session, buf_text(&lines));
    buf_finish(&lines);
}

static void irc_announced(struct session *session, const struct event *event)
{
    struct actor server = {.name = irc_server(session)};
    struct event own = *event;
    own.actors = &server;
    own.target = session->user->name;
    struct buf lines;
    buf_init(&lines, 4096);
    irc_render(&own, session->options, &lines);
    session_reply(session, buf_text(&lines));
    buf_finish(&lines);
}

static void irc_kicked(struct session *session, const struct event *event)
{
    const struct room *room = session_find_room(session, event->room);
    if (room) {
        irc_history_left(session, room);
    }
    if (text_equal(event->actors->name, session->user->name)) {
        irc_tell(session, event);
    } else {
        session_tell_event(session, event, session->options);
    }
}

static void irc_settled(struct session *session)
{
    irc_done(session);
}

static void irc_refused(struct session *session, struct text place, struct text why)
{
    irc_numeric(session, 404, "%.*s :%.*s", TEXT_ARG(place), TEXT_ARG(why));
}

static void irc_not_kept(struct session *session, const struct message *message, int error)
{
    if (message->kind == MESSAGE_REDACTION) {
        irc_redact_refused(session, message, error);
        return;
    }
    struct text target = message->recipient.number ? message->recipient_name : message->place_shown;
    irc_numeric(session, 404, "%.*s :Your message could not be kept, so nobody has seen it",
                TEXT_ARG(target));
}

static void irc_changing(struct session *session)
{
    irc_answer_mark(session);
}

static void irc_not_changed(struct session *session, int error)
{
    irc_answer_take_back(session);
    const char *why = error == -ENOSPC ? "The server's disk is full, so nothing was changed"
                                       : "The server's disk does not work, so nothing was changed";
    if (session->options & CAPS_WITH_STANDARD_REPLIES) {
        irc_line(session, "FAIL * NOT_KEPT :%s", why);
    } else {
        irc_line(session, "NOTICE %s :%s", irc_nick(session), why);
    }
}

static void irc_not_delivered(struct session *session, const struct message *message)
{
    struct text name = message->recipient_name;
    if (!message->recipient.account) {
        irc_numeric(session, 401, "%.*s :No such nick/channel", TEXT_ARG(name));
    } else if (message->kind != MESSAGE_NOTICE) {
        const struct user *user = session_find_user(session, name);
        bool says_why = user && user->away && !user->away_absent;
        irc_numeric(session, 301, "%.*s :%s%sis not here and gets your message at the next login",
                    TEXT_ARG(name), says_why ? user->away : "", says_why ? " - " : "");
    }
}

static void irc_missed(struct session *session, const struct room *room, uint64_t lines)
{
    (void)session; // IRC clients that do not read are closed
    (void)room;
    (void)lines;
}

void irc_farewell(enum close_reason reason, struct buf *out)
{
    struct text sentence = close_reason_sentence(reason);
    buf_printf(out, "ERROR :Closing link: %.*s\r\n", TEXT_ARG(sentence));
}

static void irc_closing(struct session *session, enum close_reason reason)
{
    irc_answer_end(session);
    struct buf out;
    buf_init(&out, 1024);
    const struct ending *ended = session->ended;
    if (ended && ended->by) {
        buf_printf(&out, "ERROR :Closing link: Killed (%s (%s))\r\n", ended->by, ended->why);
    } else if (ended) {
        irc_numeric(session, 465, ":%s", ended->why);
        buf_printf(&out, "ERROR :Closing link: %s\r\n", ended->why);
    } else {
        irc_farewell(reason, &out);
    }
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

const struct protocol irc_protocol = {
    .name = "irc",
    .new_room_flags = RULE_NO_OUTSIDERS | RULE_TOPIC_LOCKED,
    .tells_each = true,
    .opened = irc_opened,
    .is_message = irc_only_says,
    .line = irc_run,
    .render = irc_render,
    .echoes = irc_echoes,
    .options = irc_options,
    .joined = irc_joined,
    .page = irc_history_page,
    .own = irc_own,
    .settled = irc_settled,
    .changing = irc_changing,
    .not_changed = irc_not_changed,
    .account_answered = irc_account_answered,
    .has_secret = irc_has_secret,
    .invited = irc_invited,
    .announced = irc_announced,
    .offers_changed = irc_caps_changed,
    .watched = irc_watched,
    .watched_acts = irc_watched_acts,
    .room_renamed = irc_room_renamed,
    .done_elsewhere = irc_done_elsewhere,
    .kicked = irc_kicked,
    .answered = irc_done,
    .refused = irc_refused,
    .not_kept = irc_not_kept,
    .not_delivered = irc_not_delivered,
    .missed = irc_missed,
    .closing = irc_closing,
    .finish = irc_finish,
};
