// What one member has yet to be sent: its replies, and its subscriptions' feeds, merged by
// the number of the append. Knows nothing of sockets: output_gather() says which bytes come
// next, and output_sent() how many of them were sent.
#pragma once
#include "net/feed.h"

#include <sys/uio.h>

struct output {
    struct subscription *subscriptions;
    struct reply *first, **last;
    size_t reply_bytes; // not yet sent
    uint32_t *ignored;  // users
    uint32_t ignored_count : 31;
    bool lag_watched : 1;  // a watch of output_watch_lag() waits
    uint32_t once;         // the last segment_line.once sent
    uint64_t ignored_bits; // feed_bit() of all of them
};

void output_init(struct output *o);
// Ends all subscriptions and forgets what waits.
void output_finish(struct output *o, struct feeds *f);

// A block that comes after everything appended so far.
void output_reply(struct output *o, const struct feeds *f, struct text bytes);
// output_sent() reports when everything up to here has been sent.
void output_watch(struct output *o, const struct feeds *f);
// The same, but one at a time is enough.
void output_watch_lag(struct output *o, const struct feeds *f);
// Forgets replies of which nothing is sent, and all subscriptions; a half sent line or
// block is still completed.
void output_abandon(struct output *o, struct feeds *f);

// Gets what is appended from now on. A second subscription to the same feed changes nothing.
void output_subscribe(struct output *o, struct feeds *f, uint32_t feed, uint32_t user,
                      uint32_t session);
// What was appended before still comes.
void output_unsubscribe(struct output *o, struct feeds *f, uint32_t feed);
void output_unsubscribe_all(struct output *o, struct feeds *f);
void output_ignore(struct output *o, uint32_t user, bool ignored);

// The next bytes, in at most `size` pieces; returns how many pieces. They are valid until
// the next call with anything of `f`.
int output_gather(struct output *o, struct feeds *f, struct iovec *pieces, int size, size_t *bytes);
// The same for one reply or one line alone; empty if nothing waits. `is_rest`: its start
// has been sent.
struct text output_gather_unit(struct output *o, struct feeds *f, bool *is_rest);
// After either of them: the first `bytes` of what it gave have been sent. Returns how many
// watches have been reached.
unsigned output_sent(struct output *o, struct feeds *f, size_t bytes);

// Bytes or a watch wait. (Lines that will be skipped count too.)
bool output_waits(const struct output *o);
// Of all feeds.
uint64_t output_behind_bytes(const struct output *o);
// When the oldest segment of which something waits was appended; INT64_MAX if none.
int64_t output_oldest_us(const struct output *o);

bool output_ignores(const struct output *o, uint32_t user);

// Drops the subscriptions that are more than `bytes` behind or whose oldest waiting line
// was appended before `oldest_us`. Calls `lagged` for each (but not for those which had been
// unsubscribed). A half sent line is still completed.
void output_drop_lagging(struct output *o, struct feeds *f, uint64_t bytes, int64_t oldest_us,
                         void (*lagged)(void *context, uint32_t feed, uint64_t from_line),
                         void *context);

// For walk.c: frees the replies before `until`, and counts the watches among them.
unsigned output_free_replies(struct output *o, const struct reply *until);
// For walk.c: lets the subscriptions go that are over.
void output_sweep(struct output *o, struct feeds *f);
