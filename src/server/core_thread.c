#include "server/core_thread.h"

#include "base/must.h"
#include "server/disk.h"
#include "server/hasher.h"
#include "server/securing.h"
#include "server/tasks.h"

#include <signal.h>
#include <unistd.h>
#include <uv.h>

// Together less than the 5 s in which the server promises to be gone.
enum {
    STOP_MS = 3000, // for sessions to end and their messages to be kept
    FLUSH_MS = 800, // for what has been said to reach those who read
    SIGNAL_COUNT = 4,
};

struct core_thread {
    struct server *server;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t timer; // when the core wants a turn
    uv_timer_t look;  // for what is looked at now and then
    uv_timer_t limit; // while stopping: when to wait no longer
    uv_signal_t signals[SIGNAL_COUNT];
    struct hasher *hasher;
    bool stopping;
    bool empty;
};

static void on_timer(uv_timer_t *timer);

static void timer_arm(struct core_thread *t)
{
    int64_t next_ms = core_next_wake(t->server->core);
    if (next_ms == INT64_MAX) {
        uv_timer_stop(&t->timer);
        return;
    }
    int64_t wait_ms = next_ms - clock_now().mono_ms;
    uv_update_time(&t->loop);
    uv_timer_start(&t->timer, on_timer, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

static void on_limit(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void on_look(uv_timer_t *timer)
{
    struct core_thread *t = timer->data;
    securing_look(t->server);
    disk_look(t->server);
    net_publish(t->server->net);
}

static void limit_set(struct core_thread *t, uint64_t ms)
{
    uv_update_time(&t->loop);
    uv_timer_start(&t->limit, on_limit, ms, 0);
}

// The net wakes this thread when the last connection has gone.
static void stop_go_on(struct core_thread *t)
{
    if (!t->empty && core_is_empty(t->server->core)) {
        t->empty = true;
        limit_set(t, FLUSH_MS);
    }
    if (t->empty && net_connections(t->server->net) == 0) {
        uv_stop(&t->loop);
    }
}

static void turn(struct core_thread *t)
{
    struct server *s = t->server;
    core_time(s->core, clock_now());
    net_take(s->net, &s->handler);
    core_store_ready(s->core);
    core_turn_end(s->core);
    net_publish(s->net);
    timer_arm(t);
    if (tasks_run(s->tasks)) {
        core_thread_wake(t);
    }
    if (t->stopping) {
        stop_go_on(t);
    }
}

static void on_timer(uv_timer_t *timer)
{
    turn(timer->data);
}

static void on_wake(uv_async_t *wake)
{
    turn(wake->data);
}

static void on_hashed(void *context, uint64_t cookie, bool matches, struct text stored)
{
    struct core_thread *t = context;
    core_time(t->server->core, clock_now());
    core_password_hashed(t->server->core, cookie, matches, stored);
    turn(t);
}

static void on_given_up(void *context, uint64_t cookie)
{
    struct core_thread *t = context;
    core_password_given_up(t->server->core, cookie);
}

bool core_thread_hash(struct core_thread *t, const struct password_job *job)
{
    return hasher_work(t->hasher, job);
}

static void stop(struct core_thread *t, int number)
{
    if (t->stopping) {
        _exit(128 + number); // asked twice: now
    }
    turn(t); // what has come by now is still heard
    t->stopping = true;
    limit_set(t, STOP_MS);
    server_stop(t->server);
    hasher_give_up(t->hasher, on_given_up); // everybody has been told that it ends
    turn(t);
}

static void on_stop(uv_signal_t *handle, int number)
{
    stop(handle->data, number);
}

static void on_hangup(uv_signal_t *handle, int number)
{
    struct core_thread *t = handle->data;
    if (server_is_orphaned(t->server)) {
        if (!t->stopping) { // the shell and the system may both say so
            stop(t, number);
        }
        return;
    }
    core_time(t->server->core, clock_now());
    struct buf said;
    buf_init(&said, 1024);
    server_reload(t->server, &said);
    buf_finish(&said);
    turn(t);
}

static void on_status(uv_signal_t *handle, int number)
{
    (void)number;
    struct core_thread *t = handle->data;
    server_status(t->server);
    turn(t);
}

static const struct {
    int number;
    uv_signal_cb act;
} signal_table[SIGNAL_COUNT] = {
    {SIGINT, on_stop}, {SIGTERM, on_stop}, {SIGHUP, on_hangup}, {SIGUSR1, on_status}};

struct core_thread *core_thread_create(struct server *server)
{
    struct core_thread *t = mem_alloc(sizeof *t);
    t->server = server;
    must(uv_loop_init(&t->loop) == 0);
    must(uv_async_init(&t->loop, &t->wake, on_wake) == 0);
    must(uv_timer_init(&t->loop, &t->timer) == 0);
    must(uv_timer_init(&t->loop, &t->look) == 0);
    must(uv_timer_init(&t->loop, &t->limit) == 0);
    t->wake.data = t->timer.data = t->look.data = t;
    t->hasher = hasher_create(&t->loop, server->hash_processes, on_hashed, t);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        must(uv_signal_init(&t->loop, &t->signals[i]) == 0);
        t->signals[i].data = t;
    }
    return t;
}

uv_loop_t *core_thread_loop(struct core_thread *t)
{
    return &t->loop;
}

void core_thread_wake(void *context)
{
    struct core_thread *t = context;
    uv_async_send(&t->wake);
}

void core_thread_heed_signals(struct core_thread *t)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        must(uv_signal_start(&t->signals[i], signal_table[i].act, signal_table[i].number) == 0);
    }
}

void core_thread_run(struct core_thread *t)
{
    turn(t);
    uv_timer_start(&t->look, on_look, 0, SECURING_INTERVAL_MS);
    uv_run(&t->loop, UV_RUN_DEFAULT);
    // From here on a second signal ends the process at once, as by default.
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        uv_signal_stop(&t->signals[i]);
    }
}

static void handle_close(uv_handle_t *handle, void *unused)
{
    (void)unused;
    uv_close(handle, NULL);
}

void core_thread_destroy(struct core_thread *t)
{
    if (!t) {
        return;
    }
    hasher_destroy(t->hasher);
    uv_walk(&t->loop, handle_close, NULL);
    uv_run(&t->loop, UV_RUN_DEFAULT);
    must(uv_loop_close(&t->loop) == 0);
    free(t);
}
