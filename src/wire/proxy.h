// The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): the header with
// which a proxy says whom it speaks for.
#pragma once
#include "base/text.h"

enum parsed { PARSED_OK, PARSED_MORE, PARSED_BAD };

struct proxy_header {
    bool local;       // a health check of the proxy itself: keep the real address
    char address[46]; // numeric source address
    uint16_t port;
};

enum { PROXY_MAX_BYTES = 16 + 65535 };

// Reads a header at the start of `input` and on PARSED_OK moves `input` behind it.
// Addresses that are neither IPv4 nor IPv6 (UNKNOWN, AF_UNIX) count as local.
enum parsed proxy_parse(struct text *input, struct proxy_header *header);
