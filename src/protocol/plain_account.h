// What plain people do about their account.
#pragma once
#include "chat/login.h"

// Commands: /register, /login, /logout, /password and /set.
void plain_run_register(struct session *session, struct text rest);
void plain_run_login(struct session *session, struct text rest);
void plain_run_logout(struct session *session, struct text rest);
void plain_run_password(struct session *session, struct text rest);
void plain_run_unregister(struct session *session, struct text rest);
void plain_run_set(struct session *session, struct text rest);

// Asks for the password of a registered name: the next line is that.
void plain_ask_password(struct session *session, struct text name);
// Asks for the server's password, before anybody comes in under this name.
void plain_ask_phrase(struct session *session, struct text name);
// Registers the name and comes in under it.
void plain_register_at_the_door(struct session *session, struct text name, struct text password);
bool plain_awaits_password(const struct session *session);
// After a wrong one the next line is a password again, unless it is empty: that goes back to the
// names.
void plain_take_password(struct session *session, struct text line, enum core_line how);
void plain_finish(struct session *session);

// Whether the session is logged in now.
void plain_say_account(struct session *session);
void plain_account_answered(struct session *session, const struct account_answer *answer);
bool plain_has_secret(const struct session *session, struct text line);
