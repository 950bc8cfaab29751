// Where the sending to one member stands while it is being tried: output_gather() walks
// ahead of what is sent, output_sent() makes the walk true. For output.c and walk.c.
#pragma once
#include "base/text.h"

struct output;

// A block that was handed in, or a watch: then it has no bytes.
struct reply {
    struct reply *next;
    uint64_t barrier; // segments up to this number go first
    size_t len;
    size_t sent;
    bool lag; // a watch of output_watch_lag()
    char bytes[];
};

struct cursor {
    struct subscription *subscription;
    struct feed_node *node;
    uint32_t line;
    uint32_t offset;
};

struct walk {
    struct output *output;
    struct cursor *cursors; // of all its subscriptions
    uint32_t count;
    uint32_t size;
    struct reply *reply; // the next one
    size_t reply_sent;   // bytes of it
    uint32_t once;       // the last one that was sent
    size_t bytes;        // walked over so far
    bool by_unit;        // one reply or line at a time
};
