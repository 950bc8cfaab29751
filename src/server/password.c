#include "server/password.h"

#include "base/must.h"

#include <sodium.h>
#include <stdio.h>

_Static_assert(PASSWORD_ARGON_MAX == crypto_pwhash_STRBYTES, "what libsodium writes fits");

static void add_scram(struct password_try *t, struct text password)
{
    struct scram_keys keys = {.rounds = SCRAM_ROUNDS};
    struct buf kept;
    buf_init(&kept, PASSWORD_KEPT_MAX);
    randombytes_buf(keys.salt, sizeof keys.salt);
    scram_derive(&keys, password);
    buf_add_char(&kept, ' ');
    scram_write(&keys, &kept);
    size_t len = strlen(t->made);
    must(len + kept.len < sizeof t->made);
    memcpy(t->made + len, kept.at, kept.len);
    t->made[len + kept.len] = '\0';
    buf_finish(&kept);
}

static bool make(struct password_try *t, const char *password, size_t len)
{
    bool made = crypto_pwhash_str_alg(t->made, password, len, t->cost.passes, t->cost.memory,
                                      crypto_pwhash_ALG_ARGON2ID13) == 0;
    if (made && t->scram) {
        add_scram(t, (struct text){password, len});
    }
    return made;
}

static void compare(struct password_try *t, const char *password, size_t len)
{
    char argon[PASSWORD_KEPT_MAX];
    memcpy(argon, t->against, sizeof argon);
    char *blank = strchr(argon, ' ');
    if (blank) {
        *blank = '\0';
    }
    t->matches = crypto_pwhash_str_verify(argon, password, len) == 0;
    // Made with other parameters than passwords are now.
    if (t->matches && ((blank != NULL) != t->scram ||
                       crypto_pwhash_str_needs_rehash(argon, t->cost.passes, t->cost.memory))) {
        make(t, password, len);
    }
}

void password_work(struct password_try *t, const char *password, size_t len)
{
    must(sodium_init() >= 0);
    t->made[0] = '\0';
    if (t->makes) {
        t->matches = make(t, password, len);
    } else {
        compare(t, password, len);
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
    snprintf(kept, PASSWORD_ARGON_MAX, "$argon2id$v=19$m=%zu,t=%llu,p=1$%s$%s", cost->memory / 1024,
             cost->passes, salt_text, digest_text);
}
