// The thread that owns the core: it sleeps until the net, the store, a timer or a signal
// wakes it, and then takes one turn.
#pragma once
#include <stdbool.h>
#include <uv.h>

struct core_thread;
struct password_job;
struct server;

// From here on core_thread_wake() may be called.
struct core_thread *core_thread_create(struct server *server);
// Any thread: there is something to do. `context` is the struct core_thread.
void core_thread_wake(void *context);
// The loop that it runs.
uv_loop_t *core_thread_loop(struct core_thread *t);
// From here on signals wait for core_thread_run() to act on them; until then they end the
// process, as by default, so that a long start can be given up.
void core_thread_heed_signals(struct core_thread *t);
// Takes turns until the server has been told to stop and nobody is left, or the time for
// that has passed. The server's parts are all there.
void core_thread_run(struct core_thread *t);
// As output.hash().
bool core_thread_hash(struct core_thread *t, const struct password_job *job);
// After the parts that wake it are gone. NULL is allowed.
void core_thread_destroy(struct core_thread *t);
