// RENAME (IRCv3 draft/channel-rename), and what clients without it are told of it.
#pragma once
#include "chat/session.h"

// protocol.room_renamed()
void irc_room_renamed(struct session *session, struct member *member, const struct event *event);
