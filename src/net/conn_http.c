#include "net/conn.h"
#include "net/handshake.h"
#include "net/io_thread.h"

void conn_http_begin(struct conn *c)
{
    c->protocol = WIRE_HTTP;
    c->input.framer.skip_telnet = false;
    if (c->is.garbled) {
        conn_close(c, CLOSE_HTTP_BAD);
    } else {
        conn_http_read(c);
    }
}

static void conn_http_answer(struct conn *c, const struct http_head *head, struct text rest)
{
    enum { ANSWER_MAX = 1024 };
    bool binary = false;
    struct buf answer;
    buf_init(&answer, ANSWER_MAX);
    enum close_reason refused =
        handshake_answer(head, c->thread->settings->config.web_origins, &binary, &answer);
    if (refused != CLOSE_REASON_COUNT) {
        conn_close(c, refused);
    } else {
        conn_websocket_begin(c, binary, buf_text(&answer), rest);
    }
    buf_finish(&answer);
}

void conn_http_read(struct conn *c)
{
    static const enum close_reason faults[] = {[HTTP_BAD] = CLOSE_HTTP_BAD,
                                               [HTTP_VERSION] = CLOSE_HTTP_VERSION,
                                               [HTTP_TOO_LONG] = CLOSE_OPENING_TOO_LONG};
    struct text rest = framer_rest(&c->input.framer);
    if (!c->is.line_ended && rest.len <= HTTP_HEAD_BYTES) {
        return;
    }
    c->is.line_ended = false;
    struct http_head head;
    enum http_parsed parsed = http_head_parse(&rest, &head);
    if (parsed == HTTP_OK) {
        conn_http_answer(c, &head, rest);
    } else if (parsed != HTTP_MORE) {
        conn_close(c, faults[parsed]);
    }
}
