#include "server/password.h"

#include "base/must.h"

#include <sodium.h>
#include <stdio.h>

_Static_assert(PASSWORD_KEPT_MAX == crypto_pwhash_STRBYTES, "what libsodium writes fits");

static bool make(struct password_try *t, const char *password, size_t len)
{
    return crypto_pwhash_str_alg(t->made, password, len, t->cost.passes, t->cost.memory,
                                 crypto_pwhash_ALG_ARGON2ID13) == 0;
}

void password_work(struct password_try *t, const char *password, size_t len)
{
    must(sodium_init() >= 0);
    t->made[0] = '\0';
    if (t->makes) {
        t->matches = make(t, password, len);
        return;
    }
    t->matches = crypto_pwhash_str_verify(t->against, password, len) == 0;
    if (t->matches && crypto_pwhash_str_needs_rehash(t->against, t->cost.passes, t->cost.memory)) {
        make(t, password, len);
    }
}

// In the form of Argon2's own encoding, of random bytes.
void password_nobody(const struct password_cost *cost, char kept[PASSWORD_KEPT_MAX])
{
    unsigned char salt[crypto_pwhash_SALTBYTES];
    unsigned char digest[32];
    char salt_text[sodium_base64_ENCODED_LEN(sizeof salt, sodium_base64_VARIANT_ORIGINAL)];
    char digest_text[sodium_base64_ENCODED_LEN(sizeof digest, sodium_base64_VARIANT_ORIGINAL)];
    const int variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
    must(sodium_init() >= 0);
    randombytes_buf(salt, sizeof salt);
    randombytes_buf(digest, sizeof digest);
    sodium_bin2base64(salt_text, sizeof salt_text, salt, sizeof salt, variant);
    sodium_bin2base64(digest_text, sizeof digest_text, digest, sizeof digest, variant);
    snprintf(kept, PASSWORD_KEPT_MAX, "$argon2id$v=19$m=%zu,t=%llu,p=1$%s$%s", cost->memory / 1024,
             cost->passes, salt_text, digest_text);
}
