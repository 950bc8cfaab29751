// What a client is told of what another session of its user does.
#pragma once
#include "chat/protocol.h"

void irc_done_elsewhere(struct session *session, const struct event *event);
