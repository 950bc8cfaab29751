// Accounts that stay in their rooms while nobody is connected under them ("always-on"). Their user
// has one more session, which has no connection and is in all of its rooms; while it is the only
// one, the user is absent: away, and what is said to it waits (chat/mail.h). Over a restart the
// rooms are notes of the account.
#pragma once
#include "base/text.h"

struct account;
struct core;
struct member;
struct session;
struct user;

// The session's account stays from here on, or does not. Answered as what chat/login.h asks is.
void session_set_always_on(struct session *session, bool on);
// Whether nobody is connected as this user.
bool user_is_absent(const struct user *user);

// For the core's parts only.
// What the account or its user has become may change whether it stays. `user`: who is logged in to
// it; NULL: nobody.
void stay_update(struct core *core, struct account *account, struct user *user);
// The account stays no longer, or not with this user.
void stay_end(struct core *core, struct account *account);
// The same for who this user is; it may be gone by that.
void stay_put_out(struct core *core, const struct user *user);
// A session has come to a user that is there, or has left one.
void stay_joined(struct session *session);
void stay_left(struct session *session, struct user *user);
// A membership of a session without connection begins or ends.
void stay_note(const struct member *member, bool is_in);
// Time passes: at first those who stay are brought in, later those who have not come for long
// leave.
void stays_tick(struct core *core);
void stays_finish(struct core *core);
