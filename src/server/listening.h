// Opening the listeners that the configuration asks for.
#pragma once
#include "server/server.h"

// Fills s->listeners with those that are open. False and a sentence in `why` if one that
// was asked for cannot be opened.
bool listening_open(struct server *s, struct buf *why);
// Where administrators come in: control.sock in the data folder, once its lock is held. A warning
// where that cannot be.
void listening_open_control(struct server *s);
