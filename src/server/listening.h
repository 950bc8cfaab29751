// Opening the listeners that the configuration asks for.
#pragma once
#include "server/server.h"

// Fills s->listeners with those that are open. False and a sentence in `why` if one that
// was asked for cannot be opened.
bool listening_open(struct server *s, struct buf *why);
