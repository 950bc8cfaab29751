#include "chat/session.h"

#include "base/must.h"
#include "chat/bans.h"
#include "chat/change.h"
#include "chat/core_state.h"
#include "chat/flood.h"
#include "chat/ignores.h"
#include "chat/login.h"
#include "chat/mail.h"
#include "chat/pending.h"
#include "chat/presence.h"
#include "chat/reading.h"
#include "chat/rules.h"
#include "chat/stay.h"
#include "chat/watch.h"

// Of what one session is told at once: a message of some eighty lines, each with all of its tags.
enum { EVENT_BYTES_MAX = 512 * 1024 };

struct session *session_create(struct core *core, struct handle handle, const struct peer *peer,
                               const struct protocol *protocol)
{
    struct session *session = mem_alloc(sizeof *session);
    session->core = core;
    session->handle = handle;
    session->peer = *peer;
    session->peer.certificate = peer->certificate ? text_copy(text_of(peer->certificate)) : NULL;
    session->protocol = protocol;
    session->number = ++core->last_session;
    core->session_count++;
    return session;
}

void session_seal(struct session *session)
{
    for (struct member *m = session->members; m; m = m->session_next) {
        if (m->rendition) {
            rendition_seal(session->core, m->rendition);
        }
    }
}

void session_reply(struct session *session, struct text block)
{
    if (!session->state.gone && block.len && !changes_put_aside(session, block)) {
        session_seal(session);
        if (session->core->answering == session) {
            reading_charge(session, block.len);
        }
        const struct output *output = session->core->output;
        output->reply(output->context, session->handle, block);
    }
}

void session_tell_event(struct session *session, const struct event *event, uint32_t options)
{
    struct buf block;
    buf_init(&block, EVENT_BYTES_MAX);
    session->protocol->render(event, options, &block);
    session_reply(session, buf_text(&block));
    buf_finish(&block);
}

static bool is_in_several_rooms(const struct session *session)
{
    return session->members && session->members->session_next;
}

static bool rooms_show_at_once(const struct session *session)
{
    for (const struct member *m = session->members; m; m = m->session_next) {
        if (m->room->queue) {
            return false;
        }
    }
    return true;
}

struct origin session_origin(const struct session *session)
{
    uint32_t user = session->user->number;
    return (struct origin){.user = user, .session = user | SEGMENT_USER, .apart = true};
}

// A member skips lines whose number is not above those it has seen, so all lines of a number
// are appended before any of the next one. Where that cannot be, because a room's line has to
// wait for others, who shares several rooms may be told more than once: better than never.
void session_tell_rooms(struct session *session, struct event *event)
{
    struct core *core = session->core;
    struct origin origin = session_origin(session);
    if (event->kind == EVENT_RENAMED) {
        origin.user = 0; // who ignores one of the two names must learn of it all the same
    }
    if (is_in_several_rooms(session) && rooms_show_at_once(session)) {
        origin.once = ++core->last_once;
    }
    if (is_in_several_rooms(session)) {
        renditions_seal_all(core); // what they did before goes before it, whatever the room
    }
    for (struct member *m = session->members; m; m = m->session_next) {
        event->room = m->room->shown;
        if (event->kind == EVENT_LEFT) {
            presence_left(core, m->room, event, origin);
        } else {
            presence_flush(core, m->room);
            room_tell(core, m->room, event, origin);
        }
    }
    for (struct member *m = session->members; m && origin.once; m = m->session_next) {
        renditions_seal(core, m->room->renditions);
    }
}

void session_serve(struct session *session)
{
    struct core *core = session->core;
    must(!session->user && !session->state.serves);
    session->state.serves = true;
    core->named_count++;
    core->output->named(core->output->context, session->handle);
}

static void forget_handle(struct session *session)
{
    struct core *core = session->core;
    if (!session->state.gone) {
        session->state.gone = true;
        core->sessions[session->handle.index] = NULL;
    }
}

void session_quit(struct session *session, enum close_reason reason, struct text why)
{
    must(session->counts.in_flight == 0 && !session->changing);
    struct core *core = session->core;
    if (!session->state.gone) {
        session->protocol->closing(session, reason);
    }
    session_depart(session, reason, why);
    reading_destroy(session);
    ignores_destroy(session);
    watch_clear(session);
    held_destroy(session);
    if (!session->state.gone) {
        core->output->close(core->output->context, session->handle, reason);
    }
    forget_handle(session);
    session->state.departed = true;
    session->state.wait = WAIT_NOT;
    session_stall(session);
}

static void stop_answer(struct session *session)
{
    if (session->state.wait == WAIT_DRAIN || session->state.wait == WAIT_TIME) {
        reading_destroy(session);
        session->state.wait = WAIT_NOT;
    }
}

void session_ended(struct session *session, enum close_reason reason)
{
    if (!session->ended) {
        session->state.end_reason = reason;
    }
    session->state.ending = true;
    if (reason != CLOSE_EOF) {
        forget_handle(session);
        stop_answer(session); // nobody is left to read the rest of it
    }
    session_stall(session);
}

static void end_at_once(struct session *session, enum close_reason reason)
{
    held_destroy(session);
    session->state.ending = true;
    session->state.end_reason = reason;
    stop_answer(session);
    session_stall(session);
}

void session_shut_down(struct session *session)
{
    end_at_once(session, CLOSE_SHUTDOWN);
}

static void set_ended(struct session *session, struct text by, struct text why)
{
    session->ended = mem_alloc(sizeof *session->ended);
    session->ended->by = by.len ? text_copy(by) : NULL;
    session->ended->why = text_copy(why);
}

void session_end_user(struct session *session, struct user *user, struct text why)
{
    for (struct session *s = user->sessions; s; s = s->links.user_next) {
        if (!s->ended && !s->state.gone) {
            set_ended(s, session->user ? session->user->name : session_server_name(session), why);
            end_at_once(s, CLOSE_KILLED);
        }
    }
}

void session_put_out_user(struct session *session, struct user *user, struct text why)
{
    session_end_user(session, user, why);
    stay_put_out(session->core, user);
}

void session_end_banned(struct session *session, const struct rule_mask *ban)
{
    struct buf words;
    buf_init(&words, 1024);
    ban_say(ban, &words);
    struct session *first = session->user ? session->user->sessions : session;
    for (struct session *s = first; s; s = s->links.user_next) {
        if (!s->ended && !s->state.gone) {
            set_ended(s, TEXT(""), buf_text(&words));
            end_at_once(s, CLOSE_BANNED);
        }
    }
    buf_finish(&words);
}

void account_end_sessions(struct core *core, const struct account *account,
                          const struct session *except, enum close_reason reason)
{
    for (size_t i = 0; i < core->session_size; i++) {
        struct session *s = core->sessions[i];
        if (s && s->account == account && s != except) {
            s->account = NULL;
            end_at_once(s, reason);
        }
    }
}

void session_lagged(struct session *session, uint32_t feed, uint64_t from_line)
{
    if (!session->protocol->skips_ahead) {
        session->state.ending = true;
        session->state.end_reason = CLOSE_SLOW;
        session_stall(session);
        return;
    }
    struct member *member = session->members;
    while (member && !member_lag(member, feed, from_line)) {
        member = member->session_next;
    }
}

void session_drained(struct session *session)
{
    if (session->state.lagged) {
        session->state.lagged = false;
        for (struct member *m = session->members; m; m = m->session_next) {
            member_resume(m);
        }
    }
    if (session->state.wait == WAIT_DRAIN) {
        reading_step(session);
    }
    session_stall(session);
}

bool session_waits(const struct session *session)
{
    return session->state.wait != WAIT_NOT || session->changing;
}

void session_stall(struct session *session)
{
    if (!session->state.is_stalled) {
        session->state.is_stalled = true;
        session->links.stalled_next = session->core->stalled;
        session->core->stalled = session;
    }
}

void session_owe(struct session *session, uint32_t lines)
{
    session->counts.owed = (uint16_t)(session->counts.owed + lines);
    if (!session->state.is_owed) {
        session->state.is_owed = true;
        session->links.owed_next = session->core->owed;
        session->core->owed = session;
    }
}

// What is said, as it is said by the session's user now; `mask` is its host.
static struct message said(const struct session *session, enum message_kind kind, struct text text,
                           struct text tags, const struct buf *mask)
{
    struct user *user = session->user;
    user->spoke = session->core->now;
    return (struct message){
        .time_ms = session->core->now.wall_ms,
        .kind = kind,
        .sender = user->identity,
        .sender_name = user->name,
        .sender_mask = buf_text(mask),
        .text = text,
        .tags = tags,
    };
}

struct whispered {
    enum message_kind kind;
    struct text text;
    struct text tags;
};

static void host_init(struct buf *mask, const struct session *session)
{
    struct actor actor = user_actor(session->user);
    buf_init(mask, 256);
    actor_add_host(mask, &actor);
}

void session_say(struct session *session, struct room *room, enum message_kind kind,
                 struct text text, struct text tags)
{
    if (!flood_takes_message(session, room, text)) {
        return;
    }
    struct buf mask;
    host_init(&mask, session);
    struct message message = said(session, kind, text, tags, &mask);
    message.place = room->place;
    message.place_shown = room->shown;
    for (struct session *s = session->user->sessions; s; s = s->links.user_next) {
        struct member *member = room_member(s, room);
        if (member && kind != MESSAGE_TOPIC) {
            member->spoke_ms = session->core->now.mono_ms;
        }
    }
    pending_submit(session, room, 0, &message);
    buf_finish(&mask);
}

static void whisper(struct session *session, const struct whispered *what, struct identity who,
                    struct text name, uint32_t number)
{
    struct buf mask;
    host_init(&mask, session);
    char key[STORE_KEY_MAX];
    struct message message = said(session, what->kind, what->text, what->tags, &mask);
    message.place = store_conversation_key(key, session->user->identity, who);
    message.recipient = who;
    message.recipient_name = name;
    pending_submit(session, NULL, number, &message);
    buf_finish(&mask);
}

void session_whisper(struct session *session, struct user *to, enum message_kind kind,
                     struct text text, struct text tags)
{
    struct account *absent = mail_account(session->core, to);
    if (absent) {
        session_whisper_absent(session, absent, kind, text, tags);
    } else if (flood_takes(session, to->name)) {
        struct whispered what = {kind, text, tags};
        whisper(session, &what, to->identity, to->name, to->number);
    }
}

void session_whisper_account(struct session *session, const struct account *account,
                             enum message_kind kind, struct text text, struct text tags)
{
    struct whispered what = {kind, text, tags};
    whisper(session, &what, account_identity(account), account->name, 0);
}

struct identity session_identity_of(const struct session *session, struct text name)
{
    const struct user *user = session_find_user(session, name);
    const struct account *account = account_find(&session->core->accounts, name);
    return user ? user->identity : account ? account_identity(account) : (struct identity){0};
}

void session_redact(struct session *session, const struct redaction *redaction)
{
    char key[STORE_KEY_MAX];
    struct room *room = redaction->room;
    const struct user *to = room ? NULL : user_of(session->core, redaction->with);
    struct message message = {
        .id = redaction->id,
        .time_ms = session->core->now.wall_ms,
        .kind = MESSAGE_REDACTION,
        .sender_name = session->user->name,
        .text = redaction->why,
    };
    if (!redaction->any) {
        message.sender = session->user->identity;
    }
    if (room) {
        message.place = room->place;
        message.place_shown = room->shown;
    } else {
        message.place = store_conversation_key(key, session->user->identity, redaction->with);
        message.recipient = redaction->with;
        message.recipient_name = redaction->name;
    }
    pending_submit(session, room, to ? to->number : 0, &message);
}

const struct departed_ring *session_departed(const struct session *session)
{
    return &session->core->departed;
}

uint64_t session_passing_id(const struct session *session)
{
    struct core *core = session->core;
    // Ids of the store stay far below. The time is there for those before a restart.
    uint64_t id = UINT64_C(1) << 63 | (uint64_t)core->now.wall_ms << 16;
    core->last_passing = id > core->last_passing ? id : core->last_passing + 1;
    return core->last_passing;
}

size_t session_count_unnamed(const struct session *session)
{
    return session->core->session_count - session->core->named_count;
}

size_t session_most_users(const struct session *session)
{
    return session->core->users.most;
}

size_t session_room_count(const struct session *session)
{
    return session->core->room_count;
}

struct moment session_now(const struct session *session)
{
    return session->core->now;
}

const struct limits *session_limits(const struct session *session)
{
    return &session->core->config.limits;
}

const struct flood_profiles *session_floods(const struct session *session)
{
    return &session->core->config.floods;
}

const struct server_info *session_info(const struct session *session)
{
    return &session->core->config.info;
}

const struct access *session_access(const struct session *session)
{
    return &session->core->config.access;
}

struct text session_account_name(const struct session *session, struct identity who)
{
    return account_name_of(&session->core->accounts, who);
}

bool session_name_is_registered(const struct session *session, struct text name)
{
    return account_of_name(&session->core->accounts, name) != NULL;
}

struct text session_server_name(const struct session *session)
{
    return text_of(session->core->server_name);
}

const struct account_registry *session_accounts(const struct session *session)
{
    return &session->core->accounts;
}

const struct user_registry *session_users(const struct session *session)
{
    return &session->core->users;
}

struct user *session_find_user(const struct session *session, struct text name)
{
    return user_find(session->core, name);
}

struct room *session_find_room(const struct session *session, struct text name)
{
    return room_find(session->core, name);
}

struct room *session_next_room(const struct session *session, const struct room *room)
{
    return room ? room->by_key.next : session->core->rooms;
}

void room_stand(const struct room *room, struct buf *stand)
{
    buf_reset(stand);
    if (room) {
        buf_printf(stand, "%u %.*s", room->number, TEXT_ARG(room->key));
    }
}

struct room *session_resume_rooms(const struct session *session, struct text stand)
{
    uint64_t number = 0;
    struct text key = stand;
    text_number(text_word(&key), UINT32_MAX, &number);
    struct room *room = stand.len ? session_find_room(session, key) : NULL;
    if (!room || room->number != number) {
        room = session_next_room(session, NULL);
        while (room && room->number < number) {
            room = session_next_room(session, room);
        }
    }
    return room;
}

void session_refresh(struct session *session)
{
    for (struct member *m = session->members; m; m = m->session_next) {
        member_refresh(m);
    }
}
