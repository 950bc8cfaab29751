#include "net/output.h"

#include "base/must.h"

void output_init(struct output *o)
{
    *o = (struct output){.last = &o->first};
}

static struct reply *reply_create(uint64_t barrier, struct text bytes)
{
    struct reply *r = mem_alloc(sizeof *r + bytes.len);
    r->barrier = barrier;
    r->len = bytes.len;
    if (bytes.len) {
        memcpy(r->bytes, bytes.at, bytes.len);
    }
    return r;
}

static void output_append(struct output *o, struct reply *r)
{
    *o->last = r;
    o->last = &r->next;
    o->reply_bytes += r->len;
}

void output_reply(struct output *o, const struct feeds *f, struct text bytes)
{
    if (bytes.len) {
        output_append(o, reply_create(f->number, bytes));
    }
}

void output_watch(struct output *o, const struct feeds *f)
{
    output_append(o, reply_create(f->number, TEXT("")));
}

void output_watch_lag(struct output *o, const struct feeds *f)
{
    if (!o->lag_watched) {
        struct reply *r = reply_create(f->number, TEXT(""));
        r->lag = o->lag_watched = true;
        output_append(o, r);
    }
}

unsigned output_free_replies(struct output *o, const struct reply *until)
{
    unsigned watches = 0;
    while (o->first != until) {
        struct reply *r = o->first;
        o->first = r->next;
        o->reply_bytes -= r->len - r->sent;
        watches += r->len == 0;
        o->lag_watched = o->lag_watched && !r->lag;
        free(r);
    }
    if (!o->first) {
        o->last = &o->first;
    }
    return watches;
}

// The rest of a line of which part is sent becomes the first reply.
static void output_keep_line(struct output *o, const struct subscription *s)
{
    struct text line = segment_line_text(s->node->segment, s->line);
    struct reply *r = reply_create(0, line);
    r->sent = s->offset - s->node->segment->lines[s->line].at;
    r->next = o->first;
    if (!o->first) {
        o->last = &r->next;
    }
    o->first = r;
    o->reply_bytes += r->len - r->sent;
}

static void subscriptions_finish(struct output *o, struct feeds *f)
{
    while (o->subscriptions) {
        struct subscription *s = o->subscriptions;
        o->subscriptions = s->next;
        subscription_destroy(f, s);
    }
}

void output_finish(struct output *o, struct feeds *f)
{
    subscriptions_finish(o, f);
    output_free_replies(o, NULL);
    free(o->ignored);
    output_init(o);
}

void output_subscribe(struct output *o, struct feeds *f, uint32_t feed, uint32_t user,
                      uint32_t session)
{
    for (struct subscription *s = o->subscriptions; s; s = s->next) {
        if (subscription_feed(s) == feed && s->end == SUBSCRIPTION_OPEN) {
            return;
        }
    }
    struct subscription *s = subscription_create(f, feed, o, user, session);
    s->next = o->subscriptions;
    o->subscriptions = s;
}

void output_sweep(struct output *o, struct feeds *f)
{
    struct subscription **link = &o->subscriptions;
    while (*link) {
        struct subscription *s = *link;
        if (subscription_is_over(s)) {
            *link = s->next;
            subscription_destroy(f, s);
        } else {
            link = &s->next;
        }
    }
}

void output_unsubscribe(struct output *o, struct feeds *f, uint32_t feed)
{
    for (struct subscription *s = o->subscriptions; s; s = s->next) {
        if (subscription_feed(s) == feed && s->end == SUBSCRIPTION_OPEN) {
            s->end = f->number;
        }
    }
    output_sweep(o, f);
}

void output_unsubscribe_all(struct output *o, struct feeds *f)
{
    for (struct subscription *s = o->subscriptions; s; s = s->next) {
        if (s->end == SUBSCRIPTION_OPEN) {
            s->end = f->number;
        }
    }
    output_sweep(o, f);
}

static uint32_t ignored_find(const struct output *o, uint32_t user)
{
    uint32_t i = 0;
    while (i < o->ignored_count && o->ignored[i] != user) {
        i++;
    }
    return i;
}

void output_ignore(struct output *o, uint32_t user, bool ignored)
{
    uint32_t i = ignored_find(o, user);
    if (ignored == (i < o->ignored_count)) {
        return;
    }
    if (ignored) {
        o->ignored = mem_grow(o->ignored, (o->ignored_count + 1) * sizeof *o->ignored);
        o->ignored[o->ignored_count++] = user;
        o->ignored_bits |= feed_bit(user);
        return;
    }
    o->ignored[i] = o->ignored[--o->ignored_count];
    o->ignored_bits = 0;
    for (i = 0; i < o->ignored_count; i++) {
        o->ignored_bits |= feed_bit(o->ignored[i]);
    }
}

bool output_ignores(const struct output *o, uint32_t user)
{
    return ignored_find(o, user) < o->ignored_count;
}

bool output_waits(const struct output *o)
{
    if (o->first) {
        return true;
    }
    for (const struct subscription *s = o->subscriptions; s; s = s->next) {
        if (subscription_waits(s)) {
            return true;
        }
    }
    return false;
}

uint64_t output_behind_bytes(const struct output *o)
{
    uint64_t bytes = 0;
    for (const struct subscription *s = o->subscriptions; s; s = s->next) {
        bytes += subscription_behind_bytes(s);
    }
    return bytes;
}

int64_t output_oldest_us(const struct output *o)
{
    int64_t oldest_us = INT64_MAX;
    for (const struct subscription *s = o->subscriptions; s; s = s->next) {
        if (subscription_waits(s) && s->node->appended_us < oldest_us) {
            oldest_us = s->node->appended_us;
        }
    }
    return oldest_us;
}

static void subscription_lag(struct output *o, struct feeds *f, struct subscription *s,
                             void (*lagged)(void *context, uint32_t feed, uint64_t from_line),
                             void *context)
{
    bool mid_line = subscription_is_mid_line(s);
    if (mid_line) {
        output_keep_line(o, s);
    }
    if (s->end == SUBSCRIPTION_OPEN) {
        lagged(context, subscription_feed(s), s->node->segment->first_line + s->line + mid_line);
    }
    subscription_destroy(f, s);
}

void output_drop_lagging(struct output *o, struct feeds *f, uint64_t bytes, int64_t oldest_us,
                         void (*lagged)(void *context, uint32_t feed, uint64_t from_line),
                         void *context)
{
    struct subscription **link = &o->subscriptions;
    while (*link) {
        struct subscription *s = *link;
        if (subscription_waits(s) &&
            (subscription_behind_bytes(s) > bytes || s->node->appended_us < oldest_us)) {
            *link = s->next;
            subscription_lag(o, f, s, lagged, context);
        } else {
            link = &s->next;
        }
    }
}

void output_abandon(struct output *o, struct feeds *f)
{
    struct reply *half_sent = NULL;
    if (o->first && o->first->sent) {
        half_sent = o->first;
        o->first = half_sent->next;
        o->reply_bytes -= half_sent->len - half_sent->sent;
    }
    output_free_replies(o, NULL);
    if (half_sent) {
        half_sent->next = NULL;
        output_append(o, half_sent);
        o->reply_bytes -= half_sent->sent;
    }
    for (struct subscription *s = o->subscriptions; s; s = s->next) {
        if (subscription_is_mid_line(s)) {
            output_keep_line(o, s);
        }
    }
    subscriptions_finish(o, f);
}
