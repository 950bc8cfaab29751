#include "client/options.h"

#include "base/utf8.h"
#include "base/version.h"

#include <arpa/inet.h>
#include <getopt.h>

static const char help[] =
    "Usage: hobnob [options] [[name@]host[:port]]\n"
    "\n"
    "Talks with the people on a hobnob server. Without a host it connects to 127.0.0.1:5000.\n"
    "An IPv6 address stands in brackets: hobnob Alice@[::1]:5000\n"
    "\n"
    "  --host HOST   the server's name or address\n"
    "  --port PORT   the server's port (default 5000)\n"
    "  --name NAME   your name; hobnob asks for it if none is given\n"
    "  --relay       the server's port is a relay: no names are used, 'exit' leaves\n"
    "  --plain       line by line, with names (this is the default)\n"
    "  --tls         talk in TLS or not at all; without it, other machines are tried in TLS\n"
    "                first, and hobnob says so if they have none\n"
    "  --trust-new   take the server's new certificate for the right one\n"
    "  --help        print this and exit\n"
    "  --version     print the version and exit\n"
    "\n"
    "In a pipe, each line of standard input is said: echo hi | hobnob --name bot\n";

enum option_key {
    KEY_HOST = 1,
    KEY_PORT,
    KEY_NAME,
    KEY_RELAY,
    KEY_PLAIN,
    KEY_TLS,
    KEY_TRUST_NEW,
    KEY_HELP,
    KEY_VERSION
};

static const struct option long_options[] = {
    {"host", required_argument, NULL, KEY_HOST}, {"port", required_argument, NULL, KEY_PORT},
    {"tls", no_argument, NULL, KEY_TLS},         {"trust-new", no_argument, NULL, KEY_TRUST_NEW},
    {"name", required_argument, NULL, KEY_NAME}, {"relay", no_argument, NULL, KEY_RELAY},
    {"plain", no_argument, NULL, KEY_PLAIN},     {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION}, {NULL, 0, NULL, 0},
};

static bool set_port(struct text port, struct options *options, struct buf *message)
{
    uint64_t number;
    if (!text_number(port, UINT16_MAX, &number) || number == 0) {
        buf_printf(message, "The port \"%.*s\" is not a number from 1 to 65535.\n", TEXT_ARG(port));
        return false;
    }
    options->port = (uint16_t)number;
    return true;
}

static bool set_host(struct text host, struct options *options, struct buf *message)
{
    if (host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']') {
        host = text_head(text_skip(host, 1), host.len - 2);
    }
    if (host.len == 0 || host.len >= OPTIONS_HOST_MAX) {
        buf_printf(message, "A host has 1 to %d characters.\n", OPTIONS_HOST_MAX - 1);
        return false;
    }
    memcpy(options->host, host.at, host.len);
    options->host[host.len] = '\0';
    return true;
}

bool options_name_fits(struct text name, struct buf *message)
{
    struct buf visible;
    buf_init(&visible, 4 * OPTIONS_NAME_MAX);
    bool visible_fits = name.len < OPTIONS_NAME_MAX && utf8_add_visible(&visible, name, false);
    bool plain = visible_fits && text_equal(buf_text(&visible), name);
    buf_finish(&visible);
    if (name.len == 0) {
        buf_printf(message, "A name has at least one character.\n");
    } else if (name.len >= OPTIONS_NAME_MAX) {
        buf_printf(message, "A name has at most %d bytes.\n", OPTIONS_NAME_MAX - 1);
    } else if (!plain) {
        buf_printf(message, "A name is UTF-8 text without control characters.\n");
    }
    return plain && name.len > 0;
}

static bool set_name(struct text name, struct options *options, struct buf *message)
{
    if (!options_name_fits(name, message)) {
        return false;
    }
    memcpy(options->name, name.at, name.len);
    options->name[name.len] = '\0';
    return true;
}

static size_t find_last(struct text t, char byte)
{
    size_t at = t.len;
    while (at > 0 && t.at[at - 1] != byte) {
        at--;
    }
    return at ? at - 1 : t.len;
}

// Where the host ends in host[:port]: behind the bracket, at the colon, or at the end; a bare
// IPv6 address has several colons and no port.
static size_t host_length(struct text t)
{
    if (t.len && t.at[0] == '[') {
        size_t close = text_find(t, ']');
        return close < t.len ? close + 1 : t.len;
    }
    size_t first = text_find(t, ':');
    return first == find_last(t, ':') ? first : t.len;
}

// Several colons without brackets are an IPv6 address, perhaps with a zone, or a mistake.
static bool colons_fit(struct text host)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr ignored;
    struct text bare = text_head(host, text_find(host, '%'));
    if (text_find(host, ':') == host.len || host.at[0] == '[') {
        return true;
    }
    if (bare.len >= sizeof address) {
        return false;
    }
    memcpy(address, bare.at, bare.len);
    address[bare.len] = '\0';
    return inet_pton(AF_INET6, address, &ignored) == 1;
}

bool options_address(struct text address, struct options *options, struct buf *message)
{
    size_t at = find_last(address, '@');
    if (at < address.len) {
        if (!set_name(text_head(address, at), options, message)) {
            return false;
        }
        address = text_skip(address, at + 1);
    }
    struct text host = text_head(address, host_length(address));
    struct text port = text_skip(address, host.len);
    if ((port.len && port.at[0] != ':') || !colons_fit(host)) {
        buf_printf(message, "\"%.*s\" is not of the form [name@]host[:port].\n", TEXT_ARG(address));
        return false;
    }
    return (host.len == 0 || set_host(host, options, message)) &&
           (port.len == 0 || set_port(text_skip(port, 1), options, message));
}

static enum options_result bad(struct buf *message)
{
    buf_printf(message, "See: hobnob --help\n");
    return OPTIONS_BAD;
}

static enum options_result explain(int key, struct buf *message)
{
    if (key == KEY_HELP) {
        buf_add(message, text_of(help));
    } else {
        buf_printf(message, "hobnob %s\n", HOBNOB_VERSION);
    }
    return OPTIONS_EXPLAIN;
}

static enum options_result bad_option(int found, char **argv, struct buf *message)
{
    const char *given = argv[optind - 1];
    if (found == ':') {
        buf_printf(message, "%.60s needs a value. hobnob --help says which.\n", given);
    } else if (optopt >= KEY_HOST && optopt <= KEY_VERSION) {
        buf_printf(message, "%.60s takes no value.\n", given);
    } else {
        buf_printf(message, "There is no option %.60s. hobnob --help lists them.\n", given);
    }
    return OPTIONS_BAD;
}

static bool apply_option(int key, struct options *options, bool *plain, struct buf *message)
{
    struct text value = text_of(optarg);
    switch (key) {
    case KEY_HOST:
        return set_host(value, options, message);
    case KEY_PORT:
        return set_port(value, options, message);
    case KEY_NAME:
        return set_name(value, options, message);
    case KEY_RELAY:
        options->relay = true;
        return true;
    case KEY_TLS:
        options->tls = true;
        return true;
    case KEY_TRUST_NEW:
        options->trust_new = true;
        return true;
    default:
        *plain = true;
        return true;
    }
}

static enum options_result apply_rest(int count, char **rest, struct options *options, bool plain,
                                      struct buf *message)
{
    if (count > 1) {
        buf_printf(message, "Only one [name@]host[:port] can be given, and \"%s\" is a second.\n",
                   rest[1]);
        return bad(message);
    }
    if (count == 1 && !options_address(text_of(rest[0]), options, message)) {
        return bad(message);
    }
    if (options->relay && plain) {
        buf_printf(message, "Give --relay or --plain, not both.\n");
        return bad(message);
    }
    return OPTIONS_TALK;
}

enum options_result options_parse(int argc, char **argv, struct options *options,
                                  struct buf *message)
{
    *options = (struct options){.host = "127.0.0.1", .port = 5000};
    bool plain = false;
    int key;
    opterr = 0;
    optind = 0; // start over: tests parse more than once
    while ((key = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if (key == ':' || key == '?') {
            return bad_option(key, argv, message);
        }
        if (key == KEY_HELP || key == KEY_VERSION) {
            return explain(key, message);
        }
        if (!apply_option(key, options, &plain, message)) {
            return bad(message);
        }
    }
    return apply_rest(argc - optind, argv + optind, options, plain, message);
}
