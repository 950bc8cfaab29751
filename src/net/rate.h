// A token bucket: `burst` tokens at once, then `per_s` a second. Time is handed in.
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct rate {
    int64_t millionths; // of a token; what is left
    int64_t at_us;      // as of then
};

// A full bucket.
void rate_init(struct rate *r, uint32_t burst, int64_t now_us);
// Adds what has come since the last call; `burst` and `per_s` may change between calls.
void rate_refill(struct rate *r, uint32_t burst, uint32_t per_s, int64_t now_us);
// Whole tokens, after rate_refill().
uint32_t rate_tokens(const struct rate *r);
// At most rate_tokens().
void rate_take(struct rate *r, uint32_t tokens);
// When there will be `tokens` (INT64_MAX if never), after rate_refill().
int64_t rate_ready_us(const struct rate *r, uint32_t tokens, uint32_t per_s);
