// Network addresses and ranges of them: IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
#pragma once
#include "base/text.h"

struct address_bytes {
    unsigned char bytes[16];
};

struct address_range {
    struct address_bytes first;
    unsigned bits; // of `first` that count
};

// False if it is none, as "unix" is.
bool address_parse(const char *written, struct address_bytes *address);
// "10.1.2.3", "10.0.0.0/8", "2001:db8::/32".
bool address_range_parse(struct text written, struct address_range *range);
bool address_range_covers(const struct address_range *range, const struct address_bytes *address);
