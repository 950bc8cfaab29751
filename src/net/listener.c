#include "net/listener.h"

#include "base/log.h"
#include "base/must.h"
#include "net/bind.h"
#include "net/net_state.h"
#include "net/trust.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ACCEPTS_A_TURN = 64, // so that those inside get their turn during a storm
    RETRY_US = 1000000,
    QUIET_US = 60000000,
};

int listener_create(struct net *net, const struct listen_uri *uri, struct listener **created)
{
    struct listen_uri bound = *uri;
    int socket = listen_bind(&bound);
    if (socket < 0) {
        return socket;
    }
    struct listener *l = mem_alloc(sizeof *l);
    l->net = net;
    l->uri = bound;
    l->socket = socket;
    struct stat status;
    if (bound.unix_socket && lstat(bound.host, &status) == 0) {
        l->device = status.st_dev;
        l->inode = status.st_ino;
    }
    *created = l;
    return 0;
}

static void listener_close(struct listener *l)
{
    struct stat status;
    if (l->socket < 0) {
        return;
    }
    if (l->uri.unix_socket && lstat(l->uri.host, &status) == 0 && status.st_dev == l->device &&
        status.st_ino == l->inode) {
        unlink(l->uri.host);
    }
    close(l->socket);
    l->socket = -1;
}

void listener_destroy(struct listener *l)
{
    if (l) {
        listener_close(l);
        free(l);
    }
}

static void peer_of(struct peer *peer, const struct listener *l,
                    const struct sockaddr_storage *from)
{
    *peer = (struct peer){
        .listener_port = l->uri.unix_socket ? 0 : l->uri.port,
        .may_secure = l->uri.tls || l->uri.protocol == WIRE_UNDECIDED,
    };
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)from;
        inet_ntop(AF_INET, &four->sin_addr, peer->address, sizeof peer->address);
        peer->port = ntohs(four->sin_port);
    } else if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)from;
        inet_ntop(AF_INET6, &six->sin6_addr, peer->address, sizeof peer->address);
        peer->port = ntohs(six->sin6_port);
    } else {
        memcpy(peer->address, "unix", sizeof "unix");
    }
}

// Says why and closes, before anything has been spent on it.
static void refuse(struct io_thread *t, const struct admission *a, enum close_reason reason)
{
    char unread[4096];
    struct buf farewell;
    buf_init(&farewell, sizeof unread);
    t->settings->config.farewell(a->tls ? WIRE_TLS : a->protocol, reason, &farewell);
    // What was sent already would turn the close into a RST, which can eat the answer.
    (void)!recv(a->socket, unread, sizeof unread, MSG_DONTWAIT);
    (void)!send(a->socket, farewell.at, farewell.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    buf_finish(&farewell);
    close(a->socket);
    struct event event = {.kind = EVENT_ACCEPTED, .detail = reason};
    event.bytes = batch_add_bytes(t->told, &a->peer, sizeof a->peer);
    io_thread_tell(t, &event);
}

static void hand_over(struct net *net, const struct admission *a)
{
    struct acceptance *acceptance = &net->acceptance;
    struct io_thread *t = &net->threads[acceptance->next_thread];
    acceptance->next_thread = (acceptance->next_thread + 1) % net->thread_count;
    atomic_fetch_add(&net->connections, 1);
    if (t->number == 0) {
        io_thread_admit(t, a);
        return;
    }
    struct command command = {.kind = COMMAND_ADMIT};
    command.bytes = batch_add_bytes(acceptance->handed, a, sizeof *a);
    batch_add(acceptance->handed, &command, sizeof command);
    if (queue_put(&t->commands, &acceptance->handed)) {
        io_thread_wake(t);
    }
}

static void admit(struct listener *l, int socket, const struct sockaddr_storage *from)
{
    struct net *net = l->net;
    struct io_thread *t = &net->threads[0];
    const struct net_config *config = &t->settings->config;
    struct admission a = {.socket = socket, .protocol = l->uri.protocol, .tls = l->uri.tls};
    peer_of(&a.peer, l, from);
    a.peer.loopback = l->uri.unix_socket || address_is_loopback(a.peer.address);
    a.peer.unlimited =
        a.protocol == WIRE_CONTROL || net_trust_has(config->unlimited, a.peer.address);
    a.proxied = net_trust_has(config->proxy_from, a.peer.address);
    if (!a.proxied && !a.peer.loopback && !a.peer.unlimited) {
        enum close_reason reason =
            addresses_enter(net->addresses, a.peer.address, &config->limits, t->now_us);
        if (reason != CLOSE_REASON_COUNT) {
            refuse(t, &a, reason);
            return;
        }
        a.counted = true;
    }
    hand_over(net, &a);
}

static void pause_accepting(struct net *net, int error)
{
    struct acceptance *a = &net->acceptance;
    int64_t now_us = io_thread_now_us(&net->threads[0]);
    if (now_us >= a->quiet_us) {
        log_line(LOG_WARN, "accept_paused", "error=%s connections=%zu", strerrorname_np(error),
                 net_connections(net));
    }
    a->quiet_us = now_us + QUIET_US;
    a->resume_us = now_us + RETRY_US;
    atomic_store(&a->freed, false);
    atomic_store(&a->paused, true);
    for (struct listener *l = net->listeners; l; l = l->next) {
        uv_poll_stop(&l->poll);
    }
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    struct listener *l = poll->data;
    struct net *net = l->net;
    io_thread_now_us(&net->threads[0]);
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        struct sockaddr_storage from = {0};
        socklen_t size = sizeof from;
        int socket =
            accept4(l->socket, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket >= 0) {
            admit(l, socket, &from);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(net, errno);
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
    }
}

static void listener_poll(struct listener *l)
{
    must(uv_poll_start(&l->poll, UV_READABLE, on_readable) == 0);
}

void listeners_start(struct net *net)
{
    net->acceptance.handed = batch_create();
    for (struct listener *l = net->listeners; l; l = l->next) {
        must(uv_poll_init(&net->threads[0].uv.loop, &l->poll, l->socket) == 0);
        l->poll.data = l;
        l->started = true;
        listener_poll(l);
    }
}

void listeners_stop(struct net *net)
{
    for (struct listener *l = net->listeners; l; l = l->next) {
        if (l->started) {
            uv_close((uv_handle_t *)&l->poll, NULL);
            l->started = false;
        }
        listener_close(l);
    }
    atomic_store(&net->acceptance.paused, false);
}

int64_t listeners_resume(struct net *net, int64_t now_us)
{
    struct acceptance *a = &net->acceptance;
    if (!atomic_load(&a->paused)) {
        return INT64_MAX;
    }
    if (!atomic_load(&a->freed) && now_us < a->resume_us) {
        return a->resume_us;
    }
    atomic_store(&a->paused, false);
    for (struct listener *l = net->listeners; l; l = l->next) {
        listener_poll(l);
    }
    return INT64_MAX;
}

void listeners_descriptor_freed(struct net *net)
{
    struct acceptance *a = &net->acceptance;
    if (atomic_load(&a->paused) && !atomic_exchange(&a->freed, true)) {
        io_thread_wake(&net->threads[0]);
    }
}
