#include "net/net.h"

#include <arpa/inet.h>

struct scheme {
    struct text name;
    enum wire_protocol protocol;
    bool tls;
};

static const struct scheme schemes[] = {
    {TEXT_INIT("any"), WIRE_UNDECIDED, false}, {TEXT_INIT("plain"), WIRE_PLAIN, false},
    {TEXT_INIT("relay"), WIRE_RELAY, false},   {TEXT_INIT("irc"), WIRE_IRC, false},
    {TEXT_INIT("ircs"), WIRE_IRC, true},       {TEXT_INIT("http"), WIRE_HTTP, false},
    {TEXT_INIT("https"), WIRE_HTTP, true},     {TEXT_INIT("control"), WIRE_CONTROL, false},
};

static const char form[] =
    "A listener is written like any://0.0.0.0:5000, plain://[::1]:5000, relay://0.0.0.0:12345, "
    "ircs://0.0.0.0:6697, tls+any://0.0.0.0:5001 or unix+any:///run/hobnob/socket.";
static const char numeric[] =
    "A listener's address is written in numbers, such as any://0.0.0.0:5000 or any://[::]:5000.";
static const char control_form[] =
    "Administrators come in on a Unix socket alone, like unix+control:///run/hobnob/control.";

static bool prefix_take(struct text *name, struct text prefix)
{
    bool there = text_starts(*name, prefix);
    *name = text_skip(*name, there ? prefix.len : 0);
    return there;
}

static const struct scheme *scheme_find(struct text name)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (text_equal(schemes[i].name, name)) {
            return &schemes[i];
        }
    }
    return NULL;
}

static bool path_parse(struct text path, struct listen_uri *parsed, const char **why)
{
    if (path.len < 2 || path.at[0] != '/' || text_find(path, '\0') < path.len) {
        *why = "A Unix socket is written with its whole path, like unix+any:///run/hobnob/socket.";
        return false;
    }
    if (path.len > LISTEN_PATH_MAX) {
        *why = "The path of a Unix socket has at most 107 bytes.";
        return false;
    }
    memcpy(parsed->host, path.at, path.len);
    return true;
}

static bool host_parse(struct text host, int family, struct listen_uri *parsed)
{
    unsigned char address[sizeof(struct in6_addr)];
    if (host.len >= INET6_ADDRSTRLEN || text_find(host, '\0') < host.len) {
        return false;
    }
    memcpy(parsed->host, host.at, host.len);
    return inet_pton(family, parsed->host, address) == 1;
}

static bool address_parse(struct text rest, struct listen_uri *parsed, const char **why)
{
    bool brackets = rest.len > 0 && rest.at[0] == '[';
    size_t host_end = text_find(rest, brackets ? ']' : ':');
    struct text host = text_skip(text_head(rest, host_end), brackets);
    struct text port = text_skip(rest, host_end + brackets);
    uint64_t number;
    if (!text_starts(port, TEXT(":")) || !text_number(text_skip(port, 1), UINT16_MAX, &number)) {
        *why = "A listener ends with a colon and a port from 1 to 65535 (0 lets the system choose "
               "one), like any://0.0.0.0:5000; IPv6 addresses stand in brackets, like "
               "any://[::]:5000.";
        return false;
    }
    parsed->port = (uint16_t)number;
    if (!host_parse(host, brackets ? AF_INET6 : AF_INET, parsed)) {
        *why = numeric;
        return false;
    }
    return true;
}

bool listen_uri_parse(struct text uri, struct listen_uri *parsed, const char **why)
{
    *parsed = (struct listen_uri){0};
    size_t colon = text_find(uri, ':');
    struct text name = text_head(uri, colon);
    struct text rest = text_skip(uri, colon);
    parsed->unix_socket = prefix_take(&name, TEXT("unix+"));
    bool tls = prefix_take(&name, TEXT("tls+"));
    const struct scheme *scheme = scheme_find(name);
    if (!scheme || !text_starts(rest, TEXT("://"))) {
        *why = form;
        return false;
    }
    if (scheme->protocol == WIRE_CONTROL && !parsed->unix_socket) {
        *why = control_form;
        return false;
    }
    parsed->protocol = scheme->protocol;
    parsed->tls = tls || scheme->tls;
    rest = text_skip(rest, 3);
    return parsed->unix_socket ? path_parse(rest, parsed, why) : address_parse(rest, parsed, why);
}
