// struct net, for net's own files.
#pragma once
#include "net/addresses.h"
#include "net/io_thread.h"
#include "net/listener.h"

struct net {
    struct settings *settings; // as the owner gave them last
    uint32_t thread_count;
    struct io_thread *threads;
    struct batch **said; // to each thread, since the last net_publish()
    struct listener *listeners;
    uint32_t *alive; // by handle index: the generation that the owner may still name; 0: none
    uint32_t alive_size;
    bool started;
    struct addresses *addresses;
    atomic_size_t connections;
    struct acceptance acceptance;
};

// Whether the owner may name the connection.
bool net_is_alive(const struct net *net, struct handle handle);
