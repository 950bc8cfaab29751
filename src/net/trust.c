#include "net/trust.h"

#include "base/address.h"
#include "base/must.h"

struct net_trust {
    struct address_range *list;
    size_t count;
};

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

bool address_is_loopback(const char *address)
{
    static const unsigned char six[16] = {[15] = 1};
    static const unsigned char four[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};
    struct address_bytes parsed;
    return address_parse(address, &parsed) && (memcmp(parsed.bytes, six, sizeof six) == 0 ||
                                               memcmp(parsed.bytes, four, sizeof four) == 0);
}

bool net_trust_add(struct net_trust *trust, struct text address)
{
    struct address_range parsed;
    if (!address_range_parse(address, &parsed)) {
        return false;
    }
    trust->list = mem_grow(trust->list, (trust->count + 1) * sizeof parsed);
    trust->list[trust->count++] = parsed;
    return true;
}

bool net_trust_has(const struct net_trust *trust, const char *address)
{
    struct address_bytes parsed;
    if (!trust || !address_parse(address, &parsed)) {
        return false;
    }
    for (size_t i = 0; i < trust->count; i++) {
        if (address_range_covers(&trust->list[i], &parsed)) {
            return true;
        }
    }
    return false;
}
