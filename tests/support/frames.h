// WebSocket's frames as a client makes and reads them (RFC 6455, 5.2), for tests: written out by
// hand, so that what no client would send can be sent too.
#pragma once
#include "base/buf.h"

enum {
    FRAME_MORE = 0x00, // the opcode of a frame that goes on a message
    FRAME_TEXT = 0x01,
    FRAME_BINARY = 0x02,
    FRAME_CLOSE = 0x08,
    FRAME_PING = 0x09,
    FRAME_PONG = 0x0A,
    FRAME_FIN = 0x80, // to be added to an opcode: the last of its message
    FRAME_MASKED = 0x80,
};

// Appends a masked frame. `first` is its first byte: an opcode and FRAME_FIN.
void frame_add(struct buf *out, unsigned first, struct text payload);
// Appends the header of one of which `len` bytes are to follow: `masked` is 0 or FRAME_MASKED; then
// a mask of zeros is added, so that the payload is sent as it is.
void frame_add_header(struct buf *out, unsigned first, unsigned masked, uint64_t len);

// Takes a server's frame off `input`; false if there is no whole one. The payload lies in `input`.
bool frame_take(struct text *input, unsigned *first, struct text *payload);
