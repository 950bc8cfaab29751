// Sockets that listen.
#pragma once
#include "net/net.h"

// A bound, listening, non-blocking socket; where `uri` says port 0, it gets the port that
// the system chose. A Unix socket's file that nobody answers on is replaced. Or -errno.
int listen_bind(struct listen_uri *uri);
