// A store for tests whose answers come when the test says so, and fail when it says so.
// Underneath is a memory store. A request is carried out when it is released: until then
// a message is not readable, and it gets its numbers only then. Writes keep their order,
// reads too, but reads and writes may be released apart.
#pragma once
#include "store/store.h"

// Holds everything back from the start.
struct store *store_scripted_create(size_t max_bytes);

// Carry out at most `count` of the oldest waiting requests; return how many there were. The
// answers are there at the next store_collect().
size_t store_scripted_release(struct store *s, size_t count); // in the order of the requests
size_t store_scripted_release_writes(struct store *s, size_t count);
size_t store_scripted_release_reads(struct store *s, size_t count);
// true: requests wait to be released (as at the start). false: all that wait are carried
// out, and later ones are at once.
void store_scripted_hold(struct store *s, bool hold);
// The next write that is carried out fails with `error` (negative); called n times: the
// next n do.
void store_scripted_fail_next(struct store *s, int error);
// The same for reads: the page is empty.
void store_scripted_fail_next_read(struct store *s, int error);

// How many requests wait to be released.
size_t store_scripted_writes_waiting(const struct store *s);
size_t store_scripted_reads_waiting(const struct store *s);
// Whether store_collect() would hand out something.
bool store_scripted_has_answers(const struct store *s);
// As if the store had been closed and opened again: another epoch. Nothing may wait.
void store_scripted_reopened(struct store *s);
