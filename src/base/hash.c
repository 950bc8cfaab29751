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

uint64_t hash_bytes64(const void *bytes, size_t len)
{
    unsigned char digest[crypto_shorthash_BYTES];
    crypto_shorthash(digest, bytes, len, key);
    uint64_t value;
    memcpy(&value, digest, sizeof value);
    return value;
}

unsigned hash_bytes(const void *bytes, size_t len)
{
    return (unsigned)hash_bytes64(bytes, len);
}
