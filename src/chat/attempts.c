#include "chat/attempts.h"

#include "base/hash.h"
#include "base/must.h"

struct attempt {
    struct text key;  // owned
    int64_t until_ms; // when its allowance is full again
    UT_hash_handle hh;
};

struct attempts {
    struct attempt *by_key;
};

struct attempts *attempts_create(void)
{
    return mem_alloc(sizeof(struct attempts));
}

static void drop(struct attempts *attempts, struct attempt *attempt)
{
    HASH_DEL(attempts->by_key, attempt);
    text_disown(attempt->key);
    free(attempt);
}

void attempts_destroy(struct attempts *attempts)
{
    struct attempt *attempt;
    struct attempt *next;
    HASH_ITER(hh, attempts->by_key, attempt, next)
    {
        drop(attempts, attempt);
    }
    free(attempts);
}

static struct attempt *find(const struct attempts *attempts, struct text key)
{
    struct attempt *attempt = NULL;
    HASH_FIND(hh, attempts->by_key, key.at, key.len, attempt);
    return attempt;
}

int64_t attempts_wait_ms(const struct attempts *attempts, struct text key, struct attempt_rate rate,
                         int64_t mono_ms)
{
    const struct attempt *attempt = find(attempts, key);
    int64_t free_ms = attempt ? attempt->until_ms - (rate.burst - 1) * rate.every_ms : mono_ms;
    return free_ms > mono_ms ? free_ms - mono_ms : 0;
}

// What was not tried for longest stands first.
static void make_room(struct attempts *attempts, int64_t mono_ms)
{
    while (attempts->by_key && (attempts->by_key->until_ms <= mono_ms ||
                                HASH_COUNT(attempts->by_key) >= ATTEMPTS_MAX)) {
        drop(attempts, attempts->by_key);
    }
}

void attempts_add(struct attempts *attempts, struct text key, struct attempt_rate rate,
                  int64_t mono_ms)
{
    struct attempt *attempt = find(attempts, key);
    int64_t from_ms = attempt && attempt->until_ms > mono_ms ? attempt->until_ms : mono_ms;
    if (attempt) {
        drop(attempts, attempt);
    }
    make_room(attempts, mono_ms);
    attempt = mem_alloc(sizeof *attempt);
    attempt->key = text_own(key);
    attempt->until_ms = from_ms + rate.every_ms;
    HASH_ADD_KEYPTR(hh, attempts->by_key, attempt->key.at, attempt->key.len, attempt);
}

void attempts_forget(struct attempts *attempts, struct text key)
{
    struct attempt *attempt = find(attempts, key);
    if (attempt) {
        drop(attempts, attempt);
    }
}
