#include "net/bind.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 4096 }; // the kernel lowers it to net.core.somaxconn

union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct sockaddr_un path;
};

static socklen_t address_fill(union address *a, const struct listen_uri *uri)
{
    *a = (union address){0};
    if (uri->unix_socket) {
        a->path.sun_family = AF_UNIX;
        memcpy(a->path.sun_path, uri->host, strnlen(uri->host, sizeof a->path.sun_path - 1));
        return sizeof a->path;
    }
    if (inet_pton(AF_INET6, uri->host, &a->six.sin6_addr) == 1) {
        a->six.sin6_family = AF_INET6;
        a->six.sin6_port = htons(uri->port);
        return sizeof a->six;
    }
    if (inet_pton(AF_INET, uri->host, &a->four.sin_addr) == 1) {
        a->four.sin_family = AF_INET;
        a->four.sin_port = htons(uri->port);
        return sizeof a->four;
    }
    return 0;
}

// Somebody who listens there answers, even if only with a full queue.
static bool path_is_stale(const union address *a, socklen_t size)
{
    struct stat status;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused = probe >= 0 && connect(probe, &a->any, size) < 0 && errno == ECONNREFUSED;
    if (probe >= 0) {
        close(probe);
    }
    return refused && lstat(a->path.sun_path, &status) == 0 && S_ISSOCK(status.st_mode);
}

// The file that bind() makes gets the mode that the socket has then, and never had another one.
// Whoever may connect to a control socket is an administrator.
static int make_private(int socket, const struct listen_uri *uri)
{
    bool must_be = uri->unix_socket && uri->protocol == WIRE_CONTROL;
    return must_be && fchmod(socket, 0600) < 0 ? -errno : 0;
}

static int bind_address(int socket, const union address *a, socklen_t size)
{
    if (bind(socket, &a->any, size) == 0) {
        return 0;
    }
    int error = errno;
    if (error == EADDRINUSE && a->any.sa_family == AF_UNIX && path_is_stale(a, size) &&
        unlink(a->path.sun_path) == 0) {
        return bind(socket, &a->any, size) < 0 ? -errno : 0;
    }
    return -error;
}

static void note_port(int socket, struct listen_uri *uri)
{
    union address a = {0};
    socklen_t size = sizeof a;
    if (!uri->unix_socket && getsockname(socket, &a.any, &size) == 0) {
        uri->port = ntohs(a.any.sa_family == AF_INET6 ? a.six.sin6_port : a.four.sin_port);
    }
}

int listen_bind(struct listen_uri *uri)
{
    static const int on = 1;
    union address a;
    socklen_t size = address_fill(&a, uri);
    if (!size) {
        return -EADDRNOTAVAIL;
    }
    int bound = socket(a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bound < 0) {
        return -errno;
    }
    setsockopt(bound, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a.any.sa_family == AF_INET6) {
        setsockopt(bound, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    int error = make_private(bound, uri);
    error = error ? error : bind_address(bound, &a, size);
    if (!error && listen(bound, BACKLOG) < 0) {
        error = -errno;
    }
    if (error) {
        close(bound);
        return error;
    }
    note_port(bound, uri);
    return bound;
}
