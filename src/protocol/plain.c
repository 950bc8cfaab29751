#include "protocol/plain.h"

#include "base/utf8.h"
#include "chat/invitations.h"
#include "chat/rights.h"
#include "chat/session.h"
#include "protocol/plain_account.h"
#include "protocol/plain_commands.h"
#include "protocol/plain_moderate.h"
#include "protocol/plain_people.h"
#include "protocol/plain_render.h"
#include "protocol/plain_staff.h"

#include <errno.h>

static const struct text lobby = TEXT_INIT("#lobby");

static void plain_opened(struct session *session)
{
    (void)session; // the port is shared: nothing is said before the first line
}

static bool is_command(struct text line)
{
    return text_starts(line, TEXT("/")) && !text_starts(line, TEXT("//"));
}

static bool plain_is_message(const struct session *session, struct text line)
{
    return session->user && text_trim(line).len && !is_command(line);
}

static uint32_t plain_options(const struct session *session, const struct room *room)
{
    uint32_t prefix = session->current == room ? 0 : PLAIN_PREFIX;
    return (session->options & PLAIN_UTC) | prefix | PLAIN_MEMBER;
}

void plain_count_try(struct session *session)
{
    if (++session->state.name_tries >= session_limits(session)->name_tries) {
        session_quit(session, CLOSE_NAME_TRIES, TEXT(""));
    }
}

static void refuse_name(struct session *session, const char *format, struct text name)
{
    plain_count_try(session);
    if (!session->state.departed) {
        plain_say(session, format, TEXT_ARG(name));
    }
}

// Into the lobby or, where the user is in rooms already, into one of those.
static void enter_first(struct session *session)
{
    enum refusal why;
    struct room *room = session_find_room(session, lobby);
    struct member *first = room ? room_member(session, room) : NULL;
    first = first ? first : session->members;
    if (first) {
        member_tell(first);
        return;
    }
    if (room_join(session, lobby, TEXT(""), &why) == JOIN_REFUSED) {
        plain_say_refusal(session, "join", room, why);
        plain_say(session, "You are in no room. Type /rooms to see others.");
    }
}

// Whoever logs in to an account needs no other password.
static bool needs_phrase(const struct session *session, struct text name)
{
    return session_info(session)->password.len && !session->account &&
           !(session->options & PLAIN_ADMITTED) && !session_name_is_registered(session, name);
}

static bool needs_invitation(const struct session *session)
{
    return session_access(session)->registration == REGISTRATION_INVITE &&
           !session_has_invitation(session);
}

static const char no_account[] =
    "Only registered people are let in here, and \"%.*s\" is not registered. "
    "Give a registered name, or type /register <name> <password>:";
static const char no_account_nor_code[] =
    "Only registered people are let in here, and \"%.*s\" is not registered. "
    "Give a registered name; or, with an invitation, type /redeem <code> and then "
    "/register <name> <password>:";

void plain_sign_in(struct session *session, struct text name)
{
    enum name_fault fault;
    if (needs_phrase(session, name)) {
        plain_ask_phrase(session, name);
        return;
    }
    struct newcomer newcomer = {.name = name};
    switch (session_sign_in(session, &newcomer, &fault)) {
    case SIGN_IN_OK:
        enter_first(session);
        break;
    case SIGN_IN_TAKEN:
        refuse_name(session, "The name \"%.*s\" is taken. Choose another:", name);
        break;
    case SIGN_IN_BAD_NAME:
        refuse_name(session, "A name %.*s. Choose another:", text_of(name_fault_text(fault)));
        break;
    case SIGN_IN_REGISTERED:
        plain_ask_password(session, name);
        break;
    case SIGN_IN_SILENCED:
    case SIGN_IN_TOO_OFTEN: // for new names of somebody who is in
    case SIGN_IN_BANNED:
        break; // it ends, and is told why
    case SIGN_IN_TOO_MANY:
        refuse_name(session,
                    "\"%.*s\" is connected as often as it may be. End one of these connections, "
                    "or choose another name:",
                    name);
        break;
    case SIGN_IN_NEEDS_ACCOUNT:
        refuse_name(session, needs_invitation(session) ? no_account_nor_code : no_account, name);
        break;
    }
}

// /redeem <code> and /register <name> <password>, for those who are not let in without an account.
static bool take_command(struct session *session, struct text line)
{
    struct text rest = line;
    struct text command = text_word(&rest);
    if (text_equal_nocase(command, TEXT("/redeem"))) {
        plain_run_redeem(session, rest);
        return true;
    }
    bool is_register = text_equal_nocase(command, TEXT("/register"));
    if (is_register) {
        struct text name = text_word(&rest);
        plain_register_at_the_door(session, name, rest);
    }
    return is_register;
}

static void take_name(struct session *session, struct text name, enum core_line how)
{
    if (how != CORE_LINE_TOO_LONG && session_access(session)->require_account &&
        take_command(session, name)) {
        return;
    }
    if (how == CORE_LINE_TOO_LONG) {
        refuse_name(session,
                    "That name is too long: it cannot have more than 32 letters. "
                    "Choose another:%.*s",
                    TEXT(""));
        return;
    }
    if (name.len == 0) {
        struct text server = session_server_name(session);
        struct buf prompt;
        buf_init(&prompt, 4096);
        buf_add(&prompt, TEXT("Welcome to "));
        plain_add_visible(&prompt, server);
        buf_add(&prompt, TEXT(". Your name?\n"));
        session_reply(session, buf_text(&prompt));
        buf_finish(&prompt);
        return;
    }
    plain_sign_in(session, name);
}

void plain_speak(struct session *session, struct room *room, enum message_kind kind,
                 struct text text)
{
    enum refusal why = rights_speak(session, room, kind, text);
    if (why != REFUSED_NOT) {
        plain_say_refusal(session, "speak in", room, why);
        return;
    }
    session_say(session, room, kind, text, TEXT(""));
}

static void say(struct session *session, struct text line)
{
    if (!session->current) {
        plain_say(session, "You are in no room. Type /join #lobby to talk.");
        return;
    }
    plain_speak(session, session->current, MESSAGE_SAY, line);
}

static void plain_line(struct session *session, struct text line, enum core_line how)
{
    uint32_t most = session_limits(session)->message_bytes;
    if (plain_awaits_password(session)) {
        plain_take_password(session, line, how);
    } else if (!session->user) {
        take_name(session, text_trim(line), how);
    } else if (how == CORE_LINE_TOO_LONG || line.len > most) {
        plain_say(session,
                  "That message is too long and was not sent: %u bytes are the most at once.",
                  most);
    } else if (!utf8_valid(line)) {
        plain_say(session, "That message is not valid UTF-8 and was not sent. "
                           "Set your terminal to UTF-8.");
    } else if (text_trim(line).len == 0) {
        return;
    } else if (is_command(line)) {
        plain_command(session, line);
    } else {
        say(session, text_starts(line, TEXT("//")) ? text_skip(line, 1) : line);
    }
}

static void plain_joined(struct session *session, struct member *member)
{
    bool elsewhere = session->current && member->untold;
    if (!elsewhere) {
        session->current = member->room;
        session_refresh(session);
    }
    if (!(session->options & PLAIN_WELCOMED)) {
        session->options |= PLAIN_WELCOMED;
        plain_welcome(session, member->room);
        return;
    }
    struct buf out;
    buf_init(&out, 512 * 1024);
    struct room *room = member->room;
    buf_printf(&out, "[SYSTEM] You are in %.*s now, with %zu here.", TEXT_ARG(room->shown),
               room->member_count);
    if (elsewhere) {
        buf_printf(&out, " Type /room %.*s to talk there.", TEXT_ARG(room->shown));
    }
    if (room->topic.len) {
        buf_add(&out, TEXT(" The topic is: "));
        plain_add_visible(&out, room->topic);
    }
    buf_add_char(&out, '\n');
    if (!member->rendition) {
        plain_add_recent(session, room, &out);
    }
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

static void plain_done_elsewhere(struct session *session, const struct event *event)
{
    switch (event->kind) {
    case EVENT_PARTED:
        plain_say_left(session, event->room);
        break;
    case EVENT_RENAMED:
        plain_say(session, "You are now known as %.*s.", TEXT_ARG(event->target));
        break;
    case EVENT_AWAY:
        plain_say_away(session);
        break;
    case EVENT_ACCOUNT:
        plain_say_account(session);
        break;
    default:
        break;
    }
}

// Called before the session leaves the room.
static void plain_kicked(struct session *session, const struct event *event)
{
    const struct room *room = session_find_room(session, event->room);
    const struct member *other = session->members;
    while (other && other->room == room) {
        other = other->session_next;
    }
    session_tell_event(session, event, session->options & PLAIN_UTC);
    if (!other) {
        plain_say(session,
                  "You are not in %.*s any more, and in no other room. Type /rooms to see which "
                  "there are.",
                  TEXT_ARG(event->room));
        return;
    }
    if (session->current == room) {
        session->current = other->room;
        session_refresh(session);
    }
    plain_say(session, "You are not in %.*s any more. What you say goes to %.*s.",
              TEXT_ARG(event->room), TEXT_ARG(session->current->shown));
}

static const char *reason_of(int error)
{
    return error == -ENOSPC ? "the server's disk is full" : "the server's disk does not work";
}

static void plain_not_kept(struct session *session, const struct message *message, int error)
{
    (void)message;
    plain_say(session,
              "Your message could not be kept, because %s, so nobody has seen it. Try again "
              "later.",
              reason_of(error));
}

static void plain_not_changed(struct session *session, int error)
{
    plain_say(session,
              "That could not be kept, because %s, so nothing was changed. Try again later.",
              reason_of(error));
}

static void plain_refused(struct session *session, struct text place, struct text why)
{
    (void)place;
    plain_say(session, "%.*s", TEXT_ARG(why));
}

static bool plain_echoes(const struct event *event, uint32_t options)
{
    (void)options;
    bool topic = event->kind == EVENT_MESSAGE && event->message->kind == MESSAGE_TOPIC;
    return topic || event->kind == EVENT_MODES || event->kind == EVENT_ROOM_RENAMED ||
           event->kind == EVENT_KICKED;
}

static void plain_tell(struct session *session, const struct event *event)
{
    session_tell_event(session, event, session->options & PLAIN_UTC);
}

static void plain_missed(struct session *session, const struct room *room, uint64_t lines)
{
    if (lines == 0) {
        return;
    }
    uint64_t readable = lines < session_limits(session)->history_page
                            ? lines
                            : session_limits(session)->history_page;
    plain_say(session,
              "You did not read for a while and missed %llu lines in %.*s. "
              "Type /history %llu %.*s to read them.",
              (unsigned long long)lines, TEXT_ARG(room->shown), (unsigned long long)readable,
              TEXT_ARG(room->shown));
}

void plain_farewell(enum close_reason reason, struct buf *out)
{
    struct text sentence = close_reason_sentence(reason);
    if (sentence.len) {
        buf_printf(out, "[SYSTEM] %.*s\n", TEXT_ARG(sentence));
    }
}

static void plain_closing(struct session *session, enum close_reason reason)
{
    struct buf out;
    buf_init(&out, 4096);
    if (reason == CLOSE_SHUTDOWN) {
        struct event event = {.kind = EVENT_SHUTDOWN, .wall_ms = session_now(session).wall_ms};
        plain_render(&event, session->options & PLAIN_UTC, &out);
    } else if (session->ended) {
        buf_add(&out, TEXT("[SYSTEM] "));
        if (session->ended->by) {
            buf_printf(&out, "%s has ended your connection: ", session->ended->by);
        }
        plain_add_visible(&out, text_of(session->ended->why));
        buf_add_char(&out, '\n');
    } else {
        plain_farewell(reason, &out);
    }
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

const struct protocol plain_protocol = {
    .name = "plain",
    .skips_ahead = true,
    .opened = plain_opened,
    .is_message = plain_is_message,
    .line = plain_line,
    .render = plain_render,
    .echoes = plain_echoes,
    .own = plain_tell,
    .account_answered = plain_account_answered,
    .has_secret = plain_has_secret,
    .finish = plain_finish,
    .announced = plain_tell,
    .invited = plain_tell,
    .done_elsewhere = plain_done_elsewhere,
    .kicked = plain_kicked,
    .new_room_flags = RULE_NO_OUTSIDERS,
    .options = plain_options,
    .joined = plain_joined,
    .page = plain_page,
    .refused = plain_refused,
    .not_kept = plain_not_kept,
    .not_changed = plain_not_changed,
    .not_delivered = plain_not_delivered,
    .missed = plain_missed,
    .closing = plain_closing,
};
