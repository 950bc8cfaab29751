// One peer's connection, on the I/O thread that owns it. Whoever finds a reason to end it
// calls conn_close(), which only marks it; conn_settle(), at the end of the thread's turn,
// does what follows, and the thread frees it (io_thread.c) in one place.
#pragma once
#include "net/deadline.h"
#include "net/message.h"
#include "net/output.h"
#include "net/rate.h"
#include "wire/framer.h"

enum conn_state {
    CONN_OPENING,  // the protocol is not decided, or a PROXY header may come
    CONN_OPEN,     // the owner knows it
    CONN_FLUSHING, // to be closed when what waits has been sent
    CONN_DRAINING, // FIN sent: what still comes is thrown away
    CONN_DEAD,     // to be freed at the end of the turn
};

struct input {
    struct framer framer;
    struct buf *opening; // a PROXY header that is not whole yet; else NULL
    struct rate lines;
    struct rate bytes;
    int64_t last_us; // when bytes last came
    uint32_t total;  // bytes before it was named
    uint8_t window;  // lines reported and not credited
    bool more;       // the framer may have another line
    bool eof;        // the peer sends no more
    bool eof_reported;
};

struct conn_times {
    int64_t accepted_us;
    int64_t first_byte_us; // 0: none has come
    int64_t last_write_us; // to a peer that pauses
    int64_t unanswered_us; // since when the peer's kernel has been seen to owe an answer; 0: it
                           // does not
    int64_t end_us;        // of flushing, draining or reading what a lost peer had sent
};

struct tls;
struct websocket;

struct conn {
    uv_poll_t poll;
    struct io_thread *thread;
    struct handle handle;
    struct peer peer;
    int socket;
    uint8_t protocol; // enum wire_protocol
    uint8_t state;    // enum conn_state
    uint8_t reason;   // enum close_reason; CLOSE_REASON_COUNT: stays
    uint8_t polled;   // UV_READABLE ...
    struct conn_flags {
        bool muted : 1;   // the owner is told nothing more
        bool touched : 1; // conn_settle() is due
        bool flush : 1;   // something may be sent
        bool blocked : 1; // the socket is full
        bool lost : 1;    // nothing can be sent to it any more
        bool whole : 1;   // but its FIN came before that
        bool hung_up : 1; // it has sent its FIN, or is gone: there is no more to wait for
        bool named : 1;
        bool registered : 1; // logged in to an account
        bool counted : 1;    // addresses_leave() is due
        bool proxied : 1;    // may begin with a PROXY header
        bool buried : 1;     // is on the list of those to be freed
        bool tls_due : 1;    // has to speak TLS
        bool half_pause : 1; // the line end between two messages has been sent, but not the second
        bool line_ended : 1; // a line end has come that conn_http_read() has not seen
        bool garbled : 1;    // bytes have come that the framer may have changed
    } is;
    struct tls *tls;             // NULL: what comes is what is meant
    struct websocket *websocket; // the same, within that
    struct input input;
    struct output output;
    struct conn_times times;
    struct deadline deadline;
};

struct admission {
    struct peer peer;
    int socket;
    enum wire_protocol protocol; // of the listener
    bool tls;                    // so is this: has to speak TLS
    bool counted;                // in the table of addresses
    bool proxied;                // may begin with a PROXY header
};

// Takes the socket. NULL if the system has no room to watch it: then it is still the caller's.
struct conn *conn_create(struct io_thread *thread, struct handle handle,
                         const struct admission *admission);
// For the thread alone.
void conn_destroy(struct conn *c);

// Marks it to be closed; the first reason counts.
void conn_close(struct conn *c, enum close_reason reason);
// The owner closes it: as conn_close(), but nothing is written or told.
void conn_dismiss(struct conn *c, enum close_reason reason);
// The peer can be sent nothing more; what it has sent is still taken.
// `error` is what the kernel said.
void conn_lose(struct conn *c, int error);
// conn_settle() will be called in this turn.
void conn_touch(struct conn *c);
void conn_settle(struct conn *c);

// The limits that are in force.
const struct net_limits *conn_limits(const struct conn *c);
// Tells the owner, unless it is muted.
void conn_tell(struct conn *c, const struct event *event);

// conn_times.c: closes what has waited too long.
void conn_check_times(struct conn *c);
// When to look again.
int64_t conn_next_us(struct conn *c);
// Looks whether the peer's kernel has gone away; every now and then.
void conn_check_vanished(struct conn *c);

// conn_opening.c
void conn_open_from(struct conn *c, struct text bytes);
// Goes on as a peer that has said which protocol it speaks.
void conn_follow_protocol(struct conn *c, enum wire_protocol protocol);
// Decides from what is there; `over`: after a pause or at the end of the input.
void conn_decide(struct conn *c, bool over);
void conn_open(struct conn *c, enum wire_protocol protocol);
// It is known who the peer is.
void conn_welcome(struct conn *c);

// conn_input.c
void conn_input_init(struct conn *c);
void conn_input_finish(struct conn *c);
// What has come so far is not what lines are made of.
void conn_input_restart(struct conn *c);
void conn_read(struct conn *c);
// Plain bytes of the peer.
void conn_take_plain(struct conn *c, struct text bytes);
// There will be no more: after a FIN (`error` is 0), or because the connection is lost.
void conn_take_end(struct conn *c, int error);
bool conn_wants_read(struct conn *c);
// Reports lines as window and rate allow.
void conn_pump(struct conn *c);
// When a silence will end a message, if nothing comes; INT64_MAX if it ends none.
int64_t conn_silence_us(const struct conn *c);
void conn_check_silence(struct conn *c);
// When reading goes on for which credit is missing; INT64_MAX if nothing waits for that.
int64_t conn_credit_us(struct conn *c);
void conn_credit(struct conn *c, uint32_t lines);

// conn_output.c
void conn_flush(struct conn *c);
// Gives to the socket what fits; -1 if nothing does or the peer is lost.
ssize_t conn_send_raw(struct conn *c, struct iovec *pieces, int count);
// The same where there may be TLS: of that, at most one record.
ssize_t conn_send(struct conn *c, struct iovec *pieces, int count);
void conn_check_backlog(struct conn *c);

// conn_http.c: a browser's request, until it is a WebSocket or has been refused.
void conn_http_begin(struct conn *c);
void conn_http_read(struct conn *c);

// conn_websocket.c: between the plain bytes and the lines, where `websocket` is there.
// Goes on with `answer` to the handshake, and with `bytes` that came behind that.
void conn_websocket_begin(struct conn *c, bool binary, struct text answer, struct text bytes);
void conn_websocket_take(struct conn *c, struct text bytes);
// Why it has to be closed; CLOSE_REASON_COUNT: it has not.
enum close_reason conn_websocket_fault(const struct conn *c);
// As conn_send(), of whole lines.
ssize_t conn_websocket_send(struct conn *c, const struct iovec *pieces, int count);
// Sends what did not fit; false if it still does not.
bool conn_websocket_flush(struct conn *c);
// Says that nothing more comes; true when that has been sent too.
bool conn_websocket_end(struct conn *c);

// conn_tls.c: between a connection's socket and all of the above, where `tls` is there.
// True if `bytes`, which come after `before`, begin TLS.
bool conn_begins_tls(const struct conn *c, struct text before, struct text bytes);
// From here on everything is in TLS.
void conn_tls_begin(struct conn *c);
void conn_tls_take(struct conn *c, struct text bytes);
// As conn_send_raw(), of plain bytes.
ssize_t conn_tls_send(struct conn *c, const struct iovec *pieces, int count);
// Sends what did not fit; false if it still does not.
bool conn_tls_flush(struct conn *c);
// Says that nothing more comes; true when that has been sent too.
bool conn_tls_end(struct conn *c);
// Whether the peer has gone without saying that it has sent everything.
bool conn_tls_is_cut(const struct conn *c);
// Whether hands have been shaken, so that something can be said; always without TLS.
bool conn_may_speak(const struct conn *c);
// Whether the thread has spent enough of this turn on beginning connections.
bool conn_must_wait(const struct conn *c);
