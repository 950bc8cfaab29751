// The other side of the core's outputs, for tests: connections, feeds, subscriptions and
// credit by the rules of base/segment.h and net/net.h, with peers that read at once or are
// slow. Whatever the core does against those rules is reported as broken: a dead handle, a
// second subscription, credit that nobody used, lines that would harm a terminal.
#pragma once
#include "chat/core.h"
#include "chat/protocol.h"

struct fake_net;
struct fake_conn;

enum {
    FAKE_WINDOW_LINES = 64,
    FAKE_REPLY_BYTES = 512 * 1024,
    FAKE_IGNORED_MAX = 100,
    FAKE_JOBS_MAX = 64
};

struct fake_line {
    struct text text; // without the line end
    bool shared;      // came through a feed: the same bytes come to each who gets them
    uint64_t number;  // of a shared line: not 0, and the same for each who gets it
    uint64_t time;    // what now() said when the core sent it
};

// What happens on the peers' side. `person` is what fake_net_connect() was given.
struct fake_receiver {
    void *context;
    void (*line)(void *context, void *person, const struct fake_line *line);
    uint64_t (*now)(void *context); // NULL: always 0
    // The core has closed the connection; the fake_conn is gone.
    void (*closed)(void *context, void *person, enum close_reason reason);
    void (*activity)(void *context, const struct activity *);
    // A rule is broken: must not return.
    void (*broken)(void *context, const char *what);
};

struct fake_net *fake_net_create(const struct fake_receiver *receiver);
// Connections that are still open are freed.
void fake_net_destroy(struct fake_net *net);
const struct output *fake_net_output(const struct fake_net *net);
// The core that is told what comes; to be set before anything else, and after a restart, when
// all connections are gone.
void fake_net_serve(struct fake_net *net, struct core *core);

// A connection of `peer`, for which core_conn_opened() has been called.
struct fake_conn *fake_net_connect(struct fake_net *net, const struct peer *peer,
                                   const struct protocol *protocol, void *person);
struct handle fake_conn_handle(const struct fake_conn *conn);
// The peer sends a line. At most FAKE_WINDOW_LINES without credit are given to the core, the
// rest waits; it is given at the next fake_net_pump().
void fake_conn_send(struct fake_conn *conn, struct text line, enum core_line how);
// FIN: nothing may be sent afterwards, and it still reads.
void fake_conn_stop_sending(struct fake_conn *conn);
// The connection is gone (CLOSE_LOST …): `conn` must not be used again.
void fake_conn_vanish(struct fake_conn *conn, enum close_reason reason);
// Reads nothing until fake_conn_read_again(); behind by more than `lag_bytes` in one feed it
// loses its place there, as slow readers do.
void fake_conn_stop_reading(struct fake_conn *conn, size_t lag_bytes);
void fake_conn_read_again(struct fake_conn *conn);
// Lines that wait for credit, and lines given whose credit has not come back.
size_t fake_conn_waiting(const struct fake_conn *conn);
size_t fake_conn_uncredited(const struct fake_conn *conn);
// What the core has said last: whether it is logged in to an account.
bool fake_conn_is_registered(const struct fake_conn *conn);

// Gives the core what has come since the last time, in order; false if nothing had.
bool fake_net_pump(struct fake_net *net);
bool fake_net_has_input(const struct fake_net *net);
// Passwords are worked on for as long as they are held.
void fake_net_hold_passwords(struct fake_net *net, bool hold);
size_t fake_net_conn_count(const struct fake_net *net);
size_t fake_net_feed_count(const struct fake_net *net); // with subscribers
