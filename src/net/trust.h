// What net's own files need of a list of addresses beyond net.h.
#pragma once
#include "net/net.h"

bool address_is_loopback(const char *address);
// A copy of the list; NULL gives an empty one.
struct net_trust *net_trust_copy(const struct net_trust *trust);
