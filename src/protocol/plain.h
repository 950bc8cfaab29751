// The plain protocol: named people with netcat, telnet or `hobnob`; lines of UTF-8 and
// commands that begin with '/' (docs/plain.md).
#pragma once
#include "chat/protocol.h"

extern const struct protocol plain_protocol;

// The line that a peer reads when its connection is closed for this reason.
void plain_farewell(enum close_reason reason, struct buf *out);

// Lets the session in under a name, or says why not and counts the try.
void plain_sign_in(struct session *session, struct text name);
// A name or a password was not right; after too many of those the connection is closed.
void plain_count_try(struct session *session);

// Says something in a room if its rules allow it; else a sentence says why not.
void plain_speak(struct session *session, struct room *room, enum message_kind kind,
                 struct text text);

// Bits of struct session.options.
enum {
    PLAIN_UTC = 1,       // times in UTC (rendition)
    PLAIN_PREFIX = 2,    // the room stands before what is said there (rendition)
    PLAIN_MEMBER = 4,    // told to a room's members, not to one alone (rendition)
    PLAIN_WELCOMED = 8,  // has had its welcome
    PLAIN_ADMITTED = 16, // has given the server's password
};
