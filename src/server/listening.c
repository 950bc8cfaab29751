#include "server/listening.h"

#include "base/must.h"

#include <errno.h>

static int open_one(struct server *s, struct listen_uri *uri)
{
    int status = net_listen(s->net, uri);
    if (status == 0) {
        if (!uri->unix_socket) {
            uri->port = net_listening_port(s->net, s->listener_count);
        }
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

void listening_open_control(struct server *s)
{
    struct listen_uri uri = {.protocol = WIRE_CONTROL, .unix_socket = true};
    if (s->started.ephemeral) {
        return;
    }
    int len = snprintf(uri.host, sizeof uri.host, "%s/control.sock", s->started.data);
    int status = len <= LISTEN_PATH_MAX ? net_listen(s->net, &uri) : -ENAMETOOLONG;
    if (status != 0) {
        console_note(s->console, LOG_WARN, "no_control",
                     "hobnobctl cannot reach this server: %s/control.sock cannot be made: %s.",
                     s->started.data, strerror(-status));
    }
}
