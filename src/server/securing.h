// What the server does about its credential in TLS (credential.h): at the start, on SIGHUP, and
// every few seconds.
#pragma once
#include "server/server.h"

enum { SECURING_INTERVAL_MS = 5000 };

// EXIT_STATUS_CONFIG and a sentence in `why`, or 0.
int securing_start(struct server *s, struct buf *why);
// Says who the server is.
void securing_say(const struct server *s);
// A given certificate is read again; nobody is dropped.
void securing_reload(struct server *s);
// To be called every SECURING_INTERVAL_MS: takes changed files, warns of a certificate that
// ends soon, and turns the keys of tickets.
void securing_look(struct server *s);
