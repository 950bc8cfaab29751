#include "chat/rendition.h"

#include "base/must.h"
#include "chat/core_state.h"

// A segment is one allocation on its way to the threads: enough for a turn, bounded. The largest
// event is that of PRESENCE_NAMES_MAX people who come in together, each with the longest texts.
enum { OPEN_MAX = 8 * 1024 * 1024, OPEN_SEAL = 64 * 1024 };

struct rendition *rendition_take(struct core *core, struct rendition **of_room,
                                 const struct protocol *protocol, uint32_t options)
{
    struct rendition *r = *of_room;
    while (r && (r->protocol != protocol || r->options != options)) {
        r = r->next;
    }
    if (!r) {
        r = mem_alloc(sizeof *r);
        r->protocol = protocol;
        r->options = options;
        r->feed = ++core->last_feed;
        buf_init(&r->open, OPEN_MAX);
        r->next = *of_room;
        *of_room = r;
    }
    r->members++;
    return r;
}

static void undirty(struct core *core, struct rendition *r)
{
    struct rendition **at = &core->dirty;
    while (*at && *at != r) {
        at = &(*at)->dirty_next;
    }
    if (*at) {
        *at = r->dirty_next;
    }
    r->dirty = false;
}

void rendition_release(struct core *core, struct rendition **of_room, struct rendition *r)
{
    must(r->members > 0);
    if (--r->members) {
        return;
    }
    if (r->dirty) {
        undirty(core, r);
    }
    while (*of_room != r) {
        of_room = &(*of_room)->next;
    }
    *of_room = r->next;
    buf_finish(&r->open);
    free(r->lines);
    free(r);
}

static void add_line(struct rendition *r, size_t at, const struct event *event,
                     struct origin origin)
{
    if (r->line_count == r->line_size) {
        r->line_size = r->line_size ? r->line_size * 2 : 8;
        r->lines = mem_grow(r->lines, r->line_size * sizeof *r->lines);
    }
    bool echo = !origin.apart && r->protocol->echoes(event, r->options);
    r->lines[r->line_count++] = (struct segment_line){
        .at = (uint32_t)at,
        .user = origin.user,
        .session = echo ? 0 : origin.session,
        .once = origin.once,
    };
}

void rendition_add(struct core *core, struct rendition *r, const struct event *event,
                   struct origin origin)
{
    if (event->whom != FOR_ALL && (event->whom == FOR_EACH) != r->protocol->tells_each) {
        return;
    }
    size_t before = r->open.len;
    r->protocol->render(event, r->options, &r->open);
    if (r->open.len == before) {
        return;
    }
    add_line(r, before, event, origin);
    r->line_total++;
    if (!r->dirty) {
        r->dirty = true;
        r->dirty_next = core->dirty;
        core->dirty = r;
    }
    if (r->open.len >= OPEN_SEAL) {
        rendition_seal(core, r);
    }
}

void rendition_seal(struct core *core, struct rendition *r)
{
    if (!r->dirty) {
        return;
    }
    undirty(core, r);
    must(!r->open.overflow);
    struct segment *segment =
        segment_create(buf_text(&r->open), r->lines, r->line_count, r->line_total - r->line_count);
    core->output->append(core->output->context, r->feed, segment);
    buf_reset(&r->open);
    r->line_count = 0;
}

void renditions_seal(struct core *core, struct rendition *first)
{
    for (struct rendition *r = first; r; r = r->next) {
        rendition_seal(core, r);
    }
}

void renditions_seal_all(struct core *core)
{
    while (core->dirty) {
        rendition_seal(core, core->dirty);
    }
}
