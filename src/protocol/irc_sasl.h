// SASL in IRC: the mechanisms PLAIN (RFC 4616), EXTERNAL (RFC 4422) and, where the settings say so,
// SCRAM-SHA-256 (RFC 7677), before and after registration, in the frame of IRCv3 sasl-3.2.
#pragma once
#include "chat/login.h"

struct irc_sasl;

// Those that there are, with commas between.
const char *irc_sasl_mechanisms(const struct session *session);

void irc_sasl_answered(struct session *session, const struct account_answer *answer);
// 900: the client is logged in as somebody.
void irc_tell_logged_in(struct session *session);
// 901: it is not any more.
void irc_tell_logged_out(struct session *session);
// Ends an exchange that is under way. 906 if there was one and `told`.
void irc_sasl_abort(struct session *session, bool told);
