// MARKREAD (IRCv3 draft/read-marker): how far somebody has read, for all of their clients.
#pragma once
#include "chat/session.h"

// Tells a client that enters a channel.
void irc_read_tell(struct session *session, struct room *room);
