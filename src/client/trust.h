// Whether the server at HOST:PORT is the one it has been before (trust on first use), and what is
// said about that.
#pragma once
#include "client/known_hosts.h"
#include "client/tunnel.h"

struct trust {
    const char *where;     // HOST:PORT
    bool takes_new;        // --trust-new: whatever the server shows is right from now on
    char *path;            // of the known hosts; NULL: nowhere
    struct known_host met; // by this process, also where nothing can be kept
    void *context;
    void (*tell)(void *context, struct text sentence);
};

// Where the known hosts lie is found out from the environment.
void trust_init(struct trust *t, const char *where, bool takes_new, void *context,
                void (*tell)(void *context, struct text sentence));
void trust_finish(struct trust *t);

// It has spoken TLS here before.
bool trust_knows(const struct trust *t);
// False, after saying so, if it is not to be trusted. Otherwise it is remembered.
bool trust_accepts(struct trust *t, const struct tunnel_peer *peer);
