// Joins the core to the net, and both to the console and the counters.
#pragma once
#include "server/server.h"

// Fills s->output and s->handler.
void wiring_connect(struct server *s);
// Protocols that are served, as bits.
uint32_t wiring_served(void);
