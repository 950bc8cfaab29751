#include "base/must.h"
#include "net/conn.h"
#include "net/io_thread.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
    READ_MAX = 16384,
    READ_LEAST = 256,        // bytes of credit that are worth a read
    PAUSE_MS = 30,           // a silence that ends a message
    PAUSE_OPENING_MS = 1000, // where it may be another thing that comes slowly
};

void conn_input_init(struct conn *c)
{
    const struct net_limits *limits = conn_limits(c);
    framer_init(&c->input.framer, limits->line_bytes, true);
    rate_init(&c->input.lines, limits->lines_burst, c->thread->now_us);
    rate_init(&c->input.bytes, limits->line_bytes_burst, c->thread->now_us);
}

void conn_input_restart(struct conn *c)
{
    struct framer *f = &c->input.framer;
    size_t max_line = f->max_line;
    bool skip_telnet = f->skip_telnet;
    framer_finish(f);
    framer_init(f, max_line, skip_telnet);
}

void conn_input_finish(struct conn *c)
{
    framer_finish(&c->input.framer);
    if (c->input.opening) {
        buf_finish(c->input.opening);
        free(c->input.opening);
    }
}

// What the connection's class may send of something of which a guest may send `amount`.
static uint32_t conn_share(const struct conn *c, uint32_t amount)
{
    uint64_t share = c->is.registered ? (uint64_t)amount * conn_limits(c)->account_rate : amount;
    return share < UINT32_MAX ? (uint32_t)share : UINT32_MAX;
}

static void conn_refill_lines(struct conn *c)
{
    const struct net_limits *limits = conn_limits(c);
    rate_refill(&c->input.lines, conn_share(c, limits->lines_burst),
                conn_share(c, limits->lines_per_s), c->thread->now_us);
}

static uint32_t read_least(const struct net_limits *limits)
{
    return limits->line_bytes_burst < READ_LEAST ? limits->line_bytes_burst : READ_LEAST;
}

// How many bytes may be read now.
static size_t conn_byte_credit(struct conn *c)
{
    const struct net_limits *limits = conn_limits(c);
    if (c->peer.unlimited) {
        return READ_MAX;
    }
    rate_refill(&c->input.bytes, conn_share(c, limits->line_bytes_burst),
                conn_share(c, limits->line_bytes_per_s), c->thread->now_us);
    uint32_t credit = rate_tokens(&c->input.bytes);
    return credit < read_least(limits) ? 0 : credit < READ_MAX ? credit : READ_MAX;
}

static bool conn_has_line_credit(struct conn *c)
{
    conn_refill_lines(c);
    return c->peer.unlimited || rate_tokens(&c->input.lines) > 0;
}

static bool conn_may_read(const struct conn *c)
{
    return c->state <= CONN_OPEN && c->reason == CLOSE_REASON_COUNT && !c->input.eof &&
           !c->input.more && conn_websocket_fault(c) == CLOSE_REASON_COUNT &&
           (c->is.named || c->input.total <= conn_limits(c)->opening_bytes);
}

bool conn_wants_read(struct conn *c)
{
    return conn_may_read(c) && conn_byte_credit(c) > 0;
}

int64_t conn_credit_us(struct conn *c)
{
    const struct net_limits *limits = conn_limits(c);
    if (c->peer.unlimited) {
        return INT64_MAX;
    }
    if (c->input.more) {
        return c->input.window < NET_WINDOW_LINES
                   ? rate_ready_us(&c->input.lines, 1, conn_share(c, limits->lines_per_s))
                   : INT64_MAX;
    }
    if (conn_may_read(c) && conn_byte_credit(c) == 0) {
        return rate_ready_us(&c->input.bytes, read_least(limits),
                             conn_share(c, limits->line_bytes_per_s));
    }
    return INT64_MAX;
}

void conn_credit(struct conn *c, uint32_t lines)
{
    uint32_t window = c->input.window;
    c->input.window = (uint8_t)(lines < window ? window - lines : 0);
    conn_touch(c);
}

void conn_take_plain(struct conn *c, struct text bytes)
{
    struct input *in = &c->input;
    in->last_us = c->thread->now_us;
    if (!c->times.first_byte_us) {
        c->times.first_byte_us = in->last_us;
    }
    in->total += c->is.named ? 0 : (uint32_t)bytes.len;
    if (c->state == CONN_OPENING) {
        conn_open_from(c, bytes);
    } else if (c->websocket) {
        conn_websocket_take(c, bytes);
    } else {
        framer_feed(&in->framer, bytes);
        in->more = true;
    }
}

static void conn_take(struct conn *c, struct text bytes)
{
    if (!c->peer.unlimited) {
        rate_take(&c->input.bytes, (uint32_t)bytes.len);
    }
    if (c->tls) {
        conn_tls_take(c, bytes);
    } else {
        conn_take_plain(c, bytes);
    }
}

void conn_take_end(struct conn *c, int error)
{
    struct input *in = &c->input;
    in->eof = true;
    c->is.hung_up = true;
    if (error) {
        conn_lose(c, error);
    }
    if (c->state == CONN_OPENING) {
        conn_decide(c, true);
    }
    if (c->state == CONN_OPENING) {
        conn_close(c, CLOSE_EOF);
        return;
    }
    // Half a line before a reset is no line, but a pausing peer's message is whole.
    if ((!c->is.lost || c->is.whole) && !conn_tls_is_cut(c)) {
        framer_end(&in->framer);
    } else {
        framer_pause(&in->framer);
    }
    in->more = true;
}

static bool error_is_passing(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

void conn_read(struct conn *c)
{
    char bytes[READ_MAX];
    bool draining = c->state == CONN_DRAINING;
    size_t max = draining ? sizeof bytes : conn_wants_read(c) ? conn_byte_credit(c) : 0;
    if (max == 0 || conn_must_wait(c)) {
        return;
    }
    io_thread_now_us(c->thread);
    ssize_t len = recv(c->socket, bytes, max, MSG_DONTWAIT);
    if (len < 0 && error_is_passing(errno) && !c->is.lost) {
        return;
    }
    if (draining) {
        c->state = len > 0 ? CONN_DRAINING : CONN_DEAD;
    } else if (len > 0) {
        conn_take(c, (struct text){bytes, (size_t)len});
    } else {
        conn_take_end(c, len < 0 ? errno : 0);
    }
}

static void conn_report(struct conn *c, struct text line, enum line_end end)
{
    c->input.window++;
    if (!c->peer.unlimited) {
        rate_take(&c->input.lines, 1);
    }
    struct event event = {.kind = EVENT_LINE, .detail = end};
    event.bytes = batch_add_bytes(c->thread->told, line.at, line.len);
    conn_tell(c, &event);
}

static void conn_pump_one(struct conn *c)
{
    static const enum line_end ends[] = {[FRAMED_LINE] = LINE_WHOLE,
                                         [FRAMED_PAUSED] = LINE_PAUSED,
                                         [FRAMED_TOO_LONG] = LINE_TOO_LONG};
    struct text line;
    enum framed framed = framer_next(&c->input.framer, &line);
    if (framed == FRAMED_NOTHING) {
        c->input.more = false;
    } else if (framed == FRAMED_ENDLESS) {
        conn_close(c, CLOSE_LINE_ENDLESS);
    } else {
        conn_report(c, line, ends[framed]);
    }
}

static void conn_answer_marks(struct conn *c)
{
    struct buf answer;
    buf_init(&answer, READ_MAX);
    for (uint32_t marks = framer_take_marks(&c->input.framer); marks > 0; marks--) {
        buf_add(&answer, TEXT(FRAMER_NO_MARK));
    }
    output_reply(&c->output, &c->thread->feeds, buf_text(&answer));
    c->is.flush = true;
    buf_finish(&answer);
}

static bool conn_may_report(struct conn *c)
{
    // Where nothing waits, the framer says so without credit.
    bool idle = framer_rest(&c->input.framer).len == 0 && !c->input.framer.skipped;
    return idle || (c->input.window < NET_WINDOW_LINES && conn_has_line_credit(c));
}

void conn_pump(struct conn *c)
{
    struct input *in = &c->input;
    const struct net_limits *limits = conn_limits(c);
    if (c->state == CONN_OPEN && in->framer.marks) {
        conn_answer_marks(c);
    }
    while (c->state == CONN_OPEN && c->reason == CLOSE_REASON_COUNT && in->more &&
           conn_may_report(c)) {
        conn_pump_one(c);
    }
    if (c->state > CONN_OPEN || in->more || c->reason != CLOSE_REASON_COUNT) {
        return;
    }
    if (conn_websocket_fault(c) != CLOSE_REASON_COUNT) {
        conn_close(c, conn_websocket_fault(c));
    } else if (in->framer.since_end > limits->endless_bytes) {
        conn_close(c, CLOSE_LINE_ENDLESS);
    } else if (!c->is.named && in->total > limits->opening_bytes && in->window == 0) {
        // With lines still at the owner it may be about to get its name.
        conn_close(c, CLOSE_OPENING_TOO_LONG);
    } else if (in->eof && c->is.lost) {
        conn_close(c, CLOSE_LOST);
    } else if (in->eof && !in->eof_reported) {
        in->eof_reported = true;
        conn_tell(c, &(struct event){.kind = EVENT_ENDED, .detail = CLOSE_EOF});
    }
}

int64_t conn_silence_us(const struct conn *c)
{
    const struct framer *f = &c->input.framer;
    bool opening = c->state == CONN_OPENING;
    bool may_end = c->is.proxied ? c->input.opening != NULL : framer_may_pause(f);
    bool by_pausing = (opening && (c->is.proxied || c->protocol != WIRE_HTTP)) ||
                      c->protocol == WIRE_PLAIN || c->protocol == WIRE_RELAY;
    if (!may_end || !by_pausing || c->input.eof || c->input.more || c->state > CONN_OPEN) {
        return INT64_MAX;
    }
    bool slowly = c->is.proxied || framer_is_lone(f) ||
                  (opening && detect_may_become_machine(framer_rest(f)));
    return c->input.last_us + (slowly ? PAUSE_OPENING_MS : PAUSE_MS) * INT64_C(1000);
}

void conn_check_silence(struct conn *c)
{
    int unread = 0;
    if (c->thread->now_us < conn_silence_us(c)) {
        return;
    }
    if (ioctl(c->socket, FIONREAD, &unread) == 0 && unread > 0) {
        // It was this thread that was silent, or there is no credit to read.
        c->input.last_us = c->thread->now_us;
    } else if (c->state == CONN_OPENING) {
        conn_decide(c, true);
    } else {
        framer_pause(&c->input.framer);
        c->input.more = true;
    }
}
