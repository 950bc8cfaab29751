#include "chat/account_key.h"

#include "base/must.h"

#include <time.h>
#include <utlist.h>

static const int64_t unused_ms = (int64_t)90 * 24 * 3600 * 1000;

enum key_kind key_kind(const struct account_key *key)
{
    return (enum key_kind)key->id[0];
}

struct text key_digest(const struct account_key *key)
{
    return text_of(key->id + 1);
}

static bool is_digest(struct text digest)
{
    size_t i = 0;
    while (i < digest.len && strchr("0123456789abcdef", digest.at[i]) && digest.at[i]) {
        i++;
    }
    return i == DIGEST_HEX && i == digest.len;
}

struct account_key *key_of_id(const struct account_registry *registry, const char *id)
{
    struct account_key *key = NULL;
    HASH_FIND(by_id, registry->keys, id, strlen(id), key);
    return key;
}

struct account_key *key_find(const struct account_registry *registry, enum key_kind kind,
                             struct text digest)
{
    char id[1 + DIGEST_HEX + 1];
    if (!is_digest(digest)) {
        return NULL;
    }
    snprintf(id, sizeof id, "%c%.*s", kind, TEXT_ARG(digest));
    return key_of_id(registry, id);
}

struct account_key *key_add(struct account_registry *registry, struct account *account,
                            enum key_kind kind, struct text digest, int64_t now_ms)
{
    if (!is_digest(digest) || key_find(registry, kind, digest)) {
        return NULL;
    }
    struct account_key *key = mem_alloc(sizeof *key);
    key->account = account;
    snprintf(key->id, sizeof key->id, "%c%.*s", kind, TEXT_ARG(digest));
    key->added_ms = key->used_ms = now_ms;
    DL_APPEND(account->keys, key);
    HASH_ADD_KEYPTR(by_id, registry->keys, key->id, strlen(key->id), key);
    return key;
}

void key_destroy(struct account_registry *registry, struct account_key *key)
{
    must(registry->keys);
    HASH_DELETE(by_id, registry->keys, key);
    DL_DELETE(key->account->keys, key);
    free(key);
}

void keys_destroy(struct account_registry *registry, struct account *account)
{
    while (account->keys) {
        key_destroy(registry, account->keys);
    }
}

const struct account_key *key_next(const struct account *account, enum key_kind kind,
                                   const struct account_key *key)
{
    key = key ? key->next : account->keys;
    while (key && (key_kind(key) != kind || key->state != KEY_KEPT)) {
        key = key->next;
    }
    return key;
}

struct account_key *key_named(const struct account *account, enum key_kind kind,
                              struct text beginning)
{
    struct account_key *found = NULL;
    struct account_key *key;
    if (beginning.len < KEY_NAME_LEN) {
        return NULL;
    }
    DL_FOREACH(account->keys, key)
    {
        if (key_kind(key) == kind && key->state == KEY_KEPT &&
            text_equal_nocase(text_head(key_digest(key), beginning.len), beginning)) {
            if (found) {
                return NULL;
            }
            found = key;
        }
    }
    return found;
}

size_t keys_count(const struct account *account, enum key_kind kind)
{
    size_t count = 0;
    struct account_key *key;
    DL_FOREACH(account->keys, key)
    {
        count += key_kind(key) == kind && key->state != KEY_ENDED;
    }
    return count;
}

bool key_has_expired(const struct account_key *key, int64_t now_ms)
{
    return key_kind(key) == KEY_TOKEN && now_ms - key->used_ms > unused_ms;
}

static void add_day(struct buf *out, int64_t wall_ms)
{
    char day[32];
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(day, sizeof day, "%Y-%m-%d", &utc);
    buf_add(out, text_of(day));
}

void key_say(const struct account_key *key, struct buf *out)
{
    buf_add(out, text_head(key_digest(key), KEY_NAME_LEN));
    buf_add(out, TEXT(" (added "));
    add_day(out, key->added_ms);
    buf_add(out, TEXT(", last used "));
    add_day(out, key->used_ms);
    buf_add_char(out, ')');
}
