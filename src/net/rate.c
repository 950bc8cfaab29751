#include "net/rate.h"

#include "base/must.h"

enum { MILLION = 1000000 };

void rate_init(struct rate *r, uint32_t burst, int64_t now_us)
{
    *r = (struct rate){.millionths = (int64_t)burst * MILLION, .at_us = now_us};
}

void rate_refill(struct rate *r, uint32_t burst, uint32_t per_s, int64_t now_us)
{
    int64_t full = (int64_t)burst * MILLION;
    int64_t elapsed_us = now_us > r->at_us ? now_us - r->at_us : 0;
    // A token a second is a millionth of a token a microsecond.
    bool fills = per_s > 0 && elapsed_us >= full / per_s + 1;
    r->millionths = fills ? full : r->millionths + elapsed_us * per_s;
    if (r->millionths > full) {
        r->millionths = full;
    }
    r->at_us = now_us;
}

uint32_t rate_tokens(const struct rate *r)
{
    return (uint32_t)(r->millionths / MILLION);
}

void rate_take(struct rate *r, uint32_t tokens)
{
    must(tokens <= rate_tokens(r));
    r->millionths -= (int64_t)tokens * MILLION;
}

int64_t rate_ready_us(const struct rate *r, uint32_t tokens, uint32_t per_s)
{
    int64_t missing = (int64_t)tokens * MILLION - r->millionths;
    if (missing <= 0) {
        return r->at_us;
    }
    return per_s ? r->at_us + (missing + per_s - 1) / per_s : INT64_MAX;
}
