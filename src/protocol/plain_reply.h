// What a message says of another one, as plain people read it: replies and reactions (IRCv3 client
// tags +reply and +draft/react). The other one is known while the room remembers it.
#pragma once
#include "chat/event.h"

// ` (to Alice: "first words…")`, to stand behind the sender's name; nothing if it is no reply.
void plain_add_reply(const struct event *event, struct buf *out);
// A whole line for a MESSAGE_TAGS: `* Bob reacted 👍 to "first words…"`; nothing if it is no
// reaction.
void plain_add_reaction(const struct event *event, uint32_t options, struct buf *out);
