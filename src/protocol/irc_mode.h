// Modes of channels and users: one table each.
#pragma once
#include "chat/rights.h"

// The channel's modes as 324 shows them; keys only for `members`.
void irc_mode_add_channel(const struct room *room, bool member, struct buf *out);
// The user's modes: "+iw".
void irc_mode_add_user(const struct user *user, struct buf *out);
