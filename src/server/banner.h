// What the operator reads when the server has started: where it listens and how to join.
#pragma once
#include "net/net.h"

struct banner {
    const struct listen_uri *listeners; // with the ports that they really have
    size_t listener_count;
    const char *const *addresses; // of this machine, as others reach it
    size_t address_count;
    uint32_t served; // protocols, as bits 1u << WIRE_PLAIN ...
};

// Appends "Listening on 0.0.0.0:5000 (nc, hobnob)", or for a relay listener "Server listening
// on 10.0.0.99:12345"; no line end.
void banner_listener(const struct listen_uri *listener, uint32_t served, struct buf *out);

// Appends the whole banner.
void banner_format(const struct banner *banner, struct buf *out);
