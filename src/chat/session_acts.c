// What a session does to rooms and people beyond talking. Rights are asked before
// (chat/rights.h).
#include "base/must.h"
#include "chat/bans.h"
#include "chat/core_state.h"
#include "chat/departed.h"
#include "chat/flood.h"
#include "chat/presence.h"
#include "chat/rights.h"
#include "chat/roles.h"
#include "chat/rules.h"
#include "chat/session.h"
#include "chat/stay.h"
#include "chat/task.h"
#include "chat/watch.h"

#include <stdarg.h>

static struct event act(const struct session *session, enum event_kind kind,
                        const struct actor *actor)
{
    int64_t now_ms = session->core->now.wall_ms;
    return (struct event){
        .kind = kind, .wall_ms = now_ms, .now_ms = now_ms, .actors = actor, .actor_count = 1};
}

static enum sign_in why_not_rename(struct session *session, struct text name)
{
    return session_may_have_name(session, name) == SIGN_IN_REGISTERED ? SIGN_IN_REGISTERED
           : session_ban_of(session, name, session->user->login)      ? SIGN_IN_BANNED
           : rights_silenced_by_name(session, name)                   ? SIGN_IN_SILENCED
           : flood_takes_name(session)                                ? SIGN_IN_OK
                                                                      : SIGN_IN_TOO_OFTEN;
}

enum sign_in session_rename(struct session *session, struct text name, enum name_fault *fault)
{
    struct core *core = session->core;
    struct user *user = session->user;
    *fault = NAME_OK;
    enum sign_in why_not = why_not_rename(session, name);
    if (why_not != SIGN_IN_OK) {
        return why_not;
    }
    struct actor now = user_actor(user);
    struct actor before = actor_own(&now);
    struct text before_key = text_own(user->key);
    bool renamed = user_rename(core, user, name, fault);
    if (renamed) {
        flood_count_name(session);
        struct event event = {
            .kind = EVENT_RENAMED,
            .wall_ms = core->now.wall_ms,
            .now_ms = core->now.wall_ms,
            .actors = &before,
            .actor_count = 1,
            .target = user->name,
        };
        session_tell_rooms(session, &event);
        session_tell_others(session, &event);
        if (!text_equal(before_key, user->key)) {
            sessions_ignore(core, user, before_key, false);
            sessions_ignore(core, user, user->key, true);
            departed_add(&core->departed, &before, before_key, text_of(session->peer.address),
                         core->now.wall_ms);
            watch_tell(core, before_key, &before, false);
            now = user_actor(user);
            watch_tell(core, user->key, &now, true);
        }
    }
    text_disown(before_key);
    actor_disown(&before);
    if (renamed) {
        return SIGN_IN_OK;
    }
    return *fault == NAME_OK ? SIGN_IN_TAKEN : SIGN_IN_BAD_NAME;
}

static void tell_watcher(struct session *session, const struct event *event)
{
    if (!session->state.gone && session->protocol->watched_acts) {
        session->protocol->watched_acts(session, event);
    }
}

void session_set_away(struct session *session, struct text why)
{
    struct user *user = session->user;
    free(user->away);
    user->away = why.len ? text_copy(why) : NULL;
    user->away_absent = false;
    struct actor actor = user_actor(user);
    struct event event = act(session, EVENT_AWAY, &actor);
    event.text = why;
    session_tell_rooms(session, &event);
    session_tell_others(session, &event);
    event.room = TEXT("");
    watch_each(session->core, user->key, tell_watcher, &event);
}

// The user is logged in to another account, or none.
static void end_stay(struct user *user, const struct account *account)
{
    struct session *s = user->sessions;
    while (s && !(s->state.stays && s->account != account)) {
        s = s->links.user_next;
    }
    if (s) {
        stay_end(s->core, s->account);
    }
}

void session_take_account(struct session *session)
{
    struct user *user = session->user;
    end_stay(user, session->account);
    user_set_account(session->core, user, session->account);
    for (struct session *s = user->sessions; s; s = s->links.user_next) {
        s->account = session->account;
    }
    struct actor actor = user_actor(user);
    struct event event = act(session, EVENT_ACCOUNT, &actor);
    session_tell_rooms(session, &event);
    session_tell_others(session, &event);
    for (struct member *m = session->members; m; m = m->session_next) {
        uint8_t before = m->ranks;
        for (struct session *s = user->sessions; s; s = s->links.user_next) {
            member_take_ranks(room_member(s, m->room));
        }
        member_tell_ranks(m, before);
    }
    event.room = TEXT("");
    watch_each(session->core, user->key, tell_watcher, &event);
    const struct rule_mask *ban =
        session->account ? session_ban_of(session, user->name, user->login) : NULL;
    if (ban) {
        session_end_banned(session, ban);
    } else if (session->account) {
        stay_update(session->core, session->account, user);
    }
}

void session_describe(struct session *session, struct text real_name)
{
    struct user *user = session->user;
    text_disown(user->real_name);
    user->real_name = text_own(real_name);
    struct actor actor = user_actor(user);
    struct event event = act(session, EVENT_DESCRIBED, &actor);
    event.text = user->real_name;
    session_tell_rooms(session, &event);
    session_tell_others(session, &event);
    event.room = TEXT("");
    watch_each(session->core, user->key, tell_watcher, &event);
}

static struct text noted_name(const struct session *session)
{
    return session->user ? session->user->name : TEXT("hobnobctl");
}

void session_keep_note(struct session *session, struct text did, uint64_t cookie)
{
    struct core *core = session->core;
    struct message message = {
        .time_ms = core->now.wall_ms,
        .kind = MESSAGE_ACTION,
        .place = TEXT(AUDIT_PLACE),
        .sender = session->user ? session->user->identity : (struct identity){0},
        .sender_name = noted_name(session),
        .text = did,
    };
    store_submit(core->store, &message, cookie);
}

void session_show_note(struct session *session, struct text did)
{
    struct core *core = session->core;
    struct activity activity = {
        .kind = ACTIVITY_OPERATED,
        .wall_ms = core->now.wall_ms,
        .name = noted_name(session),
        .text = did,
        .peer = &session->peer,
    };
    core->output->activity(core->output->context, &activity);
}

static void note(struct session *session, bool tell, const char *format, va_list arguments)
{
    char did[NOTE_BYTES];
    vsnprintf(did, sizeof did, format, arguments);
    if (tell) {
        session_show_note(session, text_of(did));
    }
    session_keep_note(session, text_of(did), COOKIE_RECORD);
}

void session_note(struct session *session, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note(session, true, format, arguments);
    va_end(arguments);
}

// What a room's operator does is noted too, but told to nobody.
__attribute__((format(printf, 2, 3))) static void note_in_room(struct session *session,
                                                               const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note(session, session_role(session) >= ROLE_MODERATOR, format, arguments);
    va_end(arguments);
}

void session_kick(struct session *session, struct member *member, struct text why)
{
    struct core *core = session->core;
    struct room *room = member->room;
    struct user *target = member->session->user;
    struct actor actor = user_actor(session->user);
    struct event event = act(session, EVENT_KICKED, &actor);
    event.room = room->shown;
    event.target = target->name;
    event.text = why;
    note_in_room(session, "has put %.*s out of %.*s%s%.*s", TEXT_ARG(target->name),
                 TEXT_ARG(room->shown), why.len ? ": " : "", TEXT_ARG(why));
    presence_flush(core, room);
    // The room's order may lie behind messages; the one who is put out hears it before.
    struct origin origin = {
        .user = session->user->number, .session = target->number | SEGMENT_USER, .apart = true};
    room_tell(core, room, &event, origin);
    for (struct session *s = target->sessions; s; s = s->links.user_next) {
        if (!s->state.gone && !room_member(s, room)->untold) {
            s->protocol->kicked(s, &event);
        }
        room_leave(s, room, true);
    }
}

void session_invite(struct session *session, struct room *room, struct user *user)
{
    rules_invite(room_rules(session->core, room), user->number);
    struct actor actor = user_actor(session->user);
    struct event event = act(session, EVENT_INVITED, &actor);
    event.room = room->shown;
    event.target = user->name;
    for (struct session *s = user->sessions; s; s = s->links.user_next) {
        if (!s->state.gone && !session_ignores(s, session->user)) {
            s->protocol->invited(s, &event);
        }
    }
    room_tell(session->core, room, &event, (struct origin){.user = session->user->number});
}

void session_tag_room(struct session *session, struct room *room, const struct message *message)
{
    struct actor actor = user_actor(session->user);
    struct event event = act(session, EVENT_TAGGED, &actor);
    event.room = room->shown;
    event.message = message;
    struct origin origin = {
        .user = session->user->number, .session = session->number, .apart = session->state.apart};
    room_tell(session->core, room, &event, origin);
    if (origin.apart) {
        session->protocol->own(session, &event);
    }
}

void session_tag_user(struct session *session, struct user *user, const struct message *message)
{
    struct actor actor = user_actor(session->user);
    struct event event = act(session, EVENT_TAGGED, &actor);
    event.message = message;
    for (struct session *s = user->sessions; s; s = s->links.user_next) {
        if (!s->state.gone && !session_ignores(s, session->user)) {
            session_tell_event(s, &event, s->options);
        }
    }
    if (user != session->user) {
        session_show_others(session, &event);
    }
    session->protocol->own(session, &event);
}

void session_announce(struct session *session, struct text text)
{
    struct core *core = session->core;
    struct actor server = {.name = session_server_name(session)};
    struct event event = act(session, EVENT_ANNOUNCED, &server);
    event.text = text;
    for (size_t i = 0; i < core->users.count; i++) {
        for (struct session *s = core->users.sorted[i]->sessions; s; s = s->links.user_next) {
            if (!s->state.gone && s->protocol->announced) {
                s->protocol->announced(s, &event);
            }
        }
    }
}

bool session_ask(struct session *session, const struct task *task)
{
    const struct output *output = session->core->output;
    if (!output->task) {
        return false;
    }
    struct task own = *task;
    own.asker = session;
    session->state.wait = WAIT_TASK;
    output->task(output->context, &own);
    return true;
}

void session_task_done(struct session *session, const struct task_answer *answer)
{
    must(session->state.wait == WAIT_TASK);
    session->state.wait = WAIT_NOT;
    if (!session->state.gone) {
        session->protocol->task_done(session, answer);
    }
    session_stall(session);
}

bool session_reload(struct session *session)
{
    const struct output *output = session->core->output;
    if (output->reload) {
        output->reload(output->context);
    }
    return output->reload != NULL;
}
