// What the server says of itself (chat/core.h), from its configuration.
#pragma once
#include "server/config.h"

// Fills c->info, which points into the rest of `c`. False and "FILE:LINE: sentence" in `why` if
// two operators have the same name.
bool info_build(struct config *c, struct buf *why);
void info_finish(struct server_info *info);
