// Time is handed in: the real clock by the server, a fake one by tests.
#pragma once
#include <stdint.h>

struct moment {
    int64_t mono_ms; // never goes back; for waits and rates
    int64_t wall_ms; // since 1970 UTC; for people and for the record
};

// What the machine's clocks say now.
struct moment clock_now(void);
