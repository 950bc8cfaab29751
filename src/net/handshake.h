// The opening handshake of WebSocket on the server's side (RFC 6455, 4.2; IRCv3 websocket).
#pragma once
#include "base/buf.h"
#include "base/close_reason.h"
#include "wire/http_head.h"

// Answers a request: CLOSE_REASON_COUNT, with what goes to the peer appended to `out`, if it opens
// a WebSocket, else why not; CLOSE_UNSUPPORTED: it asks for something else. A page may come in from
// the same host and port, and from `origins`: separated by blanks, "*" for any; NULL: none. What is
// no browser sends no Origin, and comes in. `binary`: the peer wants binary messages, not text.
enum close_reason handshake_answer(const struct http_head *head, const char *origins, bool *binary,
                                   struct buf *out);
// Whether it can stand in such a list: http://host or http://host:port, or another scheme.
bool handshake_is_origin(struct text origin);
