// Has the store let go of messages that are not to be kept any longer (the limits history_days,
// history_messages and history_bytes), now and then.
#pragma once
#include <stdint.h>

struct core;

void retain_tick(struct core *core);
// When it is to be called at the latest, in mono_ms; INT64_MAX: never.
int64_t retain_next_ms(const struct core *core);
