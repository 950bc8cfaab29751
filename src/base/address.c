#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

enum { MAPPED_BITS = 96 }; // in front of an IPv4 address

bool address_parse(const char *written, struct address_bytes *address)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (inet_pton(AF_INET6, written, address->bytes) == 1) {
        return true;
    }
    memcpy(address->bytes, mapped, sizeof mapped);
    return inet_pton(AF_INET, written, address->bytes + sizeof mapped) == 1;
}

bool address_range_parse(struct text written, struct address_range *range)
{
    char host[INET6_ADDRSTRLEN] = "";
    size_t slash = text_find(written, '/');
    if (slash >= sizeof host || text_find(text_head(written, slash), '\0') < slash) {
        return false;
    }
    memcpy(host, written.at, slash);
    bool four = text_find(text_head(written, slash), ':') == slash;
    uint64_t bits = four ? 32 : 128;
    if (slash < written.len && !text_number(text_skip(written, slash + 1), bits, &bits)) {
        return false;
    }
    range->bits = (unsigned)bits + (four ? MAPPED_BITS : 0);
    return address_parse(host, &range->first);
}

bool address_range_covers(const struct address_range *range, const struct address_bytes *address)
{
    unsigned whole = range->bits / 8;
    unsigned rest = range->bits % 8;
    if (memcmp(range->first.bytes, address->bytes, whole) != 0) {
        return false;
    }
    return rest == 0 || ((range->first.bytes[whole] ^ address->bytes[whole]) >> (8 - rest)) == 0;
}
