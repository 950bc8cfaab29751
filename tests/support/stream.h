// What all members of a room get, and whether each of them got it: every message once and in one
// order. Made for thousands of readers that share the machine with the server.
//
// Members of one room get the same bytes, so what the fastest got is kept, and what everyone
// else gets is compared with it: the cheapest check there is. Careful readers, whose bytes differ
// (who talks does not get the own lines; who stops reading misses some), keep the hash of each
// line instead and are checked at the end.
//
// Messages of the load have a text "say <sender> <number> <microseconds> ...", where a sender's
// numbers count from 0, and the microseconds since the start say when it was due.
#pragma once
#include "base/buf.h"
#include "support/figures.h"

struct stream_line {
    size_t end;      // in the stream
    uint64_t due_us; // 0: no message of the load
    uint64_t hash;
    uint32_t sender;
    uint32_t number;
};

struct stream {
    struct buf bytes;
    struct stream_line *lines;
    size_t line_count;
    uint64_t start_us; // CLOCK_MONOTONIC
    struct latency latency;
    struct latency first; // until the first reader had the message
    uint32_t notices;     // of missed lines
    uint64_t missed_lines;
};

struct reader {
    size_t number; // who it is; a sender has its sender's number
    bool careful;
    bool is_late;      // stops reading: its latencies are not counted
    uint32_t line;     // the line of the stream that it reads
    size_t at;         // ... and the byte
    struct buf partly; // careful: a line that is not whole yet
    uint64_t *seen;    // ... and what it has seen
    size_t seen_count;
};

void stream_init(struct stream *stream);
void reader_init(struct reader *reader, size_t number);

// The reader got these bytes now. What is wrong is a fault() at once, or at the end.
void stream_take(struct stream *stream, struct reader *reader, struct text bytes, uint64_t now);
// All that was sent is in the stream: `messages` of `senders`, each in its order.
void stream_check(const struct stream *stream, uint32_t messages, uint32_t senders);
// Both streams show the messages in one order, whatever stands between them.
void stream_check_order(const struct stream *one, const struct stream *other);
// The reader has got all of the stream, but for what it was told that it missed.
void reader_check(const struct stream *stream, const struct reader *reader);
