// The plain protocol: named people with netcat, telnet or `hobnob`; lines of UTF-8 and
// commands that begin with '/' (docs/plain.md).
#pragma once
#include "chat/protocol.h"

extern const struct protocol plain_protocol;

// The line that a peer reads when its connection is closed for this reason.
void plain_farewell(enum close_reason reason, struct buf *out);

// Bits of struct session.options.
enum {
    PLAIN_UTC = 1,      // times in UTC (rendition)
    PLAIN_PREFIX = 2,   // the room stands before what is said there (rendition)
    PLAIN_WELCOMED = 4, // has had its welcome
};
