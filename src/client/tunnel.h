// TLS on the client's side, over a connected socket that does not block.
#pragma once
#include "base/text.h"

#include <sys/types.h>

enum { TUNNEL_FINGERPRINT = 65 };

// Who the server has shown to be.
struct tunnel_peer {
    char fingerprint[TUNNEL_FINGERPRINT]; // SHA-256 of its certificate, in hexadecimal
    bool is_signed; // by somebody whom this system trusts, for the host's name or address
};

enum tunnel_state {
    TUNNEL_READS,  // hands are being shaken: waits until the socket can be read
    TUNNEL_WRITES, // or written
    TUNNEL_OPEN,
    TUNNEL_FOREIGN, // what came is not TLS, or the connection ended before anything came
    TUNNEL_BROKEN,  // it speaks TLS, but not with us
};

struct tunnel;

// `host` is a name or an address; the socket stays the caller's.
struct tunnel *tunnel_create(int socket, const char *host);
// NULL is allowed.
void tunnel_destroy(struct tunnel *t);

enum tunnel_state tunnel_shake(struct tunnel *t);
// Once it is open.
struct tunnel_peer tunnel_peer(const struct tunnel *t);
// Why it is broken, as part of a sentence.
const char *tunnel_why(const struct tunnel *t);

// As recv() and send(): -1 and errno, EAGAIN if the socket has to be waited for; 0: the server
// has said that it sends no more.
ssize_t tunnel_receive(struct tunnel *t, char *bytes, size_t size);
ssize_t tunnel_send(struct tunnel *t, struct text bytes);
// Says that no more is sent, if that can be said at once.
void tunnel_end(struct tunnel *t);
