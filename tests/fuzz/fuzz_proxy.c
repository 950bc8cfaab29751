// A header is asked for byte by byte until it is whole, and is then a real address; what
// is bad stays bad.
#include "base/must.h"
#include "wire/proxy.h"

#include <arpa/inet.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { PREFIXES_MAX = 400 };

static void check_header(const struct proxy_header *header)
{
    unsigned char address[16];
    int family = strchr(header->address, ':') ? AF_INET6 : AF_INET;
    must(header->local ? !header->address[0] && !header->port
                       : inet_pton(family, header->address, address) == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct text t = {(const char *)bytes, len};
    struct text rest = t;
    struct proxy_header header;
    enum parsed whole = proxy_parse(&rest, &header);
    must(rest.at + rest.len == t.at + t.len && (whole == PARSED_OK) == (rest.len < t.len));
    if (whole == PARSED_OK) {
        check_header(&header);
    }
    bool bad = false;
    for (size_t i = 0; i < len && i < PREFIXES_MAX; i++) {
        struct text prefix = text_head(t, i);
        struct proxy_header other;
        enum parsed now = proxy_parse(&prefix, &other);
        must(!bad || now == PARSED_BAD);
        must(whole != PARSED_OK || (now == PARSED_OK) == (i >= len - rest.len));
        must(whole != PARSED_MORE || now == PARSED_MORE);
        must(now != PARSED_OK || strcmp(other.address, header.address) == 0);
        bad = now == PARSED_BAD;
    }
    must(!bad || whole == PARSED_BAD);
    return 0;
}
