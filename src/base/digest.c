#include "base/digest.h"

#include "base/must.h"

#include <sodium.h>

struct digest {
    crypto_generichash_state state;
};

enum { BYTES = DIGEST_HEX / 2 };

struct digest *digest_create(void)
{
    must(sodium_init() >= 0);
    // The state wants more than malloc()'s alignment.
    struct digest *digest = aligned_alloc(_Alignof(struct digest), sizeof *digest);
    must(digest);
    crypto_generichash_init(&digest->state, NULL, 0, BYTES);
    return digest;
}

void digest_add(struct digest *digest, const void *bytes, size_t len)
{
    crypto_generichash_update(&digest->state, bytes, len);
}

void digest_finish(struct digest *digest, char hex[DIGEST_HEX + 1])
{
    unsigned char bytes[BYTES];
    crypto_generichash_final(&digest->state, bytes, sizeof bytes);
    sodium_bin2hex(hex, DIGEST_HEX + 1, bytes, sizeof bytes);
    free(digest);
}
