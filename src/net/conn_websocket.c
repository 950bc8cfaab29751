#include "base/must.h"
#include "net/conn.h"
#include "net/io_thread.h"
#include "net/tls.h"
#include "wire/websocket.h"

#include <errno.h>

enum { SEND_MAX = TLS_RECORD_BYTES }; // bytes of frames that are made at once

void conn_websocket_begin(struct conn *c, bool binary, struct text answer, struct text bytes)
{
    struct buf early;
    buf_init(&early, SIZE_MAX / 4);
    buf_add(&early, bytes); // which stand in the framer
    conn_input_restart(c);
    c->websocket = websocket_create(binary);
    must(buf_add(websocket_unsent(c->websocket), answer));
    c->is.flush = true;
    conn_touch(c);
    conn_open(c, WIRE_IRC);
    conn_websocket_take(c, buf_text(&early));
    buf_finish(&early);
}

void conn_websocket_take(struct conn *c, struct text bytes)
{
    struct buf *lines = &c->thread->websocket.lines;
    if (c->reason != CLOSE_REASON_COUNT || c->input.eof) {
        return;
    }
    buf_reset(lines);
    enum websocket_state state = websocket_receive(c->websocket, bytes, lines);
    framer_feed(&c->input.framer, buf_text(lines));
    c->input.more = true;
    c->is.flush = true; // a ping may have to be answered
    if (state == WEBSOCKET_ENDED) {
        conn_take_end(c, 0);
    }
}

enum close_reason conn_websocket_fault(const struct conn *c)
{
    return c->websocket ? websocket_fault(c->websocket) : CLOSE_REASON_COUNT;
}

// Sends frames. What does not fit waits, and nothing overtakes it.
static void conn_websocket_push(struct conn *c, struct text frames)
{
    struct buf *unsent = websocket_unsent(c->websocket);
    while (frames.len && unsent->len == 0 && !c->is.lost && !c->is.blocked) {
        struct iovec piece = {(char *)frames.at, frames.len};
        ssize_t sent = conn_send(c, &piece, 1);
        frames = text_skip(frames, sent > 0 ? (size_t)sent : 0);
    }
    if (frames.len && !c->is.lost && !buf_add(unsent, frames)) {
        conn_lose(c, ENOBUFS);
    }
}

ssize_t conn_websocket_send(struct conn *c, const struct iovec *pieces, int count)
{
    struct websocket_scratch *s = &c->thread->websocket;
    size_t taken = 0;
    size_t asked = 0;
    buf_reset(&s->frames);
    for (int i = 0; i < count && taken == asked; i++) {
        struct text lines = {pieces[i].iov_base, pieces[i].iov_len};
        asked += lines.len;
        taken += websocket_write_lines(c->websocket, s->writer, lines, SEND_MAX, &s->frames);
    }
    conn_websocket_push(c, buf_text(&s->frames));
    return c->is.lost ? -1 : (ssize_t)taken;
}

bool conn_websocket_flush(struct conn *c)
{
    struct buf *unsent = websocket_unsent(c->websocket);
    struct buf *frames = &c->thread->websocket.frames;
    while (unsent->len && !c->is.lost && !c->is.blocked) {
        struct iovec piece = {unsent->at, unsent->len};
        ssize_t sent = conn_send(c, &piece, 1);
        if (sent > 0) {
            buf_drop(unsent, (size_t)sent);
        }
    }
    if (unsent->len || c->is.lost) {
        return false;
    }
    buf_finish(unsent);
    buf_reset(frames);
    if (websocket_write_pong(c->websocket, c->thread->websocket.writer, frames)) {
        conn_websocket_push(c, buf_text(frames));
    }
    return unsent->len == 0;
}

bool conn_websocket_end(struct conn *c)
{
    struct websocket_scratch *s = &c->thread->websocket;
    const struct buf *unsent = websocket_unsent(c->websocket);
    if (!c->is.blocked && unsent->len == 0) {
        buf_reset(&s->frames);
        websocket_write_close(c->websocket, s->writer, (enum close_reason)c->reason, &s->frames);
        conn_websocket_push(c, buf_text(&s->frames));
    }
    return !c->is.lost && unsent->len == 0;
}
