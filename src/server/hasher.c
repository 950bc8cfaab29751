#include "server/hasher.h"

#include "base/must.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

enum { WAITING_MAX = 64, CORES_PER_HASH = 4, MEMORY_SHARE = 8, MIB = 1024 * 1024 };

// RFC 9106's second choice, and OWASP's for machines that cannot spare as much.
static const struct cost {
    unsigned long long passes;
    size_t memory;
} large = {3, (size_t)64 * MIB}, small = {2, (size_t)19 * MIB};

struct hash {
    struct hash *prev, *next;
    struct hasher *hasher;
    uv_work_t work;
    uint64_t cookie;
    enum password_work kind;
    char *stored;
    char *password;
    size_t password_len;
    bool matches;
    char made[crypto_pwhash_STRBYTES];
};

struct hasher {
    uv_loop_t *loop;
    void (*done)(void *context, uint64_t cookie, bool matches, struct text stored);
    void *context;
    struct cost cost;
    char nobody[crypto_pwhash_STRBYTES]; // what nobody's password is compared with
    struct hash *waiting;
    size_t waiting_count;
    size_t running;
    size_t running_max;
    bool ending;
};

static bool make(const struct hash *hash, char made[crypto_pwhash_STRBYTES])
{
    const struct cost *cost = &hash->hasher->cost;
    return crypto_pwhash_str_alg(made, hash->password, hash->password_len, cost->passes,
                                 cost->memory, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

// In a thread of the pool. Without the memory for it there is no match, and nothing is made.
static void work(uv_work_t *request)
{
    struct hash *hash = request->data;
    const struct hasher *h = hash->hasher;
    if (hash->kind == PASSWORD_MAKE) {
        hash->matches = make(hash, hash->made);
        return;
    }
    const char *against = hash->stored[0] ? hash->stored : h->nobody;
    bool right = crypto_pwhash_str_verify(against, hash->password, hash->password_len) == 0;
    hash->matches = right && hash->stored[0];
    if (hash->matches && crypto_pwhash_str_needs_rehash(against, h->cost.passes, h->cost.memory)) {
        make(hash, hash->made);
    }
}

static void hash_destroy(struct hash *hash)
{
    sodium_memzero(hash->password, hash->password_len);
    free(hash->password);
    free(hash->stored);
    free(hash);
}

static void start_next(struct hasher *h);

static void ended(uv_work_t *request, int status)
{
    struct hash *hash = request->data;
    struct hasher *h = hash->hasher;
    must(status == 0);
    h->running--;
    if (h->ending) {
        hash_destroy(hash);
        if (h->running == 0) {
            free(h);
        }
        return;
    }
    start_next(h);
    h->done(h->context, hash->cookie, hash->matches, text_of(hash->made));
    hash_destroy(hash);
}

static void start_next(struct hasher *h)
{
    while (h->waiting && h->running < h->running_max) {
        struct hash *hash = h->waiting;
        DL_DELETE(h->waiting, hash);
        h->waiting_count--;
        h->running++;
        must(uv_queue_work(h->loop, &hash->work, work, ended) == 0);
    }
}

// In the form of Argon2's own encoding, of random bytes: nothing matches it, and to find that out
// costs as much as with somebody's.
static void make_nobody(struct hasher *h)
{
    unsigned char salt[crypto_pwhash_SALTBYTES];
    unsigned char digest[32];
    char salt_text[sodium_base64_ENCODED_LEN(sizeof salt, sodium_base64_VARIANT_ORIGINAL)];
    char digest_text[sodium_base64_ENCODED_LEN(sizeof digest, sodium_base64_VARIANT_ORIGINAL)];
    const int variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
    randombytes_buf(salt, sizeof salt);
    randombytes_buf(digest, sizeof digest);
    sodium_bin2base64(salt_text, sizeof salt_text, salt, sizeof salt, variant);
    sodium_bin2base64(digest_text, sizeof digest_text, digest, sizeof digest, variant);
    snprintf(h->nobody, sizeof h->nobody, "$argon2id$v=19$m=%zu,t=%llu,p=1$%s$%s",
             h->cost.memory / 1024, h->cost.passes, salt_text, digest_text);
}

static struct cost choose_cost(size_t at_once)
{
    uint64_t memory = uv_get_constrained_memory();
    if (memory == 0 || memory > uv_get_total_memory()) {
        memory = uv_get_total_memory();
    }
    return at_once * large.memory <= memory / MEMORY_SHARE ? large : small;
}

struct hasher *hasher_create(uv_loop_t *loop,
                             void (*done)(void *context, uint64_t cookie, bool matches,
                                          struct text stored),
                             void *context)
{
    struct hasher *h = mem_alloc(sizeof *h);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    h->loop = loop;
    h->done = done;
    h->context = context;
    h->running_max = cores > CORES_PER_HASH ? (size_t)cores / CORES_PER_HASH : 1;
    must(sodium_init() >= 0);
    h->cost = choose_cost(h->running_max);
    make_nobody(h);
    return h;
}

void hasher_destroy(struct hasher *h)
{
    if (!h) {
        return;
    }
    struct hash *hash;
    struct hash *next;
    DL_FOREACH_SAFE(h->waiting, hash, next)
    {
        hash_destroy(hash);
    }
    h->ending = true;
    h->waiting = NULL;
    if (h->running == 0) {
        free(h);
    }
}

bool hasher_work(struct hasher *h, const struct password_job *job)
{
    if (h->waiting_count == WAITING_MAX) {
        return false;
    }
    struct hash *hash = mem_alloc(sizeof *hash);
    hash->hasher = h;
    hash->work.data = hash;
    hash->cookie = job->cookie;
    hash->kind = job->work;
    hash->stored = text_copy(job->stored);
    hash->password = text_copy(job->password);
    hash->password_len = job->password.len;
    DL_APPEND(h->waiting, hash);
    h->waiting_count++;
    start_next(h);
    return true;
}
