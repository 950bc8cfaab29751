#include "net/walk.h"

#include "base/must.h"
#include "net/output.h"

static void walk_begin(struct walk *w, struct output *o, bool by_unit)
{
    w->output = o;
    w->reply = o->first;
    w->reply_sent = o->first ? o->first->sent : 0;
    w->once = o->once;
    w->bytes = 0;
    w->by_unit = by_unit;
    w->count = 0;
    for (struct subscription *s = o->subscriptions; s; s = s->next) {
        if (w->count == w->size) {
            w->size = w->size ? w->size * 2 : 16;
            w->cursors = mem_grow(w->cursors, w->size * sizeof *w->cursors);
        }
        w->cursors[w->count++] = (struct cursor){s, s->node, s->line, s->offset};
    }
}

// The cursor that stands at the earliest append, or NULL if none has anything to send.
static struct cursor *walk_earliest(const struct walk *w)
{
    struct cursor *earliest = NULL;
    for (struct cursor *c = w->cursors; c < w->cursors + w->count; c++) {
        if (c->node->segment && c->node->number <= c->subscription->end &&
            (!earliest || c->node->number < earliest->node->number)) {
            earliest = c;
        }
    }
    return earliest;
}

static struct text walk_reply(struct walk *w, size_t max)
{
    struct text all = {w->reply->bytes, w->reply->len};
    struct text run = text_head(text_skip(all, w->reply_sent), max);
    w->reply_sent += run.len;
    if (w->reply_sent == w->reply->len) {
        w->reply = w->reply->next;
        w->reply_sent = 0;
    }
    return run;
}

// Whether a line of the segment may have to be left out; true now and then for nothing.
static bool cursor_may_skip(const struct walk *w, const struct cursor *c)
{
    const struct feed_node *node = c->node;
    return node->once ||
           (node->sessions &
            (feed_bit(c->subscription->session) | feed_bit(c->subscription->user))) ||
           (node->users & w->output->ignored_bits);
}

static bool cursor_skips(const struct walk *w, const struct cursor *c, uint32_t line)
{
    const struct segment_line *l = &c->node->segment->lines[line];
    return (l->session &&
            (l->session == c->subscription->session || l->session == c->subscription->user)) ||
           (l->once && l->once <= w->once) ||
           (l->user && w->output->ignored_count && output_ignores(w->output, l->user));
}

static uint32_t line_end(const struct segment *s, uint32_t line)
{
    return line + 1 < s->line_count ? s->lines[line + 1].at : s->len;
}

static void cursor_set(struct cursor *c, uint32_t line, uint32_t offset)
{
    bool done = line == c->node->segment->line_count;
    c->node = done ? c->node->next : c->node;
    c->line = done ? 0 : line;
    c->offset = done ? 0 : offset;
}

static struct text walk_whole(struct cursor *c, size_t max)
{
    const struct segment *s = c->node->segment;
    struct text run = text_head((struct text){s->bytes + c->offset, s->len - c->offset}, max);
    uint32_t to = c->offset + (uint32_t)run.len;
    uint32_t line = to == s->len ? s->line_count : c->line;
    while (line < s->line_count && line_end(s, line) <= to) {
        line++;
    }
    cursor_set(c, line, to);
    return run;
}

static struct text walk_lines(struct walk *w, struct cursor *c, size_t max)
{
    const struct segment *s = c->node->segment;
    uint32_t line = c->line;
    bool begun = c->offset > s->lines[line].at;
    while (!begun && line < s->line_count && cursor_skips(w, c, line)) {
        line++;
    }
    uint32_t from = begun ? c->offset : line < s->line_count ? s->lines[line].at : s->len;
    uint32_t to = from;
    while (line < s->line_count && to - from < max && (begun || !cursor_skips(w, c, line))) {
        if (!begun && s->lines[line].once) {
            w->once = s->lines[line].once;
        }
        begun = false;
        to = line_end(s, line++);
        if (w->by_unit) {
            break;
        }
    }
    if (to - from > max) {
        to = from + (uint32_t)max;
        line--;
    }
    cursor_set(c, line, to);
    return (struct text){s->bytes + from, to - from};
}

// Walks over at most `max` bytes that lie together. The run may be empty (a watch, or lines
// that are left out). False at the end.
static bool walk_step(struct walk *w, size_t max, struct text *run)
{
    struct cursor *c = walk_earliest(w);
    if (w->reply && (!c || w->reply->barrier < c->node->number)) {
        *run = walk_reply(w, max);
    } else if (!c) {
        return false;
    } else if (w->by_unit || cursor_may_skip(w, c)) {
        *run = walk_lines(w, c, max);
    } else {
        *run = walk_whole(c, max);
    }
    w->bytes += run->len;
    return true;
}

int output_gather(struct output *o, struct feeds *f, struct iovec *pieces, int size, size_t *bytes)
{
    struct walk *w = &f->walk;
    walk_begin(w, o, false);
    struct text run;
    int count = 0;
    while (count < size && walk_step(w, SIZE_MAX, &run)) {
        if (run.len) {
            pieces[count++] = (struct iovec){(char *)run.at, run.len};
        }
    }
    *bytes = w->bytes;
    return count;
}

struct text output_gather_unit(struct output *o, struct feeds *f, bool *is_rest)
{
    struct walk *w = &f->walk;
    walk_begin(w, o, true);
    struct text run = {"", 0};
    bool more = true;
    while (more && run.len == 0) {
        const struct cursor *c = walk_earliest(w);
        *is_rest = w->reply_sent || (c && c->offset > c->node->segment->lines[c->line].at);
        more = walk_step(w, SIZE_MAX, &run);
    }
    return more ? run : TEXT("");
}

static unsigned walk_commit(struct walk *w, struct feeds *f)
{
    struct output *o = w->output;
    unsigned watches = output_free_replies(o, w->reply);
    if (o->first) {
        o->reply_bytes -= w->reply_sent - o->first->sent;
        o->first->sent = w->reply_sent;
    }
    for (const struct cursor *c = w->cursors; c < w->cursors + w->count; c++) {
        subscription_move(c->subscription, c->node, c->line, c->offset);
    }
    o->once = w->once;
    output_sweep(o, f);
    return watches;
}

unsigned output_sent(struct output *o, struct feeds *f, size_t bytes)
{
    struct walk *w = &f->walk;
    must(w->output == o && bytes <= w->bytes);
    if (bytes < w->bytes) {
        walk_begin(w, o, w->by_unit);
        struct text run;
        while (w->bytes < bytes) {
            must(walk_step(w, bytes - w->bytes, &run));
        }
    }
    unsigned watches = walk_commit(w, f);
    w->output = NULL;
    return watches;
}
