// The IRC protocol: any IRC client (docs/irc.md lists what is there). It follows the Modern
// IRC documentation, RFC 2812 where that is silent, and IRCv3. Only files whose name
// begins with irc say "channel" for a room and "nick" for a name.
#pragma once
#include "chat/protocol.h"

extern const struct protocol irc_protocol;

// What a peer reads when the I/O thread itself ends its connection.
void irc_farewell(enum close_reason reason, struct buf *out);
