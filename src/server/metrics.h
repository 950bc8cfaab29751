// Counters of one run of the server, kept by the core's thread.
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include "base/close_reason.h"
#include "chat/core.h"

struct metrics {
    int64_t started_ms;
    uint64_t accepted;
    uint64_t refused;
    uint64_t activities[ACTIVITY_OPERATED + 1];
    uint64_t closed[CLOSE_REASON_COUNT]; // refused ones too
    uint64_t too_long;                   // lines
    uint64_t lagged;                     // times a reader fell behind
};

// Appends pairs: "uptime_s=12 accepted=3 ... closed_quit=2"; reasons that never came are left out.
void metrics_print(const struct metrics *m, struct moment now, struct buf *out);
