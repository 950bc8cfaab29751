// The program's log: one logfmt line per call on standard error. Library-like code
// (base, wire, store, chat) does not log; it answers, and whoever decides logs once.
#pragma once
#include "base/text.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_level_set(enum log_level level);
bool log_enabled(enum log_level level);

// Logs `event=<event>` and then the pairs that `format` prints, e.g.
// log_line(LOG_WARN, "accept_paused", "open=%zu limit=%zu", open, limit).
// Thread-safe: one write per line. Control characters are escaped.
void log_line(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
