#include "server/listening.h"

#include "base/must.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FREE_PORT_TRIES = 20 };

static socklen_t address_fill(const char *host, struct sockaddr_storage *address)
{
    *address = (struct sockaddr_storage){0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        address->ss_family = AF_INET;
        return sizeof *v4;
    }
    inet_pton(AF_INET6, host, &v6->sin6_addr);
    address->ss_family = AF_INET6;
    return sizeof *v6;
}

// A port that is free just now; 0 if none can be had.
static uint16_t port_free(const char *host)
{
    struct sockaddr_storage address;
    socklen_t size = address_fill(host, &address);
    int probe = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint16_t port = 0;
    if (probe >= 0 && bind(probe, (struct sockaddr *)&address, size) == 0 &&
        getsockname(probe, (struct sockaddr *)&address, &size) == 0) {
        // The port stands at the same place for both families.
        port = ntohs(((struct sockaddr_in *)&address)->sin_port);
    }
    if (probe >= 0) {
        close(probe);
    }
    return port;
}

static int open_anywhere(struct server *s, struct listen_uri *uri)
{
    int status = -EADDRINUSE;
    for (int i = 0; i < FREE_PORT_TRIES && status == -EADDRINUSE; i++) {
        uri->port = port_free(uri->host);
        status = net_listen(s->net, uri);
    }
    return status;
}

static int open_one(struct server *s, struct listen_uri *uri)
{
    bool anywhere = !uri->unix_socket && uri->port == 0;
    int status = anywhere ? open_anywhere(s, uri) : net_listen(s->net, uri);
    if (status == 0) {
        s->listeners[s->listener_count++] = *uri;
        if (uri->protocol == WIRE_RELAY && !uri->unix_socket) {
            console_relay_port(s->console, uri->port);
        }
    }
    return status;
}

static void in_use_say(const struct listen_uri *uri, struct buf *why)
{
    if (uri->unix_socket) {
        buf_printf(why, "%s is in use by another program. Choose another path.", uri->host);
        return;
    }
    unsigned other = uri->port < UINT16_MAX ? uri->port + 1u : uri->port - 1u;
    buf_printf(why,
               "Port %u is in use: try --port %u, or see what holds it with: "
               "ss -ltnp 'sport = :%u'",
               uri->port, other, uri->port);
}

static void failure_say(const struct listen_uri *uri, int status, struct buf *why)
{
    switch (-status) {
    case EADDRINUSE:
        in_use_say(uri, why);
        break;
    case EACCES:
        buf_printf(why,
                   uri->unix_socket
                       ? "%s cannot be made here: the folder is not open to this user."
                       : "%s port %u is not open to this user. Take a port from 1024 on.",
                   uri->host, uri->port);
        break;
    case EADDRNOTAVAIL:
        buf_printf(why,
                   "%s is not an address of this machine. Listen on one that it has, or on "
                   "0.0.0.0 for all.",
                   uri->host);
        break;
    case EAFNOSUPPORT:
        buf_printf(why, "This machine does not speak the protocol of the address %s.", uri->host);
        break;
    default:
        buf_printf(why, "Listening on %s is not possible: %s.", uri->host, strerror(-status));
    }
}

static bool is_missing(int status)
{
    return status == -EAFNOSUPPORT || status == -EADDRNOTAVAIL;
}

// `pair` is the number of default listeners at the end of the list: IPv4, then IPv6.
static bool open_all(struct server *s, const struct list *uris, size_t pair, struct buf *why)
{
    for (size_t i = 0; i < uris->count; i++) {
        struct listen_uri uri;
        const char *fault;
        must(listen_uri_parse(text_of(uris->at[i]), &uri, &fault));
        bool second = pair && i + 1 == uris->count;
        if (second && uri.port == 0) {
            uri.port = s->listeners[s->listener_count - 1].port;
        }
        int status = open_one(s, &uri);
        if (second && is_missing(status)) {
            console_note(s->console, LOG_INFO, "no_ipv6",
                         "This machine has no IPv6, so only IPv4 is listened on.");
        } else if (status != 0) {
            failure_say(&uri, status, why);
            return false;
        }
    }
    return true;
}

bool listening_open(struct server *s, struct buf *why)
{
    bool defaults;
    struct list uris = config_listeners(&s->config, &defaults);
    s->listeners = mem_array(uris.count, sizeof *s->listeners);
    bool opened = open_all(s, &uris, defaults ? 2 : 0, why);
    list_finish(&uris);
    return opened;
}
