// Lines over WebSocket on the server's side (RFC 6455; IRCv3 websocket), behind the opening
// handshake, as a filter: the peer's bytes go in, lines come out; lines go in, frames come out. It
// knows no sockets and never waits. A message is one line without a line end; one line end behind
// it is taken for none. Whether text or binary is sent was agreed; both are taken.
#pragma once
#include "base/buf.h"
#include "base/close_reason.h"

enum {
    WEBSOCKET_MESSAGE_BYTES = 16384, // more, or more frames for one message, ends it: 1009
    WEBSOCKET_FRAGMENTS = 64,
};

enum websocket_state {
    WEBSOCKET_OPEN,
    WEBSOCKET_ENDED,  // the peer has sent Close: it sends no more, but may still read
    WEBSOCKET_BROKEN, // what came is not taken: only what is to be sent still counts
};

struct websocket;

// `binary`: what is sent to the peer is binary messages, not text.
struct websocket *websocket_create(bool binary);
// NULL is allowed.
void websocket_destroy(struct websocket *w);

// Takes what the peer has sent and appends each message that is whole to `lines`, with LF: no more
// than `bytes` and WEBSOCKET_MESSAGE_BYTES. What came before something wrong is still given.
enum websocket_state websocket_receive(struct websocket *w, struct text bytes, struct buf *lines);
enum websocket_state websocket_state(const struct websocket *w);
// Why it is broken; CLOSE_REASON_COUNT: it is not.
enum close_reason websocket_fault(const struct websocket *w);
// What is kept of messages that are not whole.
size_t websocket_waiting(const struct websocket *w);
// What was to be sent and did not fit the socket: for the connection that owns `w`.
struct buf *websocket_unsent(struct websocket *w);

// Makes frames, for any number of connections of one thread.
struct websocket_writer;
struct websocket_writer *websocket_writer_create(void);
// NULL is allowed.
void websocket_writer_destroy(struct websocket_writer *writer);

// Appends a frame for each line of `lines`, without its line end, as long as `out` gets no more
// than `max` bytes; one line if `out` is empty. Returns how many bytes of `lines` these were.
size_t websocket_write_lines(const struct websocket *w, struct websocket_writer *writer,
                             struct text lines, size_t max, struct buf *out);
// Answers the last ping that has not been answered. False: there is none.
bool websocket_write_pong(struct websocket *w, struct websocket_writer *writer, struct buf *out);
// Appends Close, once: the peer's code if it has sent one, else the one of `reason`.
void websocket_write_close(struct websocket *w, struct websocket_writer *writer,
                           enum close_reason reason, struct buf *out);
