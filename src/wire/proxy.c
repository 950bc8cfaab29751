#include "wire/proxy.h"

#include "base/must.h"

#include <arpa/inet.h>
#include <netinet/in.h>

enum {
    V1_MAX_BYTES = 107, // CR LF included
    V2_HEAD_BYTES = 16,
    V2_VERSION_AT = 12,
    V2_FAMILY_AT = 13,
    V2_LENGTH_AT = 14,
};

static const struct text v1_start = TEXT_INIT("PROXY ");
static const struct text v2_start = TEXT_INIT("\r\n\r\n\0\r\nQUIT\n");

// Version 2's byte for address family and transport; others are invalid.
static const struct family {
    unsigned char byte;
    int domain;          // 0: no address that we would use
    size_t address_size; // of one address
    size_t size;         // of all addresses and ports
} families[] = {
    {0x00, 0, 0, 0},          {0x11, AF_INET, 4, 12},   {0x12, AF_INET, 4, 12},
    {0x21, AF_INET6, 16, 36}, {0x22, AF_INET6, 16, 36}, {0x31, 0, 0, 216},
    {0x32, 0, 0, 216},
};

// IPv4 in IPv6's clothes counts as IPv4, so that limits per address fit.
static void address_set(struct proxy_header *header, int domain, const void *bytes)
{
    static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    if (domain == AF_INET6 && memcmp(bytes, mapped, sizeof mapped) == 0) {
        domain = AF_INET;
        bytes = (const char *)bytes + sizeof mapped;
    }
    must(inet_ntop(domain, bytes, header->address, sizeof header->address));
}

static bool address_read(struct text t, int domain, unsigned char bytes[16])
{
    char string[sizeof((struct proxy_header *)NULL)->address];
    if (t.len >= sizeof string || text_find(t, '\0') < t.len) {
        return false;
    }
    memcpy(string, t.at, t.len);
    string[t.len] = '\0';
    return inet_pton(domain, string, bytes) == 1;
}

// Takes what stands before the next space.
static struct text take_field(struct text *rest)
{
    size_t len = text_find(*rest, ' ');
    struct text field = text_head(*rest, len);
    *rest = text_skip(*rest, len + 1);
    return field;
}

static enum parsed parse_v1_addresses(struct text line, int domain, struct proxy_header *header)
{
    unsigned char source[16];
    unsigned char target[16];
    uint64_t source_port;
    uint64_t target_port;
    bool good = address_read(take_field(&line), domain, source) &&
                address_read(take_field(&line), domain, target) &&
                text_number(take_field(&line), UINT16_MAX, &source_port) &&
                text_number(line, UINT16_MAX, &target_port);
    if (good) {
        address_set(header, domain, source);
        header->port = (uint16_t)source_port;
    }
    return good ? PARSED_OK : PARSED_BAD;
}

static enum parsed parse_v1(struct text *input, struct proxy_header *header)
{
    struct text head = text_head(*input, V1_MAX_BYTES);
    size_t end = text_find(head, '\n');
    if (end == head.len) {
        return head.len < V1_MAX_BYTES ? PARSED_MORE : PARSED_BAD;
    }
    if (head.at[end - 1] != '\r') {
        return PARSED_BAD;
    }
    struct text line = text_skip(text_head(head, end - 1), v1_start.len);
    struct text family = take_field(&line);
    enum parsed parsed = PARSED_BAD;
    if (text_equal(family, TEXT("UNKNOWN"))) {
        header->local = true;
        parsed = PARSED_OK;
    } else if (text_equal(family, TEXT("TCP4"))) {
        parsed = parse_v1_addresses(line, AF_INET, header);
    } else if (text_equal(family, TEXT("TCP6"))) {
        parsed = parse_v1_addresses(line, AF_INET6, header);
    }
    if (parsed == PARSED_OK) {
        *input = text_skip(*input, end + 1);
    }
    return parsed;
}

static const struct family *find_family(unsigned char byte)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (families[i].byte == byte) {
            return &families[i];
        }
    }
    return NULL;
}

static size_t number_at(const unsigned char *bytes)
{
    return (size_t)bytes[0] << 8 | bytes[1];
}

static enum parsed parse_v2(struct text *input, struct proxy_header *header)
{
    const unsigned char *bytes = (const unsigned char *)input->at;
    if (input->len < V2_HEAD_BYTES) {
        return PARSED_MORE;
    }
    unsigned char version = bytes[V2_VERSION_AT];
    const struct family *family = find_family(bytes[V2_FAMILY_AT]);
    size_t size = number_at(bytes + V2_LENGTH_AT);
    header->local = version == 0x20 || (family && !family->domain);
    if (version != 0x20 && (version != 0x21 || !family || size < family->size)) {
        return PARSED_BAD;
    }
    if (input->len - V2_HEAD_BYTES < size) {
        return PARSED_MORE;
    }
    if (!header->local) {
        address_set(header, family->domain, bytes + V2_HEAD_BYTES);
        header->port = (uint16_t)number_at(bytes + V2_HEAD_BYTES + 2 * family->address_size);
    }
    *input = text_skip(*input, V2_HEAD_BYTES + size);
    return PARSED_OK;
}

enum parsed proxy_parse(struct text *input, struct proxy_header *header)
{
    *header = (struct proxy_header){0};
    struct text v1 = text_head(v1_start, input->len);
    struct text v2 = text_head(v2_start, input->len);
    if (input->len >= v1_start.len && text_starts(*input, v1)) {
        return parse_v1(input, header);
    }
    if (input->len >= v2_start.len && text_starts(*input, v2)) {
        return parse_v2(input, header);
    }
    bool may_become = text_starts(*input, v1) || text_starts(*input, v2);
    return may_become ? PARSED_MORE : PARSED_BAD;
}
