#include "net/conn.h"
#include "net/io_thread.h"

#include <errno.h>
#include <sys/socket.h>

enum {
    PIECES = 64,
    UNIT_GAP_MS = 50, // writes closer together reach a pausing peer as one
};

static bool error_is_full(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

static size_t bytes_of(const struct iovec *pieces, int count)
{
    size_t bytes = 0;
    for (int i = 0; i < count; i++) {
        bytes += pieces[i].iov_len;
    }
    return bytes;
}

ssize_t conn_send_raw(struct conn *c, struct iovec *pieces, int count)
{
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (size_t)count};
    ssize_t sent;
    do {
        sent = sendmsg(c->socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && error_is_full(errno)) {
        c->is.blocked = true;
    } else if (sent < 0) {
        conn_lose(c, errno);
    } else {
        c->is.blocked = (size_t)sent < bytes_of(pieces, count);
    }
    return sent;
}

ssize_t conn_send(struct conn *c, struct iovec *pieces, int count)
{
    return c->tls ? conn_tls_send(c, pieces, count) : conn_send_raw(c, pieces, count);
}

static ssize_t conn_send_lines(struct conn *c, struct iovec *pieces, int count)
{
    return c->websocket ? conn_websocket_send(c, pieces, count) : conn_send(c, pieces, count);
}

static void conn_sent(struct conn *c, size_t bytes)
{
    unsigned watches = output_sent(&c->output, &c->thread->feeds, bytes);
    for (; watches > 0; watches--) {
        conn_tell(c, &(struct event){.kind = EVENT_DRAINED});
    }
}

// True if there may be more to send.
static bool conn_flush_lines(struct conn *c)
{
    struct iovec pieces[PIECES];
    size_t bytes;
    int count = output_gather(&c->output, &c->thread->feeds, pieces, PIECES, &bytes);
    ssize_t sent = bytes ? conn_send_lines(c, pieces, count) : 0;
    if (sent < 0) {
        return false;
    }
    conn_sent(c, (size_t)sent);
    return (count == PIECES || (size_t)sent < bytes) && !c->is.blocked;
}

// One message for a peer that sends without line ends and reads whatever one recv() gives.
static bool conn_flush_unit(struct conn *c)
{
    int64_t now_us = io_thread_now_us(c->thread);
    bool is_rest = false;
    struct text unit = output_gather_unit(&c->output, &c->thread->feeds, &is_rest);
    struct text text = text_without_line_end(unit);
    bool soon = now_us - c->times.last_write_us < UNIT_GAP_MS * INT64_C(1000);
    size_t gap = text.len && soon && !is_rest && !c->is.half_pause;
    struct iovec pieces[] = {{"\n", gap}, {(char *)text.at, text.len}};
    ssize_t sent = text.len ? conn_send(c, pieces, 2) : 0;
    if (sent < 0) {
        return false;
    }
    size_t text_sent = (size_t)sent - ((size_t)sent < gap ? (size_t)sent : gap);
    bool whole = text_sent == text.len;
    conn_sent(c, whole ? unit.len : text_sent);
    c->is.half_pause = gap && text_sent == 0 && !whole;
    if (sent > 0) {
        c->times.last_write_us = now_us;
    }
    return unit.len > 0 && !c->is.blocked;
}

static bool conn_reads_units(const struct conn *c)
{
    return c->input.framer.paused && !c->input.framer.seen_line_end;
}

void conn_flush(struct conn *c)
{
    bool more = !c->is.lost && c->state <= CONN_FLUSHING;
    if (more && c->tls && !c->is.blocked) {
        more = conn_tls_flush(c);
    }
    if (more && c->websocket && !c->is.blocked) {
        more = conn_websocket_flush(c);
    }
    while (more && !c->is.blocked) {
        more = conn_reads_units(c) ? conn_flush_unit(c) : conn_flush_lines(c);
    }
    if (c->is.blocked && c->state <= CONN_OPEN) {
        conn_check_backlog(c);
    }
}

static void conn_on_lagged(void *context, uint32_t feed, uint64_t from_line)
{
    struct conn *c = context;
    conn_tell(c, &(struct event){.kind = EVENT_LAGGED, .detail = feed, .from_line = from_line});
    output_watch_lag(&c->output, &c->thread->feeds);
}

void conn_check_backlog(struct conn *c)
{
    const struct net_limits *limits = conn_limits(c);
    int64_t oldest_us = c->thread->now_us - limits->backlog_ms * INT64_C(1000);
    output_drop_lagging(&c->output, &c->thread->feeds, limits->backlog_bytes, oldest_us,
                        conn_on_lagged, c);
    if (c->output.reply_bytes > limits->reply_bytes) {
        conn_close(c, CLOSE_SLOW);
    }
}
