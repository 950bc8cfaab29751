// One TCP connection at a time to one server: finds the host, tries its addresses in turn,
// reads lines, and sends what its owner holds ready. Runs on a libuv loop.
#pragma once
#include "base/text.h"

#include <uv.h>

enum { CONNECTION_LINE_MAX = 64 * 1024 }; // bytes of a line that is read; longer ones are skipped

enum connection_tls {
    CONNECTION_PLAIN,     // never TLS
    CONNECTION_TRIES_TLS, // but for addresses of this machine
    CONNECTION_TLS,       // nothing else
};

struct tunnel_peer;

// Called from the loop; each may call connection_open() and connection_drop().
struct connection_handler {
    void *context;
    void (*connected)(void *context);
    // Before that, where TLS is spoken: whether the server is the right one. If not, all ends, and
    // nothing more is reported.
    bool (*secured)(void *context, const struct tunnel_peer *peer);
    // With CONNECTION_TRIES_TLS: whether to go on without, since the server does not answer in TLS.
    bool (*insecure)(void *context);
    // `why` is part of a sentence: "connection refused".
    void (*unreachable)(void *context, bool host_unknown, const char *why);
    // `why` is NULL if the server closed the connection properly.
    void (*closed)(void *context, const char *why);
    void (*line)(void *context, struct text line);
    void (*line_too_long)(void *context);
    // What is to be sent next, and how much of it was.
    struct text (*outgoing)(void *context);
    void (*sent)(void *context, size_t count);
};

struct connection_config {
    const char *host; // must outlive the connection, a name or an address
    uint16_t port;
    // A server that has never ended a line with LF may end it by a short silence.
    bool may_pause;
    enum connection_tls tls;
};

struct connection;

struct connection *connection_create(uv_loop_t *loop, const struct connection_config *config,
                                     const struct connection_handler *handler);
// The loop must run once more afterwards for what is being closed. NULL is allowed.
void connection_destroy(struct connection *c);

void connection_open(struct connection *c);
// Ends what is open or under way; nothing of it is reported any more.
void connection_drop(struct connection *c);
// outgoing() may have something now.
void connection_push(struct connection *c);
