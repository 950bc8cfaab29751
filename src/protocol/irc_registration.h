// The opening of a session: PASS, NICK, USER, and what CAP has to do with it.
#pragma once
#include "chat/session.h"

// Registers the session if all that it takes is there.
void irc_try_register(struct session *session);
