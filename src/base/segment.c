#include "base/segment.h"

#include "base/must.h"

#include <stdlib.h>
#include <string.h>

struct segment *segment_create(struct text bytes, const struct segment_line *lines,
                               uint32_t line_count, uint64_t first_line)
{
    must(bytes.len <= UINT32_MAX && line_count > 0);
    size_t index_size = line_count * sizeof *lines;
    // One allocation: the head, the index, the bytes.
    struct segment *s = mem_alloc(sizeof *s + index_size + bytes.len);
    atomic_init(&s->refs, 1);
    s->len = (uint32_t)bytes.len;
    s->line_count = line_count;
    s->first_line = first_line;
    s->lines = (struct segment_line *)(s + 1);
    s->bytes = (char *)s->lines + index_size;
    memcpy(s->lines, lines, index_size);
    if (bytes.len) {
        memcpy(s->bytes, bytes.at, bytes.len);
    }
    return s;
}

struct segment *segment_ref(struct segment *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void segment_unref(struct segment *s)
{
    if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) {
        free(s);
    }
}

struct text segment_line_text(const struct segment *s, uint32_t i)
{
    must(i < s->line_count);
    uint32_t end = i + 1 < s->line_count ? s->lines[i + 1].at : s->len;
    return (struct text){s->bytes + s->lines[i].at, end - s->lines[i].at};
}
