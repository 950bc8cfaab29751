// What `hobnob` was asked to do: its command line.
#pragma once
#include "base/buf.h"

enum {
    OPTIONS_HOST_MAX = 256,
    OPTIONS_NAME_MAX = 65, // 64 bytes, as the server allows, and a NUL
};

struct options {
    char host[OPTIONS_HOST_MAX]; // a name or an address, without brackets
    char name[OPTIONS_NAME_MAX]; // empty: none given
    uint16_t port;
    bool relay;
    bool tls;       // nothing but TLS
    bool trust_new; // whatever certificate the server shows
};

enum options_result {
    OPTIONS_TALK,    // connect
    OPTIONS_EXPLAIN, // `message` is for standard output, then exit 0
    OPTIONS_BAD,     // `message` is for standard error, then exit 2
};

// Reads the command line into `options` (defaults: 127.0.0.1, port 5000, no name). Permutes
// `argv` as getopt_long() does.
enum options_result options_parse(int argc, char **argv, struct options *options,
                                  struct buf *message);

// Reads [name@][host][:port], the host in brackets where it is an IPv6 address with a port,
// and changes in `options` what is given. False: `message` says what would be right.
bool options_address(struct text address, struct options *options, struct buf *message);

// Whether `name` can be sent as a name at all: not empty, one line, not too long. The server
// judges the rest. False: `message` says what would be right.
bool options_name_fits(struct text name, struct buf *message);
