// Events as IRC lines.
#pragma once
#include "chat/protocol.h"

// `caps` are bits of enum irc_cap.
void irc_render(const struct event *event, uint32_t caps, struct buf *out);
// Makes blanks of each CR that ends no line, and of each NUL, from the byte `from` on: people of
// other protocols can say both.
void irc_clean(struct buf *out, size_t from);
// How many bytes of the message's text one line to `target` has room for.
size_t irc_room_for_text(const struct message *message, struct text target);
// One message as it stands in a room or a conversation; `target` is where it was said,
// `account` the sender's, or empty, `batch` a batch's reference or NULL.
void irc_render_message(const struct message *message, struct text target, struct text account,
                        uint32_t caps, const char *batch, struct buf *out);
