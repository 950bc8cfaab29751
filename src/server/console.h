// The operator's window: a thread that prints what happens, and what is logged (base/log.h) while
// it is there, so that a terminal that is stopped stops nobody else. Its queue is bounded; what
// does not fit is counted and said. Every function may be called by any thread.
#pragma once
#include "base/log.h"
#include "chat/core.h"
#include "server/config.h"

struct console;

// `mode` is not CONSOLE_AUTO. Chat goes to standard output, all else to standard error.
struct console *console_create(enum console_mode mode);
// Prints what waits, at most a second long, and ends the thread. NULL is allowed.
void console_destroy(struct console *console);
// CONSOLE_AUTO becomes what fits standard output.
enum console_mode console_mode_choose(int mode);
void console_mode_set(struct console *console, enum console_mode mode);

// Connections to this port are announced by the relay's own lines.
void console_relay_port(struct console *console, uint16_t port);

void console_activity(struct console *console, const struct activity *activity);
// A connection came; `reason` is CLOSE_REASON_COUNT if it may stay.
void console_accepted(struct console *console, const struct peer *peer, enum close_reason reason);
// A sentence for the operator: "[INFO] ..." in a terminal, else a log line.
void console_note(struct console *console, enum log_level level, const char *event,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
// Whole lines, printed as they are: to standard output, and only where chat goes there.
void console_block(struct console *console, struct text lines);
// One line to standard error, whatever the mode is.
void console_trace(struct console *console, struct text line);
