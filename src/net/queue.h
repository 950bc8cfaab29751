// Batches of items (commands or events) with the bytes they refer to, and a queue that
// hands whole batches from one thread to another. A batch belongs to one thread at a time.
#pragma once
#include "base/buf.h"
#include "base/close_reason.h"
#include "base/peer.h"
#include "wire/detect.h"

#include <uv.h>

struct batch {
    struct batch *next;
    struct buf items; // struct command or struct event, one after the other
    struct buf bytes; // what they refer to
};

// Bytes of a batch, by their place.
struct place {
    size_t at;
    size_t len;
};

struct queue {
    uv_mutex_t lock;
    struct batch *first, **last;
    struct batch *spare; // emptied ones, to be used again
    unsigned spare_count;
};

struct batch *batch_create(void);
void batch_destroy(struct batch *b);
void batch_add(struct batch *b, const void *item, size_t size);
struct place batch_add_bytes(struct batch *b, const void *at, size_t len);
struct text batch_text(const struct batch *b, struct place place);

void queue_init(struct queue *q);
// Batches still inside are destroyed; what their items own is not.
void queue_finish(struct queue *q);
// Hands over `*batch` if it holds anything and puts an empty one in its place. True if
// the queue was empty before, so that the reader has to be woken.
bool queue_put(struct queue *q, struct batch **batch);
// Everything that is in it, in order, as a list; NULL if nothing is.
struct batch *queue_take(struct queue *q);
// Empties one that was taken and keeps it for later.
void queue_give_back(struct queue *q, struct batch *batch);
