// Listening sockets. Thread 0 accepts and hands the connections round.
#pragma once
#include "net/net.h"

#include <stdatomic.h>
#include <sys/types.h>
#include <uv.h>

struct net;
struct batch;

struct listener {
    struct listener *next;
    struct net *net;
    struct listen_uri uri; // with the port that it got
    int socket;
    dev_t device; // of a Unix socket's file: it is removed only if it is still ours
    ino_t inode;
    bool started;
    uv_poll_t poll;
};

// What all listeners of one net share; thread 0's but for what is atomic.
struct acceptance {
    atomic_bool paused; // there are no descriptors
    atomic_bool freed;  // one has become free since
    int64_t resume_us;  // when to try again in any case
    int64_t quiet_us;   // the log is not told again before
    uint32_t next_thread;
    struct batch *handed; // scratch
};

// Binds and listens. 0 or -errno.
int listener_create(struct net *net, const struct listen_uri *uri, struct listener **created);
// Before it was started, or after it was stopped.
void listener_destroy(struct listener *l);

// On thread 0:
void listeners_start(struct net *net);
// Closes the sockets and removes the files of Unix sockets.
void listeners_stop(struct net *net);
// Accepts again if that was paused and it is time; returns when to look again.
int64_t listeners_resume(struct net *net, int64_t now_us);

// Any thread: a descriptor has become free.
void listeners_descriptor_freed(struct net *net);
