#include "base/log.h"
#include "base/must.h"
#include "net/conn.h"
#include "net/io_thread.h"
#include "net/tls.h"

#include <errno.h>

// How much of a turn may go into shaking hands before those who are inside get theirs.
enum { SHAKING_US = 4000 };

bool conn_must_wait(const struct conn *c)
{
    return c->state == CONN_OPENING && !c->is.lost && c->thread->tls.spent_us > SHAKING_US;
}

bool conn_begins_tls(const struct conn *c, struct text before, struct text bytes)
{
    char head[2] = {0};
    size_t len = 0;
    bool without = c->protocol == WIRE_HTTP && !c->is.tls_due; // of a listener without TLS
    if (c->tls || without || c->state != CONN_OPENING || !c->thread->settings->config.tls) {
        return false;
    }
    for (size_t i = 0; i < before.len && len < sizeof head; i++) {
        head[len++] = before.at[i];
    }
    for (size_t i = 0; i < bytes.len && len < sizeof head; i++) {
        head[len++] = bytes.at[i];
    }
    return detect_protocol((struct text){head, len}, false) == WIRE_TLS;
}

void conn_tls_begin(struct conn *c)
{
    conn_input_restart(c);
    c->tls = tls_create(c->thread->settings->config.tls, (enum wire_protocol)c->protocol);
}

// Sends what OpenSSL has to say. What does not fit waits, and nothing overtakes it.
static void conn_tls_push(struct conn *c, struct text out)
{
    struct buf *unsent = tls_unsent(c->tls);
    ssize_t sent = 0;
    if (out.len && !c->is.lost && !c->is.blocked && unsent->len == 0) {
        struct iovec piece = {(char *)out.at, out.len};
        sent = conn_send_raw(c, &piece, 1);
    }
    struct text rest = text_skip(out, sent > 0 ? (size_t)sent : 0);
    if (rest.len && !c->is.lost && !buf_add(unsent, rest)) {
        conn_lose(c, ENOBUFS); // it asks again and again and reads nothing
    }
}

static void conn_tls_opened(struct conn *c)
{
    c->peer.secure = true;
    // What has been said so far was no more than hello: the times and limits begin here.
    c->times.first_byte_us = 0;
    c->input.total = 0;
    if (c->protocol != WIRE_UNDECIDED) {
        conn_follow_protocol(c, (enum wire_protocol)c->protocol);
    } else if (tls_bound(c->tls) == WIRE_IRC) {
        conn_follow_protocol(c, WIRE_IRC);
    }
}

static void conn_tls_fail(struct conn *c)
{
    log_line(LOG_DEBUG, "tls_failed", "peer=%s:%u why=\"%s\"", c->peer.address, c->peer.port,
             tls_why(c->tls));
    conn_close(c, CLOSE_TLS);
}

static enum tls_state conn_tls_receive(struct conn *c, struct text bytes)
{
    struct io_thread *t = c->thread;
    bool shaking = !c->peer.secure;
    int64_t start_us = shaking ? io_thread_now_us(t) : 0;
    buf_reset(&t->tls.plain);
    buf_reset(&t->tls.out);
    enum tls_state state = tls_receive(c->tls, bytes, &t->tls.plain, &t->tls.out);
    conn_tls_push(c, buf_text(&t->tls.out));
    if (shaking) {
        c->input.total += (uint32_t)bytes.len;
        t->tls.spent_us += io_thread_now_us(t) - start_us;
    }
    return state;
}

void conn_tls_take(struct conn *c, struct text bytes)
{
    if (c->reason != CLOSE_REASON_COUNT || c->input.eof) {
        return;
    }
    enum tls_state state = conn_tls_receive(c, bytes);
    if (!c->peer.secure && tls_has_opened(c->tls)) {
        conn_tls_opened(c);
    }
    if (c->thread->tls.plain.len && c->reason == CLOSE_REASON_COUNT) {
        conn_take_plain(c, buf_text(&c->thread->tls.plain));
    }
    if (state == TLS_ENDED) {
        conn_take_end(c, 0);
    } else if (state == TLS_BROKEN) {
        conn_tls_fail(c);
    }
}

ssize_t conn_tls_send(struct conn *c, const struct iovec *pieces, int count)
{
    struct tls_scratch *s = &c->thread->tls;
    buf_reset(&s->plain);
    buf_reset(&s->out);
    for (int i = 0; i < count && s->plain.len < TLS_RECORD_BYTES; i++) {
        struct text piece = {pieces[i].iov_base, pieces[i].iov_len};
        piece = text_head(piece, TLS_RECORD_BYTES - s->plain.len);
        if (piece.len) {
            must(buf_add(&s->plain, piece));
        }
    }
    if (!tls_send(c->tls, buf_text(&s->plain), &s->out)) {
        conn_lose(c, EPROTO);
        return -1;
    }
    conn_tls_push(c, buf_text(&s->out));
    return c->is.lost ? -1 : (ssize_t)s->plain.len;
}

bool conn_tls_flush(struct conn *c)
{
    struct buf *unsent = tls_unsent(c->tls);
    if (unsent->len == 0) {
        return true;
    }
    struct iovec piece = {unsent->at, unsent->len};
    ssize_t sent = conn_send_raw(c, &piece, 1);
    if (sent < 0) {
        return false;
    }
    buf_drop(unsent, (size_t)sent);
    if (unsent->len == 0) {
        buf_finish(unsent);
        return true;
    }
    return false;
}

bool conn_tls_end(struct conn *c)
{
    struct buf *out = &c->thread->tls.out;
    if (!c->is.blocked) {
        buf_reset(out);
        tls_end(c->tls, out);
        conn_tls_push(c, buf_text(out));
    }
    return !c->is.lost && tls_unsent(c->tls)->len == 0;
}

bool conn_tls_is_cut(const struct conn *c)
{
    return c->tls && tls_state(c->tls) != TLS_ENDED;
}

bool conn_may_speak(const struct conn *c)
{
    return !c->tls || tls_state(c->tls) == TLS_OPEN || tls_state(c->tls) == TLS_ENDED;
}
