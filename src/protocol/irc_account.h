// Accounts in IRC: SASL (AUTHENTICATE), draft/account-registration (REGISTER), PASS.
#pragma once
#include "chat/login.h"

struct irc_message;

// Logs in with what PASS gave, once: true if an answer is awaited.
bool irc_use_pass(struct session *session);
void irc_account_answered(struct session *session, const struct account_answer *answer);
bool irc_has_secret(const struct session *session, struct text line);
