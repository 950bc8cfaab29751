// From the configuration to what the parts of the server take.
#pragma once
#include "server/server.h"

// Points into s->config, which the caller keeps until the core is gone or has been given another.
struct core_config applying_core(const struct server *s);

// The protocols that are served, as bits: with a password those that can ask for it.
uint32_t applying_served(const struct config *c);

// The caller frees the two lists in it with applying_net_finish() once net_create() or
// net_configure() has taken it.
struct net_config applying_net(struct server *s, const struct config *c);
void applying_net_finish(struct net_config *n);

// Says in the log which flood profiles rooms name that the configuration does not know.
void applying_floods(const struct server *s);

// Sets what this process logs.
void applying_log(const struct options *options, const struct config *c);
