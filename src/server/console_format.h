// What happens, as lines for the operator: pure functions from values to text. Nothing in
// them reaches a terminal unescaped.
#pragma once
#include "base/buf.h"
#include "base/log.h"
#include "chat/core.h"
#include "net/net.h"

// Appends the lines that a terminal shows, in local time: "[14:30:10] [JOIN] Alice joined
// from ...". Nothing for what is not shown.
void console_format_chat(const struct activity *activity, struct buf *out);

// How an activity stands in the log: its word and level, and the pairs that follow, which are
// appended. Texts of messages never do. False for what is not logged.
bool console_format_log(const struct activity *activity, const char **event, enum log_level *level,
                        struct buf *out);

// Appends "192.0.2.1:5000", "[2001:db8::1]:5000" or "unix".
void console_format_peer(const struct peer *peer, struct buf *out);

// Appends a value of a logfmt pair, in quotes.
void console_format_quoted(struct text value, struct buf *out);
