// How a session comes to a user, and leaves it.
#include "base/must.h"
#include "chat/bans.h"
#include "chat/core_state.h"
#include "chat/session.h"
#include "chat/stay.h"
#include "chat/watch.h"

static void link_to_user(struct session *session)
{
    struct session **at = &session->user->sessions;
    while (*at && session->state.stays) { // who has a connection comes first
        at = &(*at)->links.user_next;
    }
    session->links.user_next = *at;
    *at = session;
}

void session_take_user(struct session *session, struct user *user)
{
    struct core *core = session->core;
    struct session *other = user->sessions;
    session->user = user;
    core->named_count += !session->state.stays;
    link_to_user(session);
    if (!session->state.gone) {
        core->output->named(core->output->context, session->handle);
    }
    if (other) {
        rooms_follow(session, other);
        stay_joined(session);
    } else {
        sessions_ignore(core, user, user->key, true);
    }
}

static void tell_operator(struct session *session, enum activity_kind kind, struct text text)
{
    struct core *core = session->core;
    struct activity activity = {
        .kind = kind,
        .wall_ms = core->now.wall_ms,
        .name = session->user->name,
        .text = text,
        .peer = &session->peer,
        .online = core->users.count,
    };
    core->output->activity(core->output->context, &activity);
}

enum sign_in session_may_have_name(const struct session *session, struct text name)
{
    const struct core *core = session->core;
    const struct account *owner = account_of_name(&core->accounts, name);
    if (owner && owner != session->account) {
        return SIGN_IN_REGISTERED;
    }
    return core->config.access.require_account && !session->account ? SIGN_IN_NEEDS_ACCOUNT
                                                                    : SIGN_IN_OK;
}

// Somebody of this name who is logged in to the session's account.
static struct user *find_oneself(const struct session *session, struct text name)
{
    struct user *user = session->account ? user_find(session->core, name) : NULL;
    bool same = user && user->identity.account && user->identity.number == session->account->number;
    return same ? user : NULL;
}

static void describe(struct user *user, const struct newcomer *newcomer)
{
    if (!user->login.len) {
        text_replace(&user->login, newcomer->login);
        text_replace(&user->real_name, newcomer->real_name);
    }
}

static enum sign_in sign_in_again(struct session *session, struct user *user,
                                  const struct newcomer *newcomer)
{
    if (session_count_own(user->sessions) >= session->core->config.limits.sessions_per_user) {
        return SIGN_IN_TOO_MANY;
    }
    describe(user, newcomer);
    session_take_user(session, user);
    return SIGN_IN_OK;
}

// Whether the server's bans let it be here; it ends if not.
static bool is_let_in(struct session *session, const struct newcomer *newcomer)
{
    const struct rule_mask *ban = session_ban_of(session, newcomer->name, newcomer->login);
    if (ban) {
        session_end_banned(session, ban);
    }
    return ban == NULL;
}

enum sign_in session_sign_in(struct session *session, const struct newcomer *newcomer,
                             enum name_fault *fault)
{
    struct text name = newcomer->name;
    must(!session->user);
    *fault = NAME_OK;
    enum sign_in may = session_may_have_name(session, name);
    if (may != SIGN_IN_OK) {
        return may;
    }
    if (!is_let_in(session, newcomer)) {
        return SIGN_IN_BANNED;
    }
    struct core *core = session->core;
    struct user *user = find_oneself(session, name);
    if (user) {
        return sign_in_again(session, user, newcomer);
    }
    user = user_create(core, name, text_of(session->peer.address), fault);
    if (!user) {
        return *fault == NAME_OK ? SIGN_IN_TAKEN : SIGN_IN_BAD_NAME;
    }
    describe(user, newcomer);
    session_take_user(session, user);
    if (session->account) {
        user_set_account(core, user, session->account);
        stay_update(core, session->account, user);
    }
    struct actor actor = user_actor(user);
    watch_tell(session->core, user->key, &actor, true);
    tell_operator(session, ACTIVITY_JOINED, TEXT(""));
    return SIGN_IN_OK;
}

void session_sign_in_nameless(struct session *session, struct text name)
{
    must(!session->user);
    session_take_user(session,
                      user_create_nameless(session->core, name, text_of(session->peer.address)));
    is_let_in(session, &(struct newcomer){.name = name});
    tell_operator(session, ACTIVITY_RELAY_IN, TEXT(""));
}

static void user_release(struct session *session)
{
    struct user *user = session->user;
    struct session **at = &user->sessions;
    while (*at != session) {
        must(*at);
        at = &(*at)->links.user_next;
    }
    *at = session->links.user_next;
    session->user = NULL;
    session->core->named_count -= !session->state.stays;
    if (!user->sessions) {
        sessions_ignore(session->core, user, user->key, false);
        user_destroy(session->core, user);
    }
}

static void leave_rooms(struct session *session)
{
    while (session->members) {
        room_leave(session, session->members->room, true);
    }
}

// Whether the connection was cut: neither side wanted that.
static bool is_lost(enum close_reason reason)
{
    return reason != CLOSE_QUIT && reason != CLOSE_SHUTDOWN && reason != CLOSE_KILLED &&
           reason != CLOSE_LOGGED_OUT && reason != CLOSE_SUSPENDED && reason != CLOSE_ERASED &&
           reason != CLOSE_BANNED;
}

void session_depart(struct session *session, enum close_reason reason, struct text why)
{
    struct core *core = session->core;
    struct user *user = session->user;
    core->named_count -= session->state.serves;
    if (!user) {
        return;
    }
    if (user->sessions != session || session->links.user_next) {
        leave_rooms(session);
        user_release(session);
        stay_left(session, user);
        return;
    }
    struct actor actor = user_actor(user);
    struct event event = {
        .kind = EVENT_LEFT,
        .wall_ms = core->now.wall_ms,
        .now_ms = core->now.wall_ms,
        .actors = &actor,
        .actor_count = 1,
        .target = text_of(session->ended ? session->ended->by : NULL),
        .text = why,
        .lost = is_lost(reason),
    };
    if (!user->nameless && !core->shutting_down) {
        session_tell_rooms(session, &event);
    }
    leave_rooms(session);
    struct text name = text_own(user->name);
    bool nameless = user->nameless;
    if (!nameless) {
        departed_add(&core->departed, &actor, user->key, text_of(session->peer.address),
                     core->now.wall_ms);
        watch_tell(core, user->key, &actor, false);
    }
    user_release(session);
    struct activity activity = {
        .kind = nameless ? ACTIVITY_RELAY_OUT : ACTIVITY_LEFT,
        .wall_ms = core->now.wall_ms,
        .name = name,
        .text = text_of(close_reason_word(reason)),
        .peer = &session->peer,
        .online = core->users.count,
    };
    core->output->activity(core->output->context, &activity);
    text_disown(name);
}
