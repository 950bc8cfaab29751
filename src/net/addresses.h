// How many connections each address has and how fast new ones come: IPv4 addresses
// one by one, IPv6 by /64. Any thread.
#pragma once
#include "net/net.h"

struct addresses;

struct addresses *addresses_create(void);
void addresses_destroy(struct addresses *a);

// CLOSE_REASON_COUNT: let in, and addresses_leave() has to follow. Else why it is not.
enum close_reason addresses_enter(struct addresses *a, const char *address,
                                  const struct net_limits *limits, int64_t now_us);
void addresses_leave(struct addresses *a, const char *address);
// How many are remembered.
size_t addresses_count(struct addresses *a);
