#include "net/queue.h"

#include "base/must.h"

enum { SPARE_MAX = 4, SPARE_BYTES_MAX = 1 << 20 };

struct batch *batch_create(void)
{
    struct batch *b = mem_alloc(sizeof *b);
    buf_init(&b->items, SIZE_MAX / 4);
    buf_init(&b->bytes, SIZE_MAX / 4);
    return b;
}

void batch_destroy(struct batch *b)
{
    if (b) {
        buf_finish(&b->items);
        buf_finish(&b->bytes);
        free(b);
    }
}

void batch_add(struct batch *b, const void *item, size_t size)
{
    must(buf_add(&b->items, (struct text){item, size}));
}

struct place batch_add_bytes(struct batch *b, const void *at, size_t len)
{
    struct place place = {b->bytes.len, len};
    must(buf_add(&b->bytes, (struct text){at, len}));
    return place;
}

struct text batch_text(const struct batch *b, struct place place)
{
    return text_head(text_skip(buf_text(&b->bytes), place.at), place.len);
}

void queue_init(struct queue *q)
{
    *q = (struct queue){.last = &q->first};
    must(uv_mutex_init(&q->lock) == 0);
}

static void batches_destroy(struct batch *list)
{
    while (list) {
        struct batch *next = list->next;
        batch_destroy(list);
        list = next;
    }
}

void queue_finish(struct queue *q)
{
    batches_destroy(q->first);
    batches_destroy(q->spare);
    uv_mutex_destroy(&q->lock);
}

static struct batch *spare_take(struct queue *q)
{
    struct batch *b = q->spare;
    if (b) {
        q->spare = b->next;
        q->spare_count--;
        b->next = NULL;
    }
    return b;
}

bool queue_put(struct queue *q, struct batch **batch)
{
    if ((*batch)->items.len == 0) {
        return false;
    }
    uv_mutex_lock(&q->lock);
    bool was_empty = q->first == NULL;
    *q->last = *batch;
    q->last = &(*batch)->next;
    *batch = spare_take(q);
    uv_mutex_unlock(&q->lock);
    if (!*batch) {
        *batch = batch_create();
    }
    return was_empty;
}

struct batch *queue_take(struct queue *q)
{
    uv_mutex_lock(&q->lock);
    struct batch *list = q->first;
    q->first = NULL;
    q->last = &q->first;
    uv_mutex_unlock(&q->lock);
    return list;
}

static bool batch_is_small(const struct batch *b)
{
    return b->items.size + b->bytes.size <= SPARE_BYTES_MAX;
}

void queue_give_back(struct queue *q, struct batch *batch)
{
    buf_reset(&batch->items);
    buf_reset(&batch->bytes);
    bool small = batch_is_small(batch);
    uv_mutex_lock(&q->lock);
    bool kept = small && q->spare_count < SPARE_MAX;
    if (kept) {
        batch->next = q->spare;
        q->spare = batch;
        q->spare_count++;
    }
    uv_mutex_unlock(&q->lock);
    if (!kept) {
        batch_destroy(batch);
    }
}
