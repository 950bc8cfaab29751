// Times as IRCv3 writes them: 2026-01-31T12:00:00.000Z (ISO 8601, UTC, milliseconds).
#pragma once
#include "base/buf.h"

void irc_time_add(struct buf *out, int64_t wall_ms);
// False if the text is no such time, of the years 1970 to 9998; the milliseconds may be left out.
bool irc_time_parse(struct text text, int64_t *wall_ms);
