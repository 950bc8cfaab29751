// Who is at the other end of a connection, as every thread names it.
#pragma once
#include <stdbool.h>
#include <stdint.h>

// Names a connection across threads. A handle whose generation is no longer the
// connection's names nobody, and whatever is said to it is dropped.
struct handle {
    uint32_t index; // dense: small numbers are used again
    uint32_t generation;
};

enum { PEER_ADDRESS_MAX = 46 }; // INET6_ADDRSTRLEN

struct peer {
    char address[PEER_ADDRESS_MAX]; // numeric; "unix" on a Unix socket
    uint16_t port;                  // the peer's own
    uint16_t listener_port;         // where it came in; 0 on a Unix socket
    bool loopback;                  // from this machine
    bool secure;                    // speaks TLS with us
    bool may_secure;                // could do so where it came in
    bool unlimited;                 // --no-limits-for names its address
    // SHA-256 of the certificate that it has shown in TLS and holds the key of, in hexadecimal;
    // NULL: none. Known from the moment the connection opens; whoever keeps a peer keeps a copy.
    char *certificate;
};
