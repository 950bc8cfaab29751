#include "net/conn.h"

#include "base/must.h"
#include "net/io_thread.h"
#include "net/net_state.h"
#include "net/tls.h"
#include "wire/websocket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    DRAIN_MS = 1000, // how long a closed peer may take to see our FIN
    LOST_MS = 60000, // how long lines of a lost peer may wait for window and credit
    // Keep-alive notices a vanished idle peer after 60 + 4 * 15 = 120 s.
    KEEP_IDLE_S = 60,
    KEEP_INTERVAL_S = 15,
    KEEP_COUNT = 4,
};

const struct net_limits *conn_limits(const struct conn *c)
{
    return &c->thread->settings->config.limits;
}

void conn_tell(struct conn *c, const struct event *event)
{
    if (!c->is.muted) {
        struct event addressed = *event;
        addressed.handle = c->handle;
        io_thread_tell(c->thread, &addressed);
    }
}

static void socket_set(int socket, int level, int name, int value)
{
    // Each is a help, not a need: a Unix socket knows nothing of TCP's.
    (void)setsockopt(socket, level, name, &value, sizeof value);
}

static void socket_prepare(int socket, uint32_t send_buffer_bytes)
{
    socket_set(socket, SOL_SOCKET, SO_SNDBUF, (int)send_buffer_bytes);
    socket_set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    // Telnet marks where it was interrupted by urgent data (RFC 854), which has its place.
    socket_set(socket, SOL_SOCKET, SO_OOBINLINE, 1);
    socket_set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    socket_set(socket, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S);
    socket_set(socket, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S);
    socket_set(socket, IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT);
}

struct conn *conn_create(struct io_thread *thread, struct handle handle,
                         const struct admission *admission)
{
    struct conn *c = mem_alloc(sizeof *c);
    if (uv_poll_init(&thread->uv.loop, &c->poll, admission->socket) < 0) {
        free(c);
        return NULL;
    }
    c->thread = thread;
    c->handle = handle;
    c->peer = admission->peer;
    c->socket = admission->socket;
    c->protocol = (uint8_t)admission->protocol;
    c->reason = CLOSE_REASON_COUNT;
    c->is.counted = admission->counted;
    c->is.proxied = admission->proxied;
    c->is.tls_due = admission->tls;
    c->times.accepted_us = thread->now_us;
    socket_prepare(c->socket, conn_limits(c)->send_buffer_bytes);
    conn_input_init(c);
    output_init(&c->output);
    if (!c->is.proxied) {
        conn_welcome(c);
    }
    conn_touch(c);
    return c;
}

static void conn_on_closed(uv_handle_t *handle)
{
    free((char *)handle - offsetof(struct conn, poll));
}

void conn_destroy(struct conn *c)
{
    struct io_thread *t = c->thread;
    deadline_set(&t->deadlines, &c->deadline, INT64_MAX);
    output_finish(&c->output, &t->feeds);
    conn_input_finish(c);
    tls_destroy(c->tls);
    websocket_destroy(c->websocket);
    if (c->is.counted) {
        addresses_leave(t->net->addresses, c->peer.address);
    }
    uv_close((uv_handle_t *)&c->poll, conn_on_closed);
    close(c->socket);
}

void conn_touch(struct conn *c)
{
    if (!c->is.touched) {
        c->is.touched = true;
        conn_list_add(&c->thread->touched, c);
    }
}

void conn_close(struct conn *c, enum close_reason reason)
{
    if (c->reason == CLOSE_REASON_COUNT) {
        c->reason = (uint8_t)reason;
        conn_touch(c);
    }
}

void conn_dismiss(struct conn *c, enum close_reason reason)
{
    c->is.muted = true;
    conn_close(c, reason);
}

void conn_lose(struct conn *c, int error)
{
    if (c->is.lost) {
        return;
    }
    c->is.lost = true;
    // The kernel says EPIPE where the peer's FIN had come before its RST.
    c->is.whole = error == EPIPE;
    c->is.hung_up = true;
    c->is.blocked = false;
    output_finish(&c->output, &c->thread->feeds);
    if (c->tls) {
        buf_finish(tls_unsent(c->tls));
    }
    if (c->websocket) {
        buf_finish(websocket_unsent(c->websocket));
    }
    if (c->state >= CONN_FLUSHING) {
        c->state = CONN_DEAD;
    } else if (c->input.eof_reported) {
        conn_close(c, CLOSE_LOST);
    }
    c->times.end_us = c->thread->now_us + LOST_MS * INT64_C(1000);
    conn_touch(c);
}

static bool reason_is_silent(enum close_reason reason)
{
    return reason == CLOSE_EOF || reason == CLOSE_LOST || reason == CLOSE_UNREACHABLE ||
           reason == CLOSE_NOT_CHAT;
}

static void conn_tell_end(struct conn *c)
{
    bool known = c->state == CONN_OPEN;
    struct event event = {.kind = known ? EVENT_ENDED : EVENT_ACCEPTED, .detail = c->reason};
    if (!known) {
        event.bytes = batch_add_bytes(c->thread->told, &c->peer, sizeof c->peer);
    }
    // A peer that was not refused but went away before it said anything is no news.
    if (known || c->reason != CLOSE_EOF) {
        conn_tell(c, &event);
    }
}

static void conn_write_farewell(struct conn *c)
{
    enum { FAREWELL_MAX = 4096 };
    const struct net_config *config = &c->thread->settings->config;
    struct buf farewell;
    buf_init(&farewell, FAREWELL_MAX);
    config->farewell((enum wire_protocol)c->protocol, (enum close_reason)c->reason, &farewell);
    output_reply(&c->output, &c->thread->feeds, buf_text(&farewell));
    buf_finish(&farewell);
}

// What a mark of conn_close() brings about.
static void conn_begin_end(struct conn *c)
{
    bool dismissed = c->is.muted;
    bool silent = c->is.lost || (!dismissed && reason_is_silent((enum close_reason)c->reason));
    conn_tell_end(c);
    c->is.muted = true;
    if (silent) {
        c->state = CONN_DEAD;
        return;
    }
    if (c->reason == CLOSE_SLOW) {
        output_abandon(&c->output, &c->thread->feeds);
    }
    if (!dismissed && conn_may_speak(c)) {
        conn_write_farewell(c);
    }
    output_unsubscribe_all(&c->output, &c->thread->feeds);
    c->state = CONN_FLUSHING;
    c->is.flush = true;
    c->times.end_us = c->thread->now_us + conn_limits(c)->linger_ms * INT64_C(1000);
}

static void conn_begin_drain(struct conn *c)
{
    if (c->input.eof) {
        c->state = CONN_DEAD;
        return;
    }
    // Closing with unread input would make the kernel send a RST, which could overtake
    // what the peer has not read yet.
    shutdown(c->socket, SHUT_WR);
    c->state = CONN_DRAINING;
    c->times.end_us = c->thread->now_us + DRAIN_MS * INT64_C(1000);
}

static void conn_on_poll(uv_poll_t *poll, int status, int events)
{
    struct conn *c = (struct conn *)((char *)poll - offsetof(struct conn, poll));
    conn_touch(c);
    if (status < 0) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(c->socket, SOL_SOCKET, SO_ERROR, &error, &size);
        c->polled = 0; // libuv has stopped it
        conn_lose(c, error);
        return;
    }
    if (events & UV_DISCONNECT) {
        c->is.hung_up = true;
    }
    if (events & UV_WRITABLE) {
        c->is.blocked = false;
        c->is.flush = true;
    }
    if (events & UV_READABLE) {
        conn_read(c);
    }
}

static void conn_poll(struct conn *c)
{
    bool reads = c->state == CONN_DRAINING || conn_wants_read(c);
    int events = (reads ? UV_READABLE : 0) | (c->is.blocked ? UV_WRITABLE : 0);
    if (!reads && !c->is.hung_up) {
        events |= UV_DISCONNECT;
    }
    if (c->is.lost || c->state == CONN_DEAD) {
        events = 0;
    }
    if (events == c->polled) {
        return;
    }
    c->polled = (uint8_t)events;
    if (events) {
        uv_poll_start(&c->poll, events, conn_on_poll);
    } else {
        uv_poll_stop(&c->poll);
    }
}

static void conn_end_if_marked(struct conn *c)
{
    if (c->reason != CLOSE_REASON_COUNT && c->state < CONN_FLUSHING) {
        conn_begin_end(c);
    }
}

static void conn_do_input(struct conn *c)
{
    conn_check_silence(c);
    conn_pump(c);
    // What a peer sent before it went away still counts; nobody polls it any more.
    while (c->is.lost && conn_wants_read(c)) {
        conn_read(c);
        conn_pump(c);
    }
}

void conn_settle(struct conn *c)
{
    c->is.touched = false;
    if (c->is.buried) {
        return;
    }
    conn_check_times(c);
    if (c->state <= CONN_OPEN) {
        conn_do_input(c);
    }
    conn_end_if_marked(c);
    while (c->is.flush) {
        c->is.flush = false;
        conn_flush(c);
        conn_end_if_marked(c);
    }
    if (c->state == CONN_FLUSHING && !output_waits(&c->output) &&
        (!c->websocket || conn_websocket_end(c)) && (!c->tls || conn_tls_end(c))) {
        conn_begin_drain(c);
    }
    conn_poll(c);
    if (c->state == CONN_DEAD) {
        c->is.buried = true;
        conn_list_add(&c->thread->dying, c);
        return;
    }
    deadline_set(&c->thread->deadlines, &c->deadline, conn_next_us(c));
}
