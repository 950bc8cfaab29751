// Bans of rooms that are for a time: when one ends, the room is told.
#pragma once
#include <stdint.h>

struct core;
struct room;

// The room has other rules, or is there at start, or what was to be changed in it is not.
void ban_end_expect(struct core *core, const struct room *room);
// Time passes. And when it is due again, on the clock that never goes back; INT64_MAX: never.
void ban_end_tick(struct core *core);
int64_t ban_end_next_ms(const struct core *core);
