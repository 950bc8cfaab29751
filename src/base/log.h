// The program's log: one logfmt line per call on standard error. Library-like code
// (base, wire, store, chat) does not log; it answers, and whoever decides logs once.
#pragma once
#include "base/text.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_level_set(enum log_level level);
bool log_enabled(enum log_level level);

// Takes whole lines in place of standard error; any thread may call `write`.
struct log_sink {
    void (*write)(struct log_sink *sink, struct text line);
};

// Where lines go from now on; NULL: standard error. The sink stays with the caller, who takes it
// back with NULL when no other thread logs any more.
void log_to(struct log_sink *sink);

// Logs `event=<event>` and then the pairs that `format` prints, e.g.
// log_line(LOG_WARN, "accept_paused", "open=%zu limit=%zu", open, limit).
// Thread-safe: one write per line, which a stopped terminal can hold up. Control characters are
// escaped.
void log_line(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
