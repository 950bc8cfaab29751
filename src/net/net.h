// Connections: listeners, I/O threads, framing, protocol detection, output and the
// delivery of feeds. The thread that owns a `struct net` (the core's) calls everything
// here; the I/O threads are behind it. Input is taken in batches with net_take(); what
// the owner says between two net_publish() calls reaches the I/O threads as one batch, and
// each connection it concerns gets it in as few send() calls as can be.
#pragma once
#include "base/buf.h"
#include "base/close_reason.h"
#include "base/peer.h"
#include "base/segment.h"
#include "wire/detect.h"

// A listener's URI: any://0.0.0.0:5000, plain://[::1]:5000, relay://0.0.0.0:12345,
// tls+plain://0.0.0.0:5001, ircs://0.0.0.0:6697 (the same as tls+irc), http and https (WebSocket),
// unix+any:///run/hobnob/socket, unix+control:///run/hobnob/control (on a Unix socket alone, and
// nobody but its owner may connect to that).
enum { LISTEN_PATH_MAX = 107 }; // of a Unix socket
struct listen_uri {
    enum wire_protocol protocol; // WIRE_UNDECIDED: detect (`any`)
    bool tls;                    // speaks TLS only, and the protocol in it
    bool unix_socket;
    char host[256]; // numeric address, or the path of a Unix socket
    uint16_t port;
};

// Reads a URI. On failure returns false and points `why` at a sentence that says what
// would be right.
bool listen_uri_parse(struct text uri, struct listen_uri *parsed, const char **why);

struct net_limits {
    uint32_t first_byte_decided_ms;   // 10 s from the first byte to a decided protocol
    uint32_t name_ms;                 // 60 s from accept to net_named()
    uint32_t opening_bytes;           // 32 KiB before net_named()
    uint32_t undecided_bytes;         // 16 KiB with no line end
    uint32_t line_bytes;              // 4,096
    uint32_t endless_bytes;           // 1 MiB with no line end
    uint32_t connections_per_address; // 256 (/32, /64)
    uint32_t connects_burst;          // 128 per address at once,
    uint32_t connects_per_s;          // then 10 a second
    uint32_t lines_burst;             // 10 at once,
    uint32_t lines_per_s;             // then 2 a second
    uint32_t line_bytes_burst;        // 16 KiB at once,
    uint32_t line_bytes_per_s;        // then 2 KiB a second
    uint32_t account_rate;            // 4 times as much of these four after net_registered()
    uint32_t backlog_bytes;           // 1 MiB of one feed not yet read,
    uint32_t backlog_ms;              // or 60 s of it
    uint32_t reply_bytes;             // 512 KiB of replies not yet read
    uint32_t send_buffer_bytes;       // SO_SNDBUF
    uint32_t vanished_ms;             // 120 s: nothing acknowledged while bytes wait
    uint32_t linger_ms;               // 5 s to flush a connection that is being closed
};

enum { NET_WINDOW_LINES = 64 }; // lines of one connection not yet given back by net_credit()

enum line_end {
    LINE_WHOLE,    // it ended with a line end (or with the input)
    LINE_PAUSED,   // by pausing
    LINE_TOO_LONG, // it was too long and is not here
};

struct net_status {
    enum wire_protocol protocol;
    uint32_t lag_bytes;      // of feeds, not yet sent
    uint32_t buffered_bytes; // of replies and input
};

// What net_take() reports, in the order in which it happened on each connection. Texts
// are valid during the call.
struct net_handler {
    void *context;
    // The protocol is decided. Comes before anything else of this connection. For
    // protocols that are not served the connection never comes here: it is answered
    // and closed by the I/O thread.
    void (*opened)(void *context, struct handle, const struct peer *, enum wire_protocol);
    // Window: at most NET_WINDOW_LINES of these without net_credit().
    void (*line)(void *context, struct handle, struct text line, enum line_end);
    // The peer sends no more (CLOSE_EOF: it can still read; answer, then net_close()),
    // or the connection is gone (any other reason: the handle is already dead).
    void (*ended)(void *context, struct handle, enum close_reason);
    // After net_watch(): all replies and feeds up to then have been given to the kernel.
    void (*drained)(void *context, struct handle);
    // It fell behind in `feed`: the subscription is gone, everything from line number
    // `from_line` of the feed on was not sent. `drained` follows when it reads again.
    void (*lagged)(void *context, struct handle, uint32_t feed, uint64_t from_line);
    // After net_ask_status(), for each connection with a decided protocol.
    void (*status)(void *context, struct handle, const struct net_status *);
    // For the operator: accepted and refused connections. From any state; `reason` is
    // CLOSE_REASON_COUNT for an accepted one.
    void (*accepted)(void *context, const struct peer *, enum close_reason reason);
};

struct net_config {
    uint32_t io_threads;
    struct net_limits limits;
    const struct net_trust *unlimited; // addresses without rate and count limits
    // Addresses whose PROXY header is believed: the peer is then the one it names. A
    // connection from there that begins without one is the proxy's own.
    const struct net_trust *proxy_from;
    // Writes what a peer reads when the I/O thread itself ends its connection (a deadline, a
    // limit, a protocol that is not served: then `protocol` says which). Called on I/O
    // threads; may write nothing.
    void (*farewell)(enum wire_protocol protocol, enum close_reason reason, struct buf *out);
    // Protocols that are served, as bits 1u << WIRE_PLAIN ...; others get a farewell.
    uint32_t served;
    // From which web pages one may come in besides those of the same host and port, as browsers
    // name them, separated by blanks; "*": any; NULL: none. It is copied, as the lists are.
    const char *web_origins;
    // With which TLS is served; NULL: it is not. net_create() and net_configure() take a reference
    // of their own.
    struct tls_context *tls;
    void (*wake)(void *context); // called on an I/O thread: net_take() has something
    void *wake_context;
};

// A list of ADDRESS[/BITS].
struct net_trust;
struct net_trust *net_trust_create(void);
void net_trust_destroy(struct net_trust *);
// False if `address` is no ADDRESS[/BITS].
bool net_trust_add(struct net_trust *, struct text address);
bool net_trust_has(const struct net_trust *, const char *address);

struct net;

struct net *net_create(const struct net_config *config);
// 0, or -errno (-EADDRINUSE, -EACCES, -EADDRNOTAVAIL ...). Before net_start().
int net_listen(struct net *, const struct listen_uri *);
// The port of the listener that came `listener`-th, counting from 0: where its URI says
// port 0, the one that the system chose.
uint16_t net_listening_port(const struct net *, size_t listener);
void net_start(struct net *);
// New limits and lists for what happens from now on (reload). Nobody is disturbed. The lists
// are copied, as by net_create().
void net_configure(struct net *, const struct net_config *config);
// Accepts no more; those inside go on.
void net_stop_listening(struct net *);
// Ends the threads; connections still open are closed. NULL is allowed.
void net_destroy(struct net *);
// How many connections are open, also undecided and closing ones; any thread. `wake` is
// called when there are none any more.
size_t net_connections(const struct net *);

void net_take(struct net *, const struct net_handler *);

// Each of these is ignored if the handle is dead.
// One block of whole lines, in order with feeds: what was appended before goes out before.
void net_reply(struct net *, struct handle, struct text bytes);
// Members get what is appended from now on. `user` and `session` are matched with
// struct segment_line; `session` names this member. Not 0.
void net_subscribe(struct net *, struct handle, uint32_t feed, uint32_t user, uint32_t session);
// What was appended before still goes out.
void net_unsubscribe(struct net *, struct handle, uint32_t feed);
// Lines of `user` are not sent to this connection from now on (or are again).
void net_ignore(struct net *, struct handle, uint32_t user, bool ignored);
// The connection has a name: the deadlines and byte limits for the nameless end.
void net_named(struct net *, struct handle);
// It is logged in to an account (or is not any more): limits.account_rate holds for it.
void net_registered(struct net *, struct handle, bool registered);
// `lines` of the lines reported are dealt with: the window opens by as many.
void net_credit(struct net *, struct handle, uint32_t lines);
void net_watch(struct net *, struct handle);
// Sends what waits (at most linger_ms long), then closes. The handle is dead for the
// owner at once and nothing more is reported of it.
void net_close(struct net *, struct handle, enum close_reason);
void net_ask_status(struct net *);

// Appends to a feed; takes the caller's reference. Feeds need no creation; a feed
// without subscribers keeps nothing.
void net_append(struct net *, uint32_t feed, struct segment *segment);

// The end of the owner's turn.
void net_publish(struct net *);
