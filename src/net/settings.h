// What net_create() and net_configure() were given, as all threads see it: never changed,
// counted, with copies of its own of the lists.
#pragma once
#include "net/net.h"

#include <stdatomic.h>

struct settings {
    atomic_uint refs;
    struct net_config config;
    struct net_trust *unlimited;
    struct net_trust *proxy_from;
    char *web_origins;
};

struct settings *settings_create(const struct net_config *config);
struct settings *settings_ref(struct settings *s);
// The last one frees.
void settings_unref(struct settings *s);
