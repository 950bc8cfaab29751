#include "base/hash.h"

#include <sodium.h>

static unsigned char key[crypto_shorthash_KEYBYTES];

void hash_key_set(const unsigned char bytes[16])
{
    memcpy(key, bytes, sizeof key);
}

void hash_key_random(unsigned char bytes[16])
{
    must(sodium_init() >= 0);
    randombytes_buf(bytes, sizeof key);
}

uint64_t hash_keyed64(const unsigned char own_key[16], const void *bytes, size_t len)
{
    unsigned char digest[crypto_shorthash_BYTES];
    crypto_shorthash(digest, bytes, len, own_key);
    uint64_t value;
    memcpy(&value, digest, sizeof value);
    return value;
}

unsigned hash_bytes(const void *bytes, size_t len)
{
    return (unsigned)hash_keyed64(key, bytes, len);
}
