// An I/O thread: its loop, its connections and feeds, and what happens in each turn.
#pragma once
#include "net/conn.h"
#include "net/settings.h"

struct net;

struct slot {
    struct conn *conn;
    uint32_t generation;
    uint32_t next_free; // slot number + 1; 0: none
};

struct slots {
    struct slot *list;
    uint32_t count;
    uint32_t size;
    uint32_t free;  // slot number + 1
    uint32_t open;  // how many are in use
    uint32_t swept; // where the sweep for vanished peers goes on
};

// Connections that a turn still has to deal with.
struct conn_list {
    struct conn **list;
    uint32_t count;
    uint32_t size;
};

struct io_loop {
    uv_loop_t loop;
    uv_async_t wake;
    uv_prepare_t turn;
    uv_timer_t timer;
};

struct io_thread {
    struct net *net;
    uint32_t number;
    bool started;
    bool stopping;
    uv_thread_t thread;
    struct io_loop uv;
    struct queue commands; // from the owner and from thread 0
    struct queue events;   // to the owner
    struct batch *told;    // events of this turn
    struct settings *settings;
    struct slots slots;
    struct conn_list touched;
    struct conn_list dying;
    struct feeds feeds;
    struct deadlines deadlines;
    int64_t now_us;
    int64_t sweep_us; // when the next few are looked at
    int64_t flush_us; // when feeds may be flushed again
    struct tls_scratch {
        struct buf plain;
        struct buf out;
        int64_t spent_us; // of this turn, on shaking hands
    } tls;
    struct websocket_scratch {
        struct buf lines;
        struct buf frames;
        struct websocket_writer *writer;
    } websocket;
};

void io_thread_init(struct io_thread *t, struct net *net, uint32_t number,
                    struct settings *settings);
void io_thread_start(struct io_thread *t);
// The thread ends after COMMAND_STOP; waits for it.
void io_thread_join(struct io_thread *t);
void io_thread_finish(struct io_thread *t);
// Any thread.
void io_thread_wake(struct io_thread *t);

// On the thread itself:
int64_t io_thread_now_us(struct io_thread *t);
void io_thread_admit(struct io_thread *t, const struct admission *admission);
struct conn *io_thread_find(const struct io_thread *t, struct handle handle);
void io_thread_tell(struct io_thread *t, const struct event *event);
void conn_list_add(struct conn_list *l, struct conn *c);

// command.c
void io_thread_obey(struct io_thread *t, const struct batch *batch, const struct command *command);
// Gives back what a command owns that nobody will obey.
void command_discard(const struct batch *batch, const struct command *command);
