// A segment is an immutable, reference-counted run of whole lines of one feed: what
// the core appends to feeds and the I/O threads send. Reference counts are atomic;
// everything else is written before the segment is first shared.
#pragma once
#include "base/text.h"

#include <stdatomic.h>

// In segment_line.session: the number is a user's. Numbers of sessions do not have it.
static const uint32_t SEGMENT_USER = UINT32_C(1) << 31;

// One line of a segment: where it starts, and who must not be sent it.
struct segment_line {
    uint32_t at;      // offset of its first byte; it ends where the next one starts
    uint32_t user;    // whose it is, for those who ignore that user; 0: the server's
    uint32_t session; // not sent to this session; with SEGMENT_USER, to no session of this
                      // user; 0: everyone gets it
    uint32_t once;    // not 0: the same event stands in several feeds under this
                      // increasing number; a member gets only the first
};

struct segment {
    atomic_uint refs;
    uint32_t len;
    uint32_t line_count;
    uint64_t first_line; // number of its first line in the feed, counting from 0
    struct segment_line *lines;
    char *bytes;
};

// Copies `bytes` and `lines`; the caller gets the first reference.
struct segment *segment_create(struct text bytes, const struct segment_line *lines,
                               uint32_t line_count, uint64_t first_line);
struct segment *segment_ref(struct segment *s);
// Gives one reference back; the last one frees. NULL is allowed.
void segment_unref(struct segment *s);

// Line `i` of the segment, its line end included.
struct text segment_line_text(const struct segment *s, uint32_t i);
