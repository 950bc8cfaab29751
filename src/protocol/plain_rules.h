// Changes of a room's rules as plain people read them: a sentence each.
#pragma once
#include "chat/event.h"

// Writes a line for each change of an EVENT_MODES that somebody has made, and for bans that end.
void plain_add_rules(const struct event *event, uint32_t options, struct buf *out);
// Writes whom a mask is about: "Bob", "the account bob", "everybody from 10.0.0.0/8".
void plain_add_mask(struct text mask, struct buf *out);
