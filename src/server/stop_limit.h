// Bounds how long the end of the program may take, whatever hangs: a thread that waits.
#pragma once
#include <stdint.h>

struct stop_limit;

// Calls `late` on a thread of its own once `ms` have passed, unless stop_limit_end() comes before.
struct stop_limit *stop_limit_begin(int64_t ms, void (*late)(void *context), void *context);
// Waits for `late` if that has begun. NULL is allowed.
void stop_limit_end(struct stop_limit *limit);
