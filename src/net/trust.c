#include "net/trust.h"

#include "base/must.h"

#include <arpa/inet.h>

struct trusted {
    unsigned char bytes[16];
    unsigned bits;
};

struct net_trust {
    struct trusted *list;
    size_t count;
};

enum { MAPPED_BITS = 96 }; // in front of an IPv4 address

struct net_trust *net_trust_create(void)
{
    return mem_alloc(sizeof(struct net_trust));
}

void net_trust_destroy(struct net_trust *trust)
{
    if (trust) {
        free(trust->list);
        free(trust);
    }
}

struct net_trust *net_trust_copy(const struct net_trust *trust)
{
    struct net_trust *copy = net_trust_create();
    if (trust && trust->count) {
        copy->list = mem_array(trust->count, sizeof *copy->list);
        memcpy(copy->list, trust->list, trust->count * sizeof *copy->list);
        copy->count = trust->count;
    }
    return copy;
}

bool address_bytes(const char *address, unsigned char bytes[16])
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (inet_pton(AF_INET6, address, bytes) == 1) {
        return true;
    }
    memcpy(bytes, mapped, sizeof mapped);
    return inet_pton(AF_INET, address, bytes + sizeof mapped) == 1;
}

bool address_is_loopback(const char *address)
{
    static const unsigned char six[16] = {[15] = 1};
    static const unsigned char four[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};
    unsigned char bytes[16];
    return address_bytes(address, bytes) &&
           (memcmp(bytes, six, sizeof six) == 0 || memcmp(bytes, four, sizeof four) == 0);
}

static bool trusted_parse(struct text address, struct trusted *parsed)
{
    char host[INET6_ADDRSTRLEN] = "";
    size_t slash = text_find(address, '/');
    if (slash >= sizeof host || text_find(text_head(address, slash), '\0') < slash) {
        return false;
    }
    memcpy(host, address.at, slash);
    bool four = text_find(text_head(address, slash), ':') == slash;
    uint64_t bits = four ? 32 : 128;
    if (slash < address.len && !text_number(text_skip(address, slash + 1), bits, &bits)) {
        return false;
    }
    parsed->bits = (unsigned)bits + (four ? MAPPED_BITS : 0);
    return address_bytes(host, parsed->bytes);
}

bool net_trust_add(struct net_trust *trust, struct text address)
{
    struct trusted parsed;
    if (!trusted_parse(address, &parsed)) {
        return false;
    }
    trust->list = mem_grow(trust->list, (trust->count + 1) * sizeof parsed);
    trust->list[trust->count++] = parsed;
    return true;
}

static bool trusted_covers(const struct trusted *t, const unsigned char bytes[16])
{
    unsigned whole = t->bits / 8;
    unsigned rest = t->bits % 8;
    if (memcmp(t->bytes, bytes, whole) != 0) {
        return false;
    }
    return rest == 0 || ((t->bytes[whole] ^ bytes[whole]) >> (8 - rest)) == 0;
}

bool net_trust_has(const struct net_trust *trust, const char *address)
{
    unsigned char bytes[16];
    if (!trust || !address_bytes(address, bytes)) {
        return false;
    }
    for (size_t i = 0; i < trust->count; i++) {
        if (trusted_covers(&trust->list[i], bytes)) {
            return true;
        }
    }
    return false;
}
