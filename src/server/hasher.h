// Works on passwords apart from the core, in processes of their own, for which threads of libuv's
// pool wait. As many at once as a quarter of the cores, and no more than 64 may wait. One thread,
// whose loop it is, uses it.
#pragma once
#include "chat/core.h"
#include "server/hash_process.h"

#include <uv.h>

struct hasher;

// How many processes it can use.
size_t hasher_at_once(void);
// `done` is called from the loop.
struct hasher *hasher_create(uv_loop_t *loop, struct hash_processes *processes,
                             void (*done)(void *context, uint64_t cookie, bool matches,
                                          struct text stored),
                             void *context);
// Nothing is told any more; frees once what is under way has ended, for which the loop must run.
void hasher_destroy(struct hasher *hasher);
// At the end: what waits is not done, which `given_up` is told of at once, nor what comes later.
void hasher_give_up(struct hasher *hasher, void (*given_up)(void *context, uint64_t cookie));
// As output.hash().
bool hasher_work(struct hasher *hasher, const struct password_job *job);
