// SCRAM from bytes: the first line is the client's first message, the second its final one, the
// third what is kept of a password. No message ends more than its exchange; bytes that are made up
// prove nothing, and the right proof of whatever was begun is taken, with any bit of it changed it
// is not.
#include "base/must.h"
#include "wire/base64.h"
#include "wire/scram.h"

#include <sodium.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { MESSAGE_MAX = 16 * 1024 };

static const unsigned char client_key[SCRAM_DIGEST] = "the client's key, of 32 bytes...";
static const unsigned char server_nonce[SCRAM_NONCE] = "a nonce of 18 byte";

static struct scram_keys keys_made(void)
{
    struct scram_keys keys = {.rounds = SCRAM_ROUNDS, .salt = "salt"};
    crypto_hash_sha256(keys.stored, client_key, sizeof client_key);
    return keys;
}

static struct text take_line(struct text *rest)
{
    struct text line = text_head(*rest, text_find(*rest, '\n'));
    *rest = text_skip(*rest, line.len + 1);
    return line;
}

static struct scram *begun(struct text first, struct buf *challenge)
{
    struct scram_keys keys = keys_made();
    struct scram *scram = scram_create();
    if (!scram_first(scram, first)) {
        scram_destroy(scram);
        return NULL;
    }
    must(scram_name(scram).len);
    scram_challenge(scram, &keys, server_nonce, challenge);
    must(text_starts(buf_text(challenge), TEXT("r=")));
    return scram;
}

// The final message without its proof, for what was begun.
static void write_final(struct text first, struct text challenge, struct buf *final)
{
    struct text bare = text_skip(first, text_find(first, ',') + 1);
    bare = text_skip(bare, text_find(bare, ',') + 1);
    buf_add(final, TEXT("c="));
    base64_encode(first.at, first.len - bare.len, final);
    buf_add_char(final, ',');
    buf_add(final, text_head(challenge, text_find(challenge, ',')));
}

static void prove(struct text first, struct text challenge, struct text final,
                  unsigned char proof[SCRAM_DIGEST])
{
    struct scram_keys keys = keys_made();
    struct buf all;
    buf_init(&all, 4 * MESSAGE_MAX);
    struct text bare = text_skip(first, text_find(first, ',') + 1);
    buf_add(&all, text_skip(bare, text_find(bare, ',') + 1));
    buf_printf(&all, ",%.*s,%.*s", TEXT_ARG(challenge), TEXT_ARG(final));
    crypto_auth_hmacsha256(proof, (const unsigned char *)all.at, all.len, keys.stored);
    for (size_t i = 0; i < SCRAM_DIGEST; i++) {
        proof[i] ^= client_key[i];
    }
    buf_finish(&all);
}

static void check_right(struct text first, unsigned char flipped)
{
    struct buf challenge, final, answer;
    buf_init(&challenge, MESSAGE_MAX);
    buf_init(&final, MESSAGE_MAX);
    buf_init(&answer, MESSAGE_MAX);
    struct scram *scram = begun(first, &challenge);
    if (scram) {
        unsigned char proof[SCRAM_DIGEST];
        write_final(first, buf_text(&challenge), &final);
        prove(first, buf_text(&challenge), buf_text(&final), proof);
        proof[flipped % SCRAM_DIGEST] ^= flipped & 0x80;
        buf_add(&final, TEXT(",p="));
        base64_encode(proof, sizeof proof, &final);
        must(scram_final(scram, buf_text(&final), &answer) == !(flipped & 0x80));
        must((answer.len > 0) == !(flipped & 0x80));
    }
    scram_destroy(scram);
    buf_finish(&challenge);
    buf_finish(&final);
    buf_finish(&answer);
}

static void check_made_up(struct text first, struct text final)
{
    struct buf challenge, answer;
    buf_init(&challenge, MESSAGE_MAX);
    buf_init(&answer, MESSAGE_MAX);
    struct scram *scram = begun(first, &challenge);
    must(!scram || (!scram_final(scram, final, &answer) && answer.len == 0));
    scram_destroy(scram);
    buf_finish(&challenge);
    buf_finish(&answer);
}

static void check_kept(struct text kept)
{
    struct scram_keys keys, again;
    struct buf written;
    buf_init(&written, SCRAM_KEPT_MAX);
    if (scram_read(kept, &keys)) {
        scram_write(&keys, &written);
        must(!written.overflow && scram_read(buf_text(&written), &again));
        must(keys.rounds == again.rounds && memcmp(keys.salt, again.salt, SCRAM_SALT) == 0);
        must(memcmp(keys.stored, again.stored, SCRAM_DIGEST) == 0 &&
             memcmp(keys.server, again.server, SCRAM_DIGEST) == 0);
    }
    buf_finish(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct text rest = {(const char *)bytes, len};
    struct text first = take_line(&rest);
    struct text final = take_line(&rest);
    check_made_up(first, final);
    check_right(first, rest.len ? (unsigned char)*rest.at : 0);
    check_kept(rest);
    return 0;
}
