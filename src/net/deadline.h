// The deadlines of one thread: a heap whose elements are part of what waits.
#pragma once
#include <stdint.h>

struct deadline {
    int64_t at_us;
    uint32_t place; // in the heap, counting from 1; 0: it does not wait
};

struct deadlines {
    struct deadline **heap;
    uint32_t count;
    uint32_t size;
};

void deadlines_init(struct deadlines *d);
void deadlines_finish(struct deadlines *d);

// Waits until `at_us`, also if it waits already; INT64_MAX: waits no more.
void deadline_set(struct deadlines *d, struct deadline *one, int64_t at_us);
// When the next one comes; INT64_MAX if none waits.
int64_t deadlines_next_us(const struct deadlines *d);
// Takes the first one out that is due, or NULL.
struct deadline *deadlines_take(struct deadlines *d, int64_t now_us);
