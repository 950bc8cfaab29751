#include "base/clock.h"

#include <time.h>

static int64_t clock_ms(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct moment clock_now(void)
{
    return (struct moment){clock_ms(CLOCK_MONOTONIC), clock_ms(CLOCK_REALTIME)};
}
