// A growing run of bytes with a maximum given at init. What would pass the maximum
// is not written at all, and `overflow` stays set until buf_reset().
#pragma once
#include "base/text.h"

struct buf {
    char *at;
    size_t len;
    size_t size; // allocated
    size_t max;
    bool overflow;
};

void buf_init(struct buf *b, size_t max);
// Frees the bytes; the buffer can be used again as after buf_init().
void buf_finish(struct buf *b);
// The same for what has held a secret: its memory is overwritten first.
void buf_wipe(struct buf *b);
// Empties the buffer and keeps its memory.
void buf_reset(struct buf *b);

// These return false (and set overflow) when the maximum would be passed.
bool buf_add(struct buf *b, struct text t);
bool buf_add_char(struct buf *b, char byte);
bool buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

// What is in the buffer; valid until the next change.
struct text buf_text(const struct buf *b);
// Forgets the first `count` bytes.
void buf_drop(struct buf *b, size_t count);
// Shortens to `len` bytes.
void buf_cut(struct buf *b, size_t len);
