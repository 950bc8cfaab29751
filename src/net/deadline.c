#include "net/deadline.h"

#include "base/must.h"

#include <stdlib.h>

void deadlines_init(struct deadlines *d)
{
    *d = (struct deadlines){0};
}

void deadlines_finish(struct deadlines *d)
{
    free(d->heap);
    deadlines_init(d);
}

// Places count from 1, so that the parent of p is p / 2.
static void deadline_put(struct deadlines *d, struct deadline *one, uint32_t place)
{
    d->heap[place - 1] = one;
    one->place = place;
}

static void deadline_rise(struct deadlines *d, struct deadline *one, uint32_t place)
{
    while (place > 1 && d->heap[place / 2 - 1]->at_us > one->at_us) {
        deadline_put(d, d->heap[place / 2 - 1], place);
        place /= 2;
    }
    deadline_put(d, one, place);
}

static void deadline_sink(struct deadlines *d, struct deadline *one, uint32_t place)
{
    for (;;) {
        uint32_t child = place * 2;
        if (child > d->count) {
            break;
        }
        if (child < d->count && d->heap[child]->at_us < d->heap[child - 1]->at_us) {
            child++;
        }
        if (d->heap[child - 1]->at_us >= one->at_us) {
            break;
        }
        deadline_put(d, d->heap[child - 1], place);
        place = child;
    }
    deadline_put(d, one, place);
}

static void deadline_move(struct deadlines *d, struct deadline *one, uint32_t place)
{
    if (place > 1 && d->heap[place / 2 - 1]->at_us > one->at_us) {
        deadline_rise(d, one, place);
    } else {
        deadline_sink(d, one, place);
    }
}

static void deadline_remove(struct deadlines *d, struct deadline *one)
{
    uint32_t place = one->place;
    struct deadline *last = d->heap[--d->count];
    one->place = 0;
    if (last != one) {
        deadline_move(d, last, place);
    }
}

static void deadline_add(struct deadlines *d, struct deadline *one)
{
    if (d->count == d->size) {
        d->size = d->size ? d->size * 2 : 64;
        d->heap = mem_grow(d->heap, d->size * sizeof *d->heap);
    }
    deadline_rise(d, one, ++d->count);
}

void deadline_set(struct deadlines *d, struct deadline *one, int64_t at_us)
{
    if (at_us == INT64_MAX) {
        if (one->place) {
            deadline_remove(d, one);
        }
        return;
    }
    if (one->place && one->at_us == at_us) {
        return;
    }
    one->at_us = at_us;
    if (one->place) {
        deadline_move(d, one, one->place);
    } else {
        deadline_add(d, one);
    }
}

int64_t deadlines_next_us(const struct deadlines *d)
{
    return d->count ? d->heap[0]->at_us : INT64_MAX;
}

struct deadline *deadlines_take(struct deadlines *d, int64_t now_us)
{
    if (deadlines_next_us(d) > now_us) {
        return NULL;
    }
    struct deadline *first = d->heap[0];
    deadline_remove(d, first);
    return first;
}
