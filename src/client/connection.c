#include "client/connection.h"

#include "base/must.h"
#include "client/tunnel.h"
#include "wire/framer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECT_MS = 10 * 1000, // for each address
    SHAKE_MS = 5 * 1000,    // for the answer to TLS's hello
    PAUSE_MS = 50,
    READ_SIZE = 16 * 1024,
};

// A search for the host's addresses. It may end long after nobody wants its result.
struct lookup {
    uv_getaddrinfo_t request;
    struct connection *wanted_by; // NULL: nobody any more
};

// A socket and the loop's watch on it, which lives until the loop lets go of it.
struct watch {
    uv_poll_t poll;
    struct connection *owner; // NULL: being closed
    int fd;
    int events;
};

struct connection {
    uv_loop_t *loop;
    struct connection_config config;
    struct connection_handler handler;
    struct framer framer;
    struct lookup *lookup;
    struct addrinfo *addresses; // found ones
    struct addrinfo *next;      // the next to be tried
    struct addrinfo *current;   // the one that is tried, or was taken
    struct watch *watch;
    struct tunnel *tunnel; // NULL: no TLS
    uv_timer_t *timer;     // for connecting, then for shaking hands, later for pauses
    bool connected;
    bool plain; // this time without TLS
};

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

struct connection *connection_create(uv_loop_t *loop, const struct connection_config *config,
                                     const struct connection_handler *handler)
{
    struct connection *c = mem_alloc(sizeof *c);
    c->loop = loop;
    c->config = *config;
    c->handler = *handler;
    framer_init(&c->framer, CONNECTION_LINE_MAX, false);
    c->timer = mem_alloc(sizeof *c->timer);
    uv_timer_init(loop, c->timer);
    c->timer->data = c;
    return c;
}

void connection_destroy(struct connection *c)
{
    if (c) {
        connection_drop(c);
        uv_close((uv_handle_t *)c->timer, free_handle);
        framer_finish(&c->framer);
        free(c);
    }
}

static void watch_closed(uv_handle_t *handle)
{
    struct watch *w = handle->data;
    close(w->fd);
    free(w);
}

static void drop_watch(struct connection *c)
{
    if (c->tunnel) {
        tunnel_end(c->tunnel);
    }
    if (c->watch) {
        c->watch->owner = NULL;
        uv_close((uv_handle_t *)&c->watch->poll, watch_closed);
        c->watch = NULL;
    }
    tunnel_destroy(c->tunnel);
    c->tunnel = NULL;
    c->connected = false;
    uv_timer_stop(c->timer);
}

void connection_drop(struct connection *c)
{
    drop_watch(c);
    if (c->lookup) {
        c->lookup->wanted_by = NULL;
        uv_cancel((uv_req_t *)&c->lookup->request);
        c->lookup = NULL;
    }
    if (c->addresses) {
        uv_freeaddrinfo(c->addresses);
        c->addresses = NULL;
    }
    c->next = c->current = NULL;
}

static void closed(struct connection *c, const char *why)
{
    connection_drop(c);
    c->handler.closed(c->handler.context, why);
}

// "Connection refused" as part of a sentence.
static const char *reason(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return "connection refused";
    case ETIMEDOUT:
        return "no answer in time";
    case ECONNRESET:
    case EPIPE:
        return "the connection broke";
    case ENETUNREACH:
    case EHOSTUNREACH:
        return "no way leads there";
    default:
        return strerror(error);
    }
}

static void watch_events(struct watch *w, int events);

// Hands out every line that has come; false if the connection is gone.
static bool take_lines(struct connection *c)
{
    struct text line;
    enum framed framed;
    struct watch *w = c->watch;
    while ((framed = framer_next(&c->framer, &line)) != FRAMED_NOTHING) {
        if (framed == FRAMED_ENDLESS) {
            closed(c, "the server sent a line without an end");
        } else if (framed == FRAMED_TOO_LONG) {
            c->handler.line_too_long(c->handler.context);
        } else {
            c->handler.line(c->handler.context, line);
        }
        if (c->watch != w || !w) {
            return false;
        }
    }
    return true;
}

static void on_pause(uv_timer_t *timer)
{
    struct connection *c = timer->data;
    framer_pause(&c->framer);
    take_lines(c);
}

static void end_of_input(struct connection *c)
{
    framer_end(&c->framer);
    if (take_lines(c)) {
        closed(c, NULL);
    }
}

static bool is_temporary(int error)
{
    return error == EAGAIN || error == EINTR;
}

static void receive(struct connection *c)
{
    char bytes[READ_SIZE];
    ssize_t got = c->tunnel ? tunnel_receive(c->tunnel, bytes, sizeof bytes)
                            : recv(c->watch->fd, bytes, sizeof bytes, 0);
    if (got == 0) {
        end_of_input(c);
    } else if (got < 0 && !is_temporary(errno)) {
        closed(c, reason(errno));
    } else if (got > 0) {
        framer_feed(&c->framer, (struct text){bytes, (size_t)got});
        if (take_lines(c) && c->config.may_pause && framer_may_pause(&c->framer)) {
            uv_timer_start(c->timer, on_pause, PAUSE_MS, 0);
        }
    }
}

static void transmit(struct connection *c)
{
    struct text rest = c->handler.outgoing(c->handler.context);
    while (rest.len) {
        ssize_t sent = c->tunnel ? tunnel_send(c->tunnel, rest)
                                 : send(c->watch->fd, rest.at, rest.len, MSG_NOSIGNAL);
        if (sent < 0) {
            // A broken connection is found by reading, after what the server said last.
            watch_events(c->watch, UV_READABLE | (is_temporary(errno) ? UV_WRITABLE : 0));
            return;
        }
        c->handler.sent(c->handler.context, (size_t)sent);
        rest = c->handler.outgoing(c->handler.context);
    }
    watch_events(c->watch, UV_READABLE);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    if (w->owner && (status < 0 || (events & UV_READABLE))) {
        receive(w->owner);
    }
    if (w->owner && (events & UV_WRITABLE)) {
        transmit(w->owner);
    }
}

static void watch_events(struct watch *w, int events)
{
    if (w->events != events) {
        w->events = events;
        int error = uv_poll_start(&w->poll, events, on_ready);
        must(error == 0);
    }
}

void connection_push(struct connection *c)
{
    if (c->connected) {
        transmit(c);
    }
}

static void try_next(struct connection *c, int error);

// A dead server is noticed within two minutes although nobody says anything.
static void set_keepalive(int fd)
{
    static const struct {
        int level, option, value;
    } settings[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 1},    {IPPROTO_TCP, TCP_KEEPIDLE, 60},
        {IPPROTO_TCP, TCP_KEEPINTVL, 15}, {IPPROTO_TCP, TCP_KEEPCNT, 4},
        {IPPROTO_TCP, TCP_NODELAY, 1},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        setsockopt(fd, settings[i].level, settings[i].option, &settings[i].value, sizeof(int));
    }
}

static void established(struct connection *c)
{
    uv_timer_stop(c->timer);
    set_keepalive(c->watch->fd);
    framer_finish(&c->framer);
    framer_init(&c->framer, CONNECTION_LINE_MAX, false);
    c->connected = true;
    watch_events(c->watch, UV_READABLE);
    struct watch *w = c->watch;
    c->handler.connected(c->handler.context);
    if (c->watch == w) {
        connection_push(c);
    }
}

static int start_connecting(struct connection *c, const struct addrinfo *address);

// The same address once more, without TLS, if that may be.
static void go_without_tls(struct connection *c, const char *why)
{
    if (c->config.tls == CONNECTION_TRIES_TLS && c->handler.insecure(c->handler.context)) {
        drop_watch(c);
        c->plain = true;
        int error = start_connecting(c, c->current);
        if (error) {
            try_next(c, error);
        }
        return;
    }
    connection_drop(c);
    c->handler.unreachable(c->handler.context, false, why);
}

static void shaken(struct connection *c)
{
    struct tunnel_peer peer = tunnel_peer(c->tunnel);
    if (c->handler.secured(c->handler.context, &peer)) {
        established(c);
    } else {
        connection_drop(c);
    }
}

static void on_shake(uv_poll_t *poll, int status, int events);

static void shake(struct connection *c)
{
    char why[256];
    enum tunnel_state state = tunnel_shake(c->tunnel);
    switch (state) {
    case TUNNEL_READS:
    case TUNNEL_WRITES:
        uv_poll_start(&c->watch->poll, state == TUNNEL_READS ? UV_READABLE : UV_WRITABLE, on_shake);
        break;
    case TUNNEL_OPEN:
        shaken(c);
        break;
    case TUNNEL_FOREIGN:
        go_without_tls(c, "it does not answer in TLS");
        break;
    case TUNNEL_BROKEN:
        snprintf(why, sizeof why, "TLS fails: %s", tunnel_why(c->tunnel));
        connection_drop(c);
        c->handler.unreachable(c->handler.context, false, why);
        break;
    }
}

static void on_shake(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    struct watch *w = poll->data;
    if (w->owner) {
        shake(w->owner);
    }
}

static void on_shake_timeout(uv_timer_t *timer)
{
    go_without_tls(timer->data, "it does not answer in TLS");
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)address;
        return (ntohl(four->sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
    }
    const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == 127);
}

// TLS where it is wanted, else the talk begins at once.
static void begin(struct connection *c)
{
    bool tries =
        c->config.tls == CONNECTION_TRIES_TLS && !c->plain && !is_loopback(c->current->ai_addr);
    if (!tries && c->config.tls != CONNECTION_TLS) {
        established(c);
        return;
    }
    c->tunnel = tunnel_create(c->watch->fd, c->config.host);
    uv_timer_start(c->timer, on_shake_timeout, SHAKE_MS, 0);
    shake(c);
}

static void on_connect(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct watch *w = poll->data;
    struct connection *c = w->owner;
    if (!c) {
        return;
    }
    int error = -status;
    socklen_t len = sizeof error;
    getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error) {
        drop_watch(c);
        try_next(c, error);
    } else {
        begin(c);
    }
}

static void on_connect_timeout(uv_timer_t *timer)
{
    struct connection *c = timer->data;
    drop_watch(c);
    try_next(c, ETIMEDOUT);
}

// 0 or the errno of a socket that cannot be connected.
static int start_connecting(struct connection *c, const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    if (connect(fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS) {
        int error = errno;
        close(fd);
        return error;
    }
    struct watch *w = mem_alloc(sizeof *w);
    *w = (struct watch){.owner = c, .fd = fd};
    int error = uv_poll_init(c->loop, &w->poll, fd);
    must(error == 0);
    w->poll.data = w;
    c->watch = w;
    uv_poll_start(&w->poll, UV_WRITABLE, on_connect);
    uv_timer_start(c->timer, on_connect_timeout, CONNECT_MS, 0);
    return 0;
}

static void try_next(struct connection *c, int error)
{
    while (c->next) {
        struct addrinfo *address = c->next;
        c->next = c->next->ai_next;
        c->current = address;
        error = start_connecting(c, address);
        if (error == 0) {
            return;
        }
    }
    connection_drop(c);
    c->handler.unreachable(c->handler.context, false, reason(error));
}

static void on_lookup(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct lookup *l = request->data;
    struct connection *c = l->wanted_by;
    free(l);
    if (!c) {
        uv_freeaddrinfo(found);
        return;
    }
    c->lookup = NULL;
    if (status < 0) {
        c->handler.unreachable(c->handler.context, true, uv_strerror(status));
        return;
    }
    c->addresses = found;
    c->next = found;
    try_next(c, EHOSTUNREACH);
}

void connection_open(struct connection *c)
{
    connection_drop(c);
    c->plain = false;
    struct lookup *l = mem_alloc(sizeof *l);
    l->wanted_by = c;
    l->request.data = l;
    char port[8];
    snprintf(port, sizeof port, "%u", (unsigned)c->config.port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
    int error = uv_getaddrinfo(c->loop, &l->request, on_lookup, c->config.host, port, &hints);
    if (error) {
        // A host name that no name service would take.
        free(l);
        c->handler.unreachable(c->handler.context, true, uv_strerror(error));
        return;
    }
    c->lookup = l;
}
