// What a client is told whose REDACT is not done.
#pragma once
#include "chat/session.h"

void irc_redact_refused(struct session *session, const struct message *redaction, int error);
