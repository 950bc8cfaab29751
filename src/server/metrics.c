#include "server/metrics.h"

static const struct {
    enum activity_kind kind;
    const char *word;
} counted[] = {
    {ACTIVITY_JOINED, "joined"},    {ACTIVITY_LEFT, "left"},       {ACTIVITY_MESSAGE, "messages"},
    {ACTIVITY_ACTION, "actions"},   {ACTIVITY_PRIVATE, "private"}, {ACTIVITY_RELAYED, "relayed"},
    {ACTIVITY_REFUSED, "not_kept"},
};

void metrics_print(const struct metrics *m, struct moment now, struct buf *out)
{
    buf_printf(out, "uptime_s=%lld accepted=%llu refused=%llu",
               (long long)(now.mono_ms - m->started_ms) / 1000, (unsigned long long)m->accepted,
               (unsigned long long)m->refused);
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        buf_printf(out, " %s=%llu", counted[i].word,
                   (unsigned long long)m->activities[counted[i].kind]);
    }
    buf_printf(out, " too_long=%llu lagged=%llu", (unsigned long long)m->too_long,
               (unsigned long long)m->lagged);
    for (size_t i = 0; i < CLOSE_REASON_COUNT; i++) {
        if (m->closed[i]) {
            buf_printf(out, " closed_%s=%llu", close_reason_word((enum close_reason)i),
                       (unsigned long long)m->closed[i]);
        }
    }
}
