#include "net/io_thread.h"

#include "base/log.h"
#include "base/must.h"
#include "net/net_state.h"
#include "wire/websocket.h"

#include <time.h>
#include <unistd.h>

enum {
    // A flush of feeds that took T is not repeated before 2 T have passed since its start:
    // sending takes at most half a core, and a busy feed goes out in fewer, larger pieces.
    FLUSH_SHARE = 2,
    FLUSH_WINDOW_MAX_US = 50000,
    SWEEP_INTERVAL_US = 1000000,
    SCRATCH_MAX = 256 * 1024, // more than a read and all that answers it
    SWEEP_PARTS = 8,          // all connections are looked at in so many parts of vanished_ms
};

int64_t io_thread_now_us(struct io_thread *t)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    t->now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    return t->now_us;
}

void io_thread_wake(struct io_thread *t)
{
    uv_async_send(&t->uv.wake);
}

void io_thread_tell(struct io_thread *t, const struct event *event)
{
    batch_add(t->told, event, sizeof *event);
}

void conn_list_add(struct conn_list *l, struct conn *c)
{
    if (l->count == l->size) {
        l->size = l->size ? l->size * 2 : 64;
        l->list = mem_grow(l->list, l->size * sizeof *l->list);
    }
    l->list[l->count++] = c;
}

static uint32_t slot_take(struct slots *s)
{
    if (s->free) {
        uint32_t slot = s->free - 1;
        s->free = s->list[slot].next_free;
        return slot;
    }
    if (s->count == s->size) {
        s->size = s->size ? s->size * 2 : 64;
        s->list = mem_grow(s->list, s->size * sizeof *s->list);
    }
    s->list[s->count] = (struct slot){0};
    return s->count++;
}

static void slot_give_back(struct io_thread *t, uint32_t number)
{
    struct slot *slot = &t->slots.list[number];
    slot->conn = NULL;
    slot->next_free = t->slots.free;
    t->slots.free = number + 1;
    t->slots.open--;
    listeners_descriptor_freed(t->net);
    if (atomic_fetch_sub(&t->net->connections, 1) == 1) {
        t->settings->config.wake(t->settings->config.wake_context);
    }
}

void io_thread_admit(struct io_thread *t, const struct admission *admission)
{
    uint32_t number = slot_take(&t->slots);
    struct slot *slot = &t->slots.list[number];
    // 0 names nobody.
    slot->generation = slot->generation + 1 ? slot->generation + 1 : 1;
    struct handle handle = {number * t->net->thread_count + t->number, slot->generation};
    t->slots.open++;
    slot->conn = conn_create(t, handle, admission);
    if (!slot->conn) {
        log_line(LOG_WARN, "connection_refused", "reason=\"The system cannot watch it.\"");
        if (admission->counted) {
            addresses_leave(t->net->addresses, admission->peer.address);
        }
        close(admission->socket);
        slot_give_back(t, number);
    }
}

struct conn *io_thread_find(const struct io_thread *t, struct handle handle)
{
    uint32_t number = handle.index / t->net->thread_count;
    if (number >= t->slots.count || t->slots.list[number].generation != handle.generation) {
        return NULL;
    }
    return t->slots.list[number].conn;
}

// The one place where connections are freed.
static void reap(struct io_thread *t)
{
    for (uint32_t i = 0; i < t->dying.count; i++) {
        struct conn *c = t->dying.list[i];
        uint32_t number = c->handle.index / t->net->thread_count;
        conn_destroy(c);
        slot_give_back(t, number);
    }
    t->dying.count = 0;
}

static void obey_commands(struct io_thread *t)
{
    struct batch *batch = queue_take(&t->commands);
    while (batch) {
        struct batch *next = batch->next;
        const struct command *command = (const struct command *)(const void *)batch->items.at;
        size_t count = batch->items.len / sizeof *command;
        for (size_t i = 0; i < count; i++) {
            io_thread_obey(t, batch, &command[i]);
        }
        queue_give_back(&t->commands, batch);
        batch = next;
    }
}

static void publish(struct io_thread *t)
{
    const struct net_config *config = &t->settings->config;
    if (queue_put(&t->events, &t->told)) {
        config->wake(config->wake_context);
    }
}

static void touch_due(struct io_thread *t)
{
    struct deadline *due;
    while ((due = deadlines_take(&t->deadlines, t->now_us))) {
        conn_touch((struct conn *)((char *)due - offsetof(struct conn, deadline)));
    }
}

static void touch_subscriber(void *context, struct output *output)
{
    (void)context;
    struct conn *c = (struct conn *)((char *)output - offsetof(struct conn, output));
    c->is.flush = true;
    conn_touch(c);
}

static void settle_touched(struct io_thread *t)
{
    for (uint32_t i = 0; i < t->touched.count; i++) {
        conn_settle(t->touched.list[i]);
    }
    t->touched.count = 0;
}

static void settle(struct io_thread *t)
{
    bool feeds = t->feeds.dirty && t->now_us >= t->flush_us;
    int64_t start_us = t->now_us;
    if (feeds) {
        feeds_take_dirty(&t->feeds, touch_subscriber, NULL);
    }
    settle_touched(t);
    if (feeds) {
        int64_t window_us = (io_thread_now_us(t) - start_us) * FLUSH_SHARE;
        t->flush_us =
            start_us + (window_us < FLUSH_WINDOW_MAX_US ? window_us : FLUSH_WINDOW_MAX_US);
    }
}

static int64_t sweep_interval_us(const struct io_thread *t)
{
    int64_t part_us = t->settings->config.limits.vanished_ms * INT64_C(1000) / SWEEP_PARTS;
    return part_us < SWEEP_INTERVAL_US ? part_us : SWEEP_INTERVAL_US;
}

// A few connections at a time, so that no turn is long.
static void sweep(struct io_thread *t)
{
    if (t->now_us < t->sweep_us || t->slots.count == 0) {
        return;
    }
    int64_t part_us = t->settings->config.limits.vanished_ms * INT64_C(1000) / SWEEP_PARTS;
    int64_t interval_us = sweep_interval_us(t);
    uint32_t count = (uint32_t)(t->slots.count * interval_us / (part_us ? part_us : 1)) + 1;
    t->sweep_us = t->now_us + interval_us;
    for (; count > 0; count--) {
        t->slots.swept = t->slots.swept + 1 < t->slots.count ? t->slots.swept + 1 : 0;
        if (t->slots.list[t->slots.swept].conn) {
            conn_check_vanished(t->slots.list[t->slots.swept].conn);
        }
    }
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer; // the turn that follows looks at everything
}

static void on_wake(uv_async_t *wake)
{
    (void)wake;
}

static void set_timer(struct io_thread *t, int64_t resume_us)
{
    int64_t next_us = deadlines_next_us(&t->deadlines);
    next_us = resume_us < next_us ? resume_us : next_us;
    if (t->feeds.dirty && t->flush_us < next_us) {
        next_us = t->flush_us;
    }
    if (t->slots.open && t->sweep_us < next_us) {
        next_us = t->sweep_us;
    }
    if (next_us == INT64_MAX) {
        uv_timer_stop(&t->uv.timer);
        return;
    }
    int64_t wait_us = next_us - io_thread_now_us(t);
    uv_update_time(&t->uv.loop);
    uv_timer_start(&t->uv.timer, on_timer, wait_us > 0 ? (uint64_t)(wait_us + 999) / 1000 : 0, 0);
}

static void close_all(struct io_thread *t)
{
    for (uint32_t i = 0; i < t->slots.count; i++) {
        struct conn *c = t->slots.list[i].conn;
        if (c && !c->is.buried) {
            c->is.buried = true;
            conn_list_add(&t->dying, c);
        }
    }
    t->touched.count = 0;
    reap(t);
    if (t->number == 0) {
        listeners_stop(t->net);
    }
    uv_close((uv_handle_t *)&t->uv.wake, NULL);
    uv_close((uv_handle_t *)&t->uv.turn, NULL);
    uv_close((uv_handle_t *)&t->uv.timer, NULL);
}

// Runs once in each round of the loop, before it waits: what was read since is told,
// what was said is done, everything touched is settled, and the dead are freed.
static void on_turn(uv_prepare_t *turn)
{
    struct io_thread *t = turn->data;
    publish(t);
    io_thread_now_us(t);
    t->tls.spent_us = 0;
    obey_commands(t);
    if (t->stopping) {
        close_all(t);
        return;
    }
    touch_due(t);
    sweep(t);
    settle(t);
    int64_t resume_us = t->number == 0 ? listeners_resume(t->net, t->now_us) : INT64_MAX;
    publish(t);
    reap(t);
    set_timer(t, resume_us);
}

void io_thread_init(struct io_thread *t, struct net *net, uint32_t number,
                    struct settings *settings)
{
    t->net = net;
    t->number = number;
    t->settings = settings_ref(settings);
    queue_init(&t->commands);
    queue_init(&t->events);
    t->told = batch_create();
    buf_init(&t->tls.plain, SCRATCH_MAX);
    buf_init(&t->tls.out, SCRATCH_MAX);
    buf_init(&t->websocket.lines, SCRATCH_MAX);
    buf_init(&t->websocket.frames, SCRATCH_MAX);
    t->websocket.writer = websocket_writer_create();
    feeds_init(&t->feeds);
    deadlines_init(&t->deadlines);
    must(uv_loop_init(&t->uv.loop) == 0);
    must(uv_async_init(&t->uv.loop, &t->uv.wake, on_wake) == 0);
    must(uv_prepare_init(&t->uv.loop, &t->uv.turn) == 0);
    must(uv_timer_init(&t->uv.loop, &t->uv.timer) == 0);
    t->uv.turn.data = t;
    must(uv_prepare_start(&t->uv.turn, on_turn) == 0);
}

static void io_thread_main(void *argument)
{
    struct io_thread *t = argument;
    uv_run(&t->uv.loop, UV_RUN_DEFAULT);
}

void io_thread_start(struct io_thread *t)
{
    must(uv_thread_create(&t->thread, io_thread_main, t) == 0);
    char name[16]; // as ps and top show it
    snprintf(name, sizeof name, "io-%u", t->number % 1000);
    pthread_setname_np(t->thread, name);
    t->started = true;
}

void io_thread_join(struct io_thread *t)
{
    if (t->started) {
        uv_thread_join(&t->thread);
    } else {
        // It has its handles to close all the same.
        io_thread_main(t);
    }
}

static void discard_commands(struct io_thread *t)
{
    for (struct batch *b = queue_take(&t->commands); b;) {
        struct batch *next = b->next;
        const struct command *command = (const struct command *)(const void *)b->items.at;
        for (size_t i = 0; i < b->items.len / sizeof *command; i++) {
            command_discard(b, &command[i]);
        }
        batch_destroy(b);
        b = next;
    }
}

void io_thread_finish(struct io_thread *t)
{
    discard_commands(t);
    must(uv_loop_close(&t->uv.loop) == 0);
    queue_finish(&t->commands);
    queue_finish(&t->events);
    batch_destroy(t->told);
    feeds_finish(&t->feeds);
    deadlines_finish(&t->deadlines);
    settings_unref(t->settings);
    buf_finish(&t->tls.plain);
    buf_finish(&t->tls.out);
    buf_finish(&t->websocket.lines);
    buf_finish(&t->websocket.frames);
    websocket_writer_destroy(t->websocket.writer);
    free(t->slots.list);
    free(t->touched.list);
    free(t->dying.list);
}
