#include "base/buf.h"

#include "base/must.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_finish(struct buf *b)
{
    free(b->at);
    buf_init(b, b->max);
}

void buf_wipe(struct buf *b)
{
    if (b->at) {
        explicit_bzero(b->at, b->size);
    }
    buf_finish(b);
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->overflow = false;
}

// Makes room for `extra` bytes more (and a NUL that vsnprintf may write).
static bool buf_reserve(struct buf *b, size_t extra)
{
    if (extra > b->max - b->len) {
        b->overflow = true;
        return false;
    }
    size_t needed = b->len + extra + 1;
    if (needed > b->size) {
        size_t size = b->size * 2 > 64 ? b->size * 2 : 64;
        b->size = size > needed ? size : needed;
        b->at = mem_grow(b->at, b->size);
    }
    return true;
}

bool buf_add(struct buf *b, struct text t)
{
    if (!buf_reserve(b, t.len)) {
        return false;
    }
    if (t.len) {
        memcpy(b->at + b->len, t.at, t.len);
    }
    b->len += t.len;
    return true;
}

bool buf_add_char(struct buf *b, char byte)
{
    return buf_add(b, (struct text){&byte, 1});
}

bool buf_printf(struct buf *b, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    // Into what room there is: mostly that is enough.
    size_t room = b->size - b->len;
    int len = vsnprintf(room ? b->at + b->len : NULL, room, format, arguments);
    va_end(arguments);
    must(len >= 0);
    bool fits = buf_reserve(b, (size_t)len);
    if (fits && (size_t)len >= room) {
        vsnprintf(b->at + b->len, (size_t)len + 1, format, again);
    }
    b->len += fits ? (size_t)len : 0;
    va_end(again);
    return fits;
}

struct text buf_text(const struct buf *b)
{
    return (struct text){b->at, b->len};
}

void buf_drop(struct buf *b, size_t count)
{
    must(count <= b->len);
    if (count) {
        memmove(b->at, b->at + count, b->len - count);
        b->len -= count;
    }
}

void buf_cut(struct buf *b, size_t len)
{
    must(len <= b->len);
    b->len = len;
}
