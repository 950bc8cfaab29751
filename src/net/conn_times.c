#include "net/conn.h"
#include "net/io_thread.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

void conn_check_times(struct conn *c)
{
    int64_t now_us = c->thread->now_us;
    const struct net_limits *limits = conn_limits(c);
    if (c->state >= CONN_FLUSHING) {
        if (now_us >= c->times.end_us) {
            c->state = CONN_DEAD;
        }
        return;
    }
    // A full socket is not written to; but how far it is behind is looked at.
    c->is.flush = c->is.flush || c->is.blocked;
    if (c->is.lost && now_us >= c->times.end_us) {
        conn_close(c, CLOSE_LOST);
    }
    if (c->state == CONN_OPENING && c->times.first_byte_us &&
        now_us >= c->times.first_byte_us + limits->first_byte_decided_ms * INT64_C(1000)) {
        conn_close(c, CLOSE_UNDECIDED);
    }
    if (!c->is.named && now_us >= c->times.accepted_us + limits->name_ms * INT64_C(1000)) {
        conn_close(c, CLOSE_NO_NAME);
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t conn_next_us(struct conn *c)
{
    const struct net_limits *limits = conn_limits(c);
    if (c->state >= CONN_FLUSHING) {
        return c->times.end_us;
    }
    int64_t next_us = earlier(conn_silence_us(c), conn_credit_us(c));
    if (c->is.lost) {
        next_us = earlier(next_us, c->times.end_us);
    }
    if (!c->is.named) {
        next_us = earlier(next_us, c->times.accepted_us + limits->name_ms * INT64_C(1000));
    }
    if (c->state == CONN_OPENING && c->times.first_byte_us) {
        next_us = earlier(next_us,
                          c->times.first_byte_us + limits->first_byte_decided_ms * INT64_C(1000));
    }
    int64_t oldest_us = c->is.blocked ? output_oldest_us(&c->output) : INT64_MAX;
    if (oldest_us != INT64_MAX) {
        next_us = earlier(next_us, oldest_us + limits->backlog_ms * INT64_C(1000) + 1);
    }
    return next_us;
}

// Whether the peer's kernel owes us an answer: to bytes, or to the question whether its
// window is still closed. It answers that one for a peer that merely does not read, though
// the questions may be two minutes apart.
static bool conn_is_unanswered(const struct conn *c, struct tcp_info *info)
{
    socklen_t size = sizeof *info;
    return getsockopt(c->socket, IPPROTO_TCP, TCP_INFO, info, &size) == 0 &&
           (info->tcpi_unacked || info->tcpi_probes);
}

void conn_check_vanished(struct conn *c)
{
    struct tcp_info info;
    if (c->state >= CONN_FLUSHING || c->is.lost || !conn_is_unanswered(c, &info)) {
        c->times.unanswered_us = 0;
        return;
    }
    int64_t now_us = c->thread->now_us;
    if (!c->times.unanswered_us) {
        c->times.unanswered_us = now_us;
    }
    int64_t heard_us = now_us - info.tcpi_last_ack_recv * INT64_C(1000);
    int64_t silent_since_us = c->times.unanswered_us;
    if (heard_us > silent_since_us) {
        silent_since_us = heard_us;
    }
    if (now_us - silent_since_us >= conn_limits(c)->vanished_ms * INT64_C(1000)) {
        conn_close(c, CLOSE_UNREACHABLE);
    }
}
