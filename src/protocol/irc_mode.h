// Modes of channels and users: one table each.
#pragma once
#include "chat/rights.h"

// The user's modes: "+iw".
void irc_mode_add_user(const struct user *user, struct buf *out);
