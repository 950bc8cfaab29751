// What the store keeps of an account: a JSON object under its number.
#include "chat/account_key.h"

#include "base/must.h"
#include "chat/email.h"

#include <jansson.h>
#include <utlist.h>

enum { RECORD_MAX = 64 * 1024 };

static const uint32_t flags_kept = ~(uint32_t)ACCOUNT_NEW;

static struct text text_member(const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    return (struct text){json_string_value(member), json_string_length(member)};
}

static int64_t number_member(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

// A key that cannot be understood is left out: it would let nobody in.
static void read_keys(struct account_registry *registry, struct account *account,
                      const json_t *keys)
{
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const json_t *object = json_array_get(keys, i);
        struct text kind = text_member(object, "kind");
        bool token = text_equal(kind, TEXT("token"));
        if (!token && !text_equal(kind, TEXT("certificate"))) {
            continue;
        }
        struct account_key *key =
            key_add(registry, account, token ? KEY_TOKEN : KEY_CERTIFICATE,
                    text_member(object, "digest"), number_member(object, "added_ms"));
        if (key) {
            key->used_ms = number_member(object, "used_ms");
            key->state = KEY_KEPT;
        }
    }
}

static bool account_read(struct account_registry *registry, uint64_t number, const json_t *object)
{
    enum role role;
    struct text name = text_member(object, "name");
    if (number == 0 || name.len == 0 || !role_find(text_member(object, "role"), &role)) {
        return false;
    }
    uint64_t last_number = registry->last_number;
    registry->last_number = number - 1;
    struct account *account = account_create(registry, name, number_member(object, "created_ms"));
    if (last_number > registry->last_number) {
        registry->last_number = last_number;
    }
    if (!account) {
        return false;
    }
    text_replace(&account->password, text_member(object, "password"));
    struct text email = text_member(object, "email");
    if (email_is_good(email)) {
        text_replace(&account->email, email);
    }
    account->role = role;
    account->role_coming = role;
    account->flags = (uint32_t)number_member(object, "flags") & flags_kept;
    read_keys(registry, account, json_object_get(object, "keys"));
    return true;
}

bool account_load(struct account_registry *registry, const struct record *record)
{
    uint64_t number;
    if (text_equal(record->kind, TEXT("counter"))) {
        if (!text_equal(record->key, TEXT("account")) ||
            !text_number(record->value, INT64_MAX, &number)) {
            return false;
        }
        registry->last_number = number > registry->last_number ? number : registry->last_number;
        return true;
    }
    json_t *object = json_loadb(record->value.at, record->value.len, 0, NULL);
    bool read = object && text_number(record->key, INT64_MAX, &number) &&
                account_read(registry, number, object);
    json_decref(object);
    return read;
}

static json_t *keys_write(const struct account *account)
{
    json_t *keys = json_array();
    const struct account_key *key;
    DL_FOREACH(account->keys, key)
    {
        if (key->state != KEY_ENDED) {
            const char *kind = key_kind(key) == KEY_TOKEN ? "token" : "certificate";
            must(json_array_append_new(keys, json_pack("{s:s, s:s, s:I, s:I}", "kind", kind,
                                                       "digest", key_digest(key).at, "added_ms",
                                                       (json_int_t)key->added_ms, "used_ms",
                                                       (json_int_t)key->used_ms)) == 0);
        }
    }
    return keys;
}

void account_write(const struct account *account, struct buf *out)
{
    json_t *object = json_pack("{s:s%, s:s%, s:s, s:I, s:I, s:o}", "name", account->name.at,
                               account->name.len, "password", account->password.at,
                               account->password.len, "role", role_word(account->role_coming),
                               "flags", (json_int_t)(account->flags & flags_kept), "created_ms",
                               (json_int_t)account->created_ms, "keys", keys_write(account));
    must(object);
    if (account->email.len) {
        must(json_object_set_new(object, "email",
                                 json_stringn(account->email.at, account->email.len)) == 0);
    }
    char *json = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    must(json && strlen(json) <= RECORD_MAX && buf_add(out, text_of(json)));
    free(json);
    json_decref(object);
}
