// Who is away, and what a client is told of what another session of its user does.
#pragma once
#include "chat/protocol.h"

// Whoever is registered is as away as it has said before (IRCv3 draft/pre-away).
void irc_take_away(struct session *session);
void irc_done_elsewhere(struct session *session, const struct event *event);
