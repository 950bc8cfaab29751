#include "net/addresses.h"

#include "base/address.h"
#include "base/hash.h"
#include "net/rate.h"

#include <uv.h>

// Addresses without a connection that are remembered for their rate. Beyond these the
// oldest is forgotten: an attacker with more addresses than that is not held by rates.
enum { REMEMBERED_MAX = 16384 };

struct address {
    unsigned char prefix[16]; // IPv6 without its last 64 bits
    uint32_t connections;
    struct rate connects;
    struct address *previous, *next; // of those without a connection, oldest first
    UT_hash_handle hh;
};

struct addresses {
    uv_mutex_t lock;
    struct address *by_prefix;
    struct address *idle;
    struct address *idle_last;
    size_t idle_count;
};

struct addresses *addresses_create(void)
{
    struct addresses *a = mem_alloc(sizeof *a);
    must(uv_mutex_init(&a->lock) == 0);
    return a;
}

static void address_free(struct addresses *a, struct address *one)
{
    HASH_DEL(a->by_prefix, one);
    free(one);
}

void addresses_destroy(struct addresses *a)
{
    if (!a) {
        return;
    }
    struct address *one, *next;
    HASH_ITER(hh, a->by_prefix, one, next)
    {
        address_free(a, one);
    }
    uv_mutex_destroy(&a->lock);
    free(a);
}

static void idle_remove(struct addresses *a, struct address *one)
{
    *(one->previous ? &one->previous->next : &a->idle) = one->next;
    *(one->next ? &one->next->previous : &a->idle_last) = one->previous;
    one->previous = one->next = NULL;
    a->idle_count--;
}

static void idle_add(struct addresses *a, struct address *one)
{
    one->previous = a->idle_last;
    *(a->idle_last ? &a->idle_last->next : &a->idle) = one;
    a->idle_last = one;
    if (++a->idle_count > REMEMBERED_MAX) {
        struct address *oldest = a->idle;
        idle_remove(a, oldest);
        address_free(a, oldest);
    }
}

static void address_prefix(const char *address, unsigned char prefix[16])
{
    struct address_bytes parsed;
    must(address_parse(address, &parsed));
    memcpy(prefix, parsed.bytes, sizeof parsed.bytes);
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(prefix, mapped, sizeof mapped) != 0) {
        memset(prefix + 8, 0, 8);
    }
}

static struct address *address_find(struct addresses *a, const unsigned char prefix[16])
{
    struct address *one;
    HASH_FIND(hh, a->by_prefix, prefix, 16, one);
    return one;
}

static struct address *address_add(struct addresses *a, const unsigned char prefix[16],
                                   uint32_t burst, int64_t now_us)
{
    struct address *one = mem_alloc(sizeof *one);
    memcpy(one->prefix, prefix, sizeof one->prefix);
    rate_init(&one->connects, burst, now_us);
    HASH_ADD(hh, a->by_prefix, prefix, sizeof one->prefix, one);
    idle_add(a, one);
    return one;
}

static enum close_reason address_enter(struct addresses *a, struct address *one,
                                       const struct net_limits *limits, int64_t now_us)
{
    rate_refill(&one->connects, limits->connects_burst, limits->connects_per_s, now_us);
    if (rate_tokens(&one->connects) == 0) {
        return CLOSE_TOO_FAST;
    }
    rate_take(&one->connects, 1);
    if (one->connections >= limits->connections_per_address) {
        return CLOSE_TOO_MANY;
    }
    if (one->connections++ == 0) {
        idle_remove(a, one);
    }
    return CLOSE_REASON_COUNT;
}

enum close_reason addresses_enter(struct addresses *a, const char *address,
                                  const struct net_limits *limits, int64_t now_us)
{
    unsigned char prefix[16];
    address_prefix(address, prefix);
    uv_mutex_lock(&a->lock);
    struct address *one = address_find(a, prefix);
    if (!one) {
        one = address_add(a, prefix, limits->connects_burst, now_us);
    }
    enum close_reason reason = address_enter(a, one, limits, now_us);
    uv_mutex_unlock(&a->lock);
    return reason;
}

void addresses_leave(struct addresses *a, const char *address)
{
    unsigned char prefix[16];
    address_prefix(address, prefix);
    uv_mutex_lock(&a->lock);
    struct address *one = address_find(a, prefix);
    must(one && one->connections > 0);
    if (--one->connections == 0) {
        idle_add(a, one);
    }
    uv_mutex_unlock(&a->lock);
}

size_t addresses_count(struct addresses *a)
{
    uv_mutex_lock(&a->lock);
    size_t count = HASH_COUNT(a->by_prefix);
    uv_mutex_unlock(&a->lock);
    return count;
}
