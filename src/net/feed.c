#include "net/feed.h"

#include "base/hash.h"

struct feed {
    uint32_t id;
    bool dirty;
    struct feed *dirty_next;
    struct feed_node *head;
    struct feed_node *tail; // without segment
    struct subscription *subscriptions;
    UT_hash_handle hh;
};

void feeds_init(struct feeds *f)
{
    *f = (struct feeds){0};
}

void feeds_finish(struct feeds *f)
{
    must(!f->by_id);
    free(f->walk.cursors);
    feeds_init(f);
}

static struct feed *feed_find(struct feeds *f, uint32_t id)
{
    struct feed *feed;
    HASH_FIND(hh, f->by_id, &id, sizeof id, feed);
    return feed;
}

static struct feed *feed_create(struct feeds *f, uint32_t id)
{
    struct feed *feed = mem_alloc(sizeof *feed);
    feed->id = id;
    feed->head = feed->tail = mem_alloc(sizeof *feed->tail);
    HASH_ADD(hh, f->by_id, id, sizeof feed->id, feed);
    return feed;
}

static void feed_undirty(struct feeds *f, struct feed *feed)
{
    struct feed **link = &f->dirty;
    while (*link != feed) {
        link = &(*link)->dirty_next;
    }
    *link = feed->dirty_next;
}

static void feed_destroy(struct feeds *f, struct feed *feed)
{
    must(!feed->subscriptions && feed->head == feed->tail);
    if (feed->dirty) {
        feed_undirty(f, feed);
    }
    HASH_DEL(f->by_id, feed);
    free(feed->tail);
    free(feed);
}

static void feed_trim(struct feed *feed)
{
    while (feed->head != feed->tail && feed->head->cursors == 0) {
        struct feed_node *node = feed->head;
        feed->head = node->next;
        segment_unref(node->segment);
        free(node);
    }
}

uint64_t feed_bit(uint32_t id)
{
    // Neighbouring numbers get different bits, and no pattern of numbers only one.
    return id ? UINT64_C(1) << ((id * UINT32_C(0x9E3779B1)) >> 26) : 0;
}

static void node_index(struct feed_node *node)
{
    const struct segment *s = node->segment;
    for (uint32_t i = 0; i < s->line_count; i++) {
        node->sessions |= feed_bit(s->lines[i].session);
        node->users |= feed_bit(s->lines[i].user);
        node->once = node->once || s->lines[i].once;
    }
}

void feeds_append(struct feeds *f, uint32_t id, struct segment *segment, int64_t now_us)
{
    f->number++;
    struct feed *feed = feed_find(f, id);
    if (!feed || segment->len == 0) {
        segment_unref(segment);
        return;
    }
    struct feed_node *node = feed->tail;
    node->segment = segment;
    node->number = f->number;
    node->appended_us = now_us;
    node_index(node);
    feed->tail = node->next = mem_alloc(sizeof *node);
    feed->tail->position = node->position + segment->len;
    if (!feed->dirty) {
        feed->dirty = true;
        feed->dirty_next = f->dirty;
        f->dirty = feed;
    }
}

void feeds_take_dirty(struct feeds *f, void (*touch)(void *context, struct output *), void *context)
{
    while (f->dirty) {
        struct feed *feed = f->dirty;
        f->dirty = feed->dirty_next;
        feed->dirty = false;
        for (struct subscription *s = feed->subscriptions; s; s = s->feed_next) {
            touch(context, s->output);
        }
    }
}

struct subscription *subscription_create(struct feeds *f, uint32_t id, struct output *output,
                                         uint32_t user, uint32_t session)
{
    struct feed *feed = feed_find(f, id);
    if (!feed) {
        feed = feed_create(f, id);
    }
    struct subscription *s = mem_alloc(sizeof *s);
    s->feed = feed;
    s->output = output;
    s->session = session;
    s->user = user ? user | SEGMENT_USER : 0;
    s->end = SUBSCRIPTION_OPEN;
    s->node = feed->tail;
    s->node->cursors++;
    s->feed_next = feed->subscriptions;
    s->feed_link = &feed->subscriptions;
    if (s->feed_next) {
        s->feed_next->feed_link = &s->feed_next;
    }
    feed->subscriptions = s;
    return s;
}

void subscription_destroy(struct feeds *f, struct subscription *s)
{
    struct feed *feed = s->feed;
    *s->feed_link = s->feed_next;
    if (s->feed_next) {
        s->feed_next->feed_link = s->feed_link;
    }
    s->node->cursors--;
    free(s);
    feed_trim(feed);
    if (!feed->subscriptions) {
        feed_destroy(f, feed);
    }
}

uint32_t subscription_feed(const struct subscription *s)
{
    return s->feed->id;
}

void subscription_move(struct subscription *s, struct feed_node *node, uint32_t line,
                       uint32_t offset)
{
    s->line = line;
    s->offset = offset;
    if (node == s->node) {
        return;
    }
    bool last = --s->node->cursors == 0;
    node->cursors++;
    s->node = node;
    if (last) {
        feed_trim(s->feed);
    }
}

bool subscription_is_over(const struct subscription *s)
{
    return s->end != SUBSCRIPTION_OPEN && !subscription_waits(s);
}

bool subscription_is_mid_line(const struct subscription *s)
{
    return s->node->segment && s->offset > s->node->segment->lines[s->line].at;
}

uint64_t subscription_behind_bytes(const struct subscription *s)
{
    return s->feed->tail->position - s->node->position - s->offset;
}
