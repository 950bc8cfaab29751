#include "wire/scram.h"

#include "base/must.h"
#include "wire/base64.h"

#include <sodium.h>
#include <stdlib.h>

enum { MESSAGE_MAX = 4096, CLIENT_NONCE_MAX = 128 };

#define KEPT "SCRAM-SHA-256$"

struct scram {
    struct scram_keys keys;
    struct buf header;   // GS2: "n,," or the like
    struct buf name;     // of whom; unescaped
    struct buf nonce;    // both sides'
    struct buf messages; // those that the proof is about
};

typedef crypto_auth_hmacsha256_state mac_state;

static void mac(const void *key, size_t key_len, struct text text,
                unsigned char digest[SCRAM_DIGEST])
{
    mac_state state;
    crypto_auth_hmacsha256_init(&state, key, key_len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text.at, text.len);
    crypto_auth_hmacsha256_final(&state, digest);
}

// Hi() of RFC 5802, which is PBKDF2.
static void salt_password(const struct scram_keys *keys, struct text password,
                          unsigned char salted[SCRAM_DIGEST])
{
    static const unsigned char first_block[4] = {0, 0, 0, 1};
    unsigned char round[SCRAM_DIGEST];
    mac_state keyed;
    crypto_auth_hmacsha256_init(&keyed, (const unsigned char *)password.at, password.len);
    mac_state state = keyed;
    crypto_auth_hmacsha256_update(&state, keys->salt, SCRAM_SALT);
    crypto_auth_hmacsha256_update(&state, first_block, sizeof first_block);
    crypto_auth_hmacsha256_final(&state, round);
    memcpy(salted, round, SCRAM_DIGEST);
    for (uint32_t i = 1; i < keys->rounds; i++) {
        state = keyed;
        crypto_auth_hmacsha256_update(&state, round, SCRAM_DIGEST);
        crypto_auth_hmacsha256_final(&state, round);
        for (size_t k = 0; k < SCRAM_DIGEST; k++) {
            salted[k] ^= round[k];
        }
    }
    sodium_memzero(&keyed, sizeof keyed);
    sodium_memzero(&state, sizeof state);
    sodium_memzero(round, sizeof round);
}

void scram_derive(struct scram_keys *keys, struct text password)
{
    unsigned char salted[SCRAM_DIGEST];
    unsigned char client[SCRAM_DIGEST];
    salt_password(keys, password, salted);
    mac(salted, SCRAM_DIGEST, TEXT("Client Key"), client);
    crypto_hash_sha256(keys->stored, client, SCRAM_DIGEST);
    mac(salted, SCRAM_DIGEST, TEXT("Server Key"), keys->server);
    sodium_memzero(salted, sizeof salted);
    sodium_memzero(client, sizeof client);
}

void scram_write(const struct scram_keys *keys, struct buf *out)
{
    buf_printf(out, KEPT "%u:", keys->rounds);
    base64_encode(keys->salt, SCRAM_SALT, out);
    buf_add_char(out, '$');
    base64_encode(keys->stored, SCRAM_DIGEST, out);
    buf_add_char(out, ':');
    base64_encode(keys->server, SCRAM_DIGEST, out);
}

// Takes what stands before `end`, or before the end of all.
static struct text take(struct text *rest, char end)
{
    struct text taken = text_head(*rest, text_find(*rest, end));
    *rest = text_skip(*rest, taken.len + 1);
    return taken;
}

static bool read_bytes(struct text encoded, unsigned char *bytes, size_t len)
{
    struct buf decoded;
    buf_init(&decoded, len);
    bool whole = base64_decode(encoded, &decoded) && decoded.len == len;
    if (whole) {
        memcpy(bytes, decoded.at, len);
    }
    buf_finish(&decoded);
    return whole;
}

bool scram_read(struct text kept, struct scram_keys *keys)
{
    uint64_t rounds;
    if (!text_starts(kept, TEXT(KEPT))) {
        return false;
    }
    kept = text_skip(kept, strlen(KEPT));
    if (!text_number(take(&kept, ':'), UINT32_MAX, &rounds) || rounds == 0 ||
        !read_bytes(take(&kept, '$'), keys->salt, SCRAM_SALT) ||
        !read_bytes(take(&kept, ':'), keys->stored, SCRAM_DIGEST)) {
        return false;
    }
    keys->rounds = (uint32_t)rounds;
    return read_bytes(kept, keys->server, SCRAM_DIGEST);
}

struct scram *scram_create(void)
{
    struct scram *scram = mem_alloc(sizeof *scram);
    buf_init(&scram->header, MESSAGE_MAX);
    buf_init(&scram->name, MESSAGE_MAX);
    buf_init(&scram->nonce, MESSAGE_MAX);
    buf_init(&scram->messages, 4 * MESSAGE_MAX);
    return scram;
}

void scram_destroy(struct scram *scram)
{
    if (scram) {
        sodium_memzero(&scram->keys, sizeof scram->keys);
        buf_finish(&scram->header);
        buf_finish(&scram->name);
        buf_finish(&scram->nonce);
        buf_finish(&scram->messages);
        free(scram);
    }
}

// The next attribute, "x=value", up to a comma.
static bool take_attribute(struct text *rest, char letter, struct text *value)
{
    struct text attribute = take(rest, ',');
    *value = text_skip(attribute, 2);
    return attribute.len >= 2 && attribute.at[0] == letter && attribute.at[1] == '=';
}

// In names "=2C" stands for a comma and "=3D" for "=".
static bool add_name(struct text escaped, struct buf *name)
{
    while (escaped.len) {
        size_t plain = text_find(escaped, '=');
        buf_add(name, text_head(escaped, plain));
        escaped = text_skip(escaped, plain);
        if (escaped.len) {
            bool comma = text_starts(escaped, TEXT("=2C"));
            if (!comma && !text_starts(escaped, TEXT("=3D"))) {
                return false;
            }
            buf_add_char(name, comma ? ',' : '=');
            escaped = text_skip(escaped, 3);
        }
    }
    return name->len > 0 && !name->overflow;
}

static bool is_nonce(struct text nonce)
{
    for (size_t i = 0; i < nonce.len; i++) {
        if (nonce.at[i] < '!' || nonce.at[i] > '~') {
            return false;
        }
    }
    return nonce.len > 0 && nonce.len <= CLIENT_NONCE_MAX;
}

bool scram_first(struct scram *scram, struct text message)
{
    struct text bare = message;
    struct text flag = take(&bare, ',');
    struct text authzid = take(&bare, ',');
    struct text rest = bare;
    struct text name;
    struct text nonce;
    if (message.len > MESSAGE_MAX ||
        (!text_equal(flag, TEXT("n")) && !text_equal(flag, TEXT("y"))) ||
        !take_attribute(&rest, 'n', &name) || !take_attribute(&rest, 'r', &nonce) ||
        !is_nonce(nonce) || !add_name(name, &scram->name)) {
        return false;
    }
    // One can only be oneself.
    if (authzid.len &&
        (!text_starts(authzid, TEXT("a=")) || !text_equal(text_skip(authzid, 2), name))) {
        return false;
    }
    buf_add(&scram->header, text_head(message, message.len - bare.len));
    buf_add(&scram->nonce, nonce);
    buf_add(&scram->messages, bare);
    return true;
}

struct text scram_name(const struct scram *scram)
{
    return buf_text(&scram->name);
}

void scram_challenge(struct scram *scram, const struct scram_keys *keys,
                     const unsigned char nonce[SCRAM_NONCE], struct buf *out)
{
    size_t from = out->len;
    scram->keys = *keys;
    base64_encode(nonce, SCRAM_NONCE, &scram->nonce);
    buf_printf(out, "r=%.*s,s=", TEXT_ARG(buf_text(&scram->nonce)));
    base64_encode(keys->salt, SCRAM_SALT, out);
    buf_printf(out, ",i=%u", keys->rounds);
    buf_add_char(&scram->messages, ',');
    buf_add(&scram->messages, text_skip(buf_text(out), from));
}

// The header of the first message, once more.
static bool is_header(const struct scram *scram, struct text encoded)
{
    struct buf header;
    buf_init(&header, MESSAGE_MAX);
    bool same =
        base64_decode(encoded, &header) && text_equal(buf_text(&header), buf_text(&scram->header));
    buf_finish(&header);
    return same;
}

static bool is_proof(const struct scram *scram, const unsigned char proof[SCRAM_DIGEST])
{
    unsigned char key[SCRAM_DIGEST];
    unsigned char digest[SCRAM_DIGEST];
    mac(scram->keys.stored, SCRAM_DIGEST, buf_text(&scram->messages), key);
    for (size_t i = 0; i < SCRAM_DIGEST; i++) {
        key[i] ^= proof[i];
    }
    crypto_hash_sha256(digest, key, SCRAM_DIGEST);
    sodium_memzero(key, sizeof key);
    return sodium_memcmp(digest, scram->keys.stored, SCRAM_DIGEST) == 0;
}

bool scram_final(struct scram *scram, struct text message, struct buf *out)
{
    struct text rest = message;
    struct text header;
    struct text nonce;
    if (message.len > MESSAGE_MAX || !take_attribute(&rest, 'c', &header) ||
        !take_attribute(&rest, 'r', &nonce) || !is_header(scram, header) ||
        !text_equal(nonce, buf_text(&scram->nonce))) {
        return false;
    }
    struct text encoded = {0};
    while (rest.len && !take_attribute(&rest, 'p', &encoded)) {
        encoded = (struct text){0};
    }
    unsigned char proof[SCRAM_DIGEST];
    if (rest.len || !read_bytes(encoded, proof, SCRAM_DIGEST)) {
        return false;
    }
    buf_add_char(&scram->messages, ',');
    buf_add(&scram->messages, text_head(message, message.len - encoded.len - strlen(",p=")));
    if (!is_proof(scram, proof)) {
        return false;
    }
    unsigned char signature[SCRAM_DIGEST];
    mac(scram->keys.server, SCRAM_DIGEST, buf_text(&scram->messages), signature);
    buf_add(out, TEXT("v="));
    base64_encode(signature, SCRAM_DIGEST, out);
    return true;
}
