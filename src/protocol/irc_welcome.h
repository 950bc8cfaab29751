// What a client is told when it has registered: numerics 001 to 005, LUSERS, MOTD.
#pragma once
#include "chat/session.h"

void irc_welcome(struct session *session);
// 005, as often as it takes.
void irc_send_tokens(struct session *session);
