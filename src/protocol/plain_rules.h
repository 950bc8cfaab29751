// Changes of a room's rules as plain people read them: a sentence each.
#pragma once
#include "chat/event.h"

// Writes a line for each change of an EVENT_MODES that somebody has made.
void plain_add_rules(const struct event *event, uint32_t options, struct buf *out);
