// The feeds of one I/O thread: lists of segments and the places (cursors) that their
// subscribers have reached. Appends are numbered across feeds. A segment is let go when no
// cursor is at or before it. Knows nothing of sockets; time is handed in.
#pragma once
#include "base/segment.h"
#include "net/walk.h"

struct output;

// A segment's place in a feed. The last one of a feed has no segment yet.
struct feed_node {
    struct feed_node *next;
    struct segment *segment;
    uint64_t number;     // of the append, across feeds
    uint64_t position;   // bytes of the feed before this segment
    int64_t appended_us; // when
    uint64_t sessions;   // one bit each of those in its lines: where a member's own bit is
    uint64_t users;      // missing, no line needs to be looked at
    bool once;           // has lines with `once`
    uint32_t cursors;    // how many stand here
};

struct feed;

static const uint64_t SUBSCRIPTION_OPEN = UINT64_MAX;

struct subscription {
    struct subscription *next;                   // of the same member
    struct subscription *feed_next, **feed_link; // of the same feed
    struct feed *feed;
    struct output *output;
    struct feed_node *node; // what is sent next
    uint32_t line;          // line in the segment
    uint32_t offset;        // byte in the segment: inside the line if part of it is sent
    uint32_t session;
    uint32_t user; // with SEGMENT_USER
    uint64_t end;  // segments with higher numbers are not for it; SUBSCRIPTION_OPEN
};

struct feeds {
    struct feed *by_id;
    struct feed *dirty; // appended to since feeds_take_dirty()
    uint64_t number;    // of the last append
    struct walk walk;   // scratch of output.c
};

void feeds_init(struct feeds *f);
// All subscriptions must be gone.
void feeds_finish(struct feeds *f);

// Takes the caller's reference.
void feeds_append(struct feeds *f, uint32_t feed, struct segment *segment, int64_t now_us);
// Calls `touch` for each subscriber of the feeds appended to since the last time.
void feeds_take_dirty(struct feeds *f, void (*touch)(void *context, struct output *),
                      void *context);

struct subscription *subscription_create(struct feeds *f, uint32_t feed, struct output *output,
                                         uint32_t user, uint32_t session);
// Does not know of `next`: the caller takes it off the member's list.
void subscription_destroy(struct feeds *f, struct subscription *s);

uint32_t subscription_feed(const struct subscription *s);
void subscription_move(struct subscription *s, struct feed_node *node, uint32_t line,
                       uint32_t offset);
// Something has been appended that it has not had.
static inline bool subscription_waits(const struct subscription *s)
{
    return s->node->segment && s->node->number <= s->end;
}
// It has ended and everything up to the end is sent.
bool subscription_is_over(const struct subscription *s);
// Part of the current line is sent.
bool subscription_is_mid_line(const struct subscription *s);
uint64_t subscription_behind_bytes(const struct subscription *s);

// The bit that stands for a user or session in a node's sets; 0 for 0.
uint64_t feed_bit(uint32_t id);
