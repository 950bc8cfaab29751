// What net's own files need of a list of addresses beyond net.h.
#pragma once
#include "net/net.h"

// The address in 16 bytes, IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2); false if it is none.
bool address_bytes(const char *address, unsigned char bytes[16]);
bool address_is_loopback(const char *address);
// A copy of the list; NULL gives an empty one.
struct net_trust *net_trust_copy(const struct net_trust *trust);
