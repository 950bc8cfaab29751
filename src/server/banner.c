#include "server/banner.h"

enum { BANNER_WIDTH = 60, BANNER_ADDRESSES = 3, PORT_STANDARD = 5000 };

// Who can come in where any protocol may, in the order in which they are named.
static const struct {
    enum wire_protocol protocol;
    const char *client;
} clients[] = {
    {WIRE_PLAIN, "nc"}, {WIRE_IRC, "IRC"}, {WIRE_HTTP, "browser"}, {WIRE_PLAIN, "hobnob"}};

static void host_port_add(const char *host, unsigned port, struct buf *out)
{
    buf_printf(out, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}

static void clients_add(const struct listen_uri *listener, uint32_t served, struct buf *out)
{
    uint32_t mask = listener->protocol == WIRE_UNDECIDED ? served : 1u << listener->protocol;
    const char *before = " (";
    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
        if (mask & 1u << clients[i].protocol) {
            buf_printf(out, "%s%s", before, clients[i].client);
            before = ", ";
        }
    }
    buf_add(out, *before == ',' ? TEXT(")") : TEXT(""));
}

void banner_listener(const struct listen_uri *listener, uint32_t served, struct buf *out)
{
    bool relay = listener->protocol == WIRE_RELAY;
    buf_add(out, relay ? TEXT("Server listening on ") : TEXT("Listening on "));
    if (listener->unix_socket) {
        buf_printf(out, "unix:%s", listener->host);
    } else {
        host_port_add(listener->host, listener->port, out);
    }
    if (!relay) {
        clients_add(listener, served, out);
    }
}

static void rule_add(struct buf *out)
{
    for (int i = 0; i < BANNER_WIDTH; i++) {
        buf_add_char(out, '=');
    }
    buf_add_char(out, '\n');
}

static void lines_add(const struct banner *b, bool relay, struct buf *out)
{
    for (size_t i = 0; i < b->listener_count; i++) {
        if ((b->listeners[i].protocol == WIRE_RELAY) == relay) {
            banner_listener(&b->listeners[i], b->served, out);
            buf_add_char(out, '\n');
        }
    }
}

static bool is_wildcard(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

static bool is_loopback(const char *host)
{
    return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

// As the argument of `hobnob`.
static void join_add(const char *host, unsigned port, struct buf *out)
{
    if (port == PORT_STANDARD) {
        buf_add(out, text_of(host));
    } else {
        host_port_add(host, port, out);
    }
}

static void join_here(const struct listen_uri *listener, struct buf *out)
{
    const char *host = is_wildcard(listener->host) ? "127.0.0.1" : listener->host;
    struct buf client;
    buf_init(&client, 512);
    buf_add(&client, TEXT("hobnob"));
    if (listener->port != PORT_STANDARD || strcmp(host, "127.0.0.1") != 0) {
        buf_add_char(&client, ' ');
        join_add(host, listener->port, &client);
    }
    struct text command = buf_text(&client);
    buf_printf(out, "Join from this machine:  %.*s%*s   or  nc %s %u   (then type your name)\n",
               TEXT_ARG(command), command.len < 15 ? (int)(15 - command.len) : 0, "", host,
               listener->port);
    buf_finish(&client);
}

static void join_there(const char *host, unsigned port, uint32_t served, struct buf *out)
{
    buf_add(out, TEXT("Join from the network:   hobnob "));
    join_add(host, port, out);
    if (served & 1u << WIRE_HTTP) {
        buf_add(out, TEXT("   or  http://"));
        host_port_add(host, port, out);
        buf_add(out, TEXT("/\n"));
    } else {
        buf_printf(out, "   or  nc %s %u\n", host, port);
    }
}

// The first listener on which plain people come in over TCP; NULL if there is none.
static const struct listen_uri *main_listener(const struct banner *b)
{
    for (size_t i = 0; i < b->listener_count; i++) {
        const struct listen_uri *listener = &b->listeners[i];
        uint32_t mask =
            listener->protocol == WIRE_UNDECIDED ? b->served : b->served & 1u << listener->protocol;
        if ((mask & 1u << WIRE_PLAIN) && !listener->unix_socket) {
            return listener;
        }
    }
    return NULL;
}

static void joining_add(const struct banner *b, struct buf *out)
{
    const struct listen_uri *listener = main_listener(b);
    if (!listener) {
        return;
    }
    join_here(listener, out);
    if (is_wildcard(listener->host)) {
        for (size_t i = 0; i < b->address_count && i < BANNER_ADDRESSES; i++) {
            join_there(b->addresses[i], listener->port, b->served, out);
        }
    } else if (!is_loopback(listener->host)) {
        join_there(listener->host, listener->port, b->served, out);
    }
}

void banner_format(const struct banner *b, struct buf *out)
{
    bool named = false;
    for (size_t i = 0; i < b->listener_count; i++) {
        named = named || b->listeners[i].protocol != WIRE_RELAY;
    }
    if (named) {
        rule_add(out);
        buf_printf(out, "%*s\n", (BANNER_WIDTH + 6) / 2, "HOBNOB");
        rule_add(out);
        lines_add(b, false, out);
        joining_add(b, out);
        rule_add(out);
    }
    lines_add(b, true, out);
}
