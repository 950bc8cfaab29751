// How often something may be tried: by whoever, under a key, at a rate that allows bursts
// (the generic cell rate algorithm, so one number for each key). Keys whose allowance is full
// are forgotten; there are at most ATTEMPTS_MAX.
#pragma once
#include "base/text.h"

enum { ATTEMPTS_MAX = 65536 };

struct attempts;

// `burst` tries at once, then one each `every_ms`.
struct attempt_rate {
    uint32_t burst;
    int64_t every_ms;
};

struct attempts *attempts_create(void);
void attempts_destroy(struct attempts *attempts);
// In how many milliseconds one more try is allowed; 0: now.
int64_t attempts_wait_ms(const struct attempts *attempts, struct text key, struct attempt_rate rate,
                         int64_t mono_ms);
// One was made.
void attempts_add(struct attempts *attempts, struct text key, struct attempt_rate rate,
                  int64_t mono_ms);
// Makes a key's allowance full.
void attempts_forget(struct attempts *attempts, struct text key);
