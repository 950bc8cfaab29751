// What the store keeps of an account: a JSON object under its number.
#include "chat/account.h"

#include "base/must.h"

#include <jansson.h>

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
    account->role = role;
    account->flags = (uint32_t)number_member(object, "flags") & flags_kept;
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

void account_write(const struct account *account, struct buf *out)
{
    json_t *object = json_pack(
        "{s:s%, s:s%, s:s, s:I, s:I}", "name", account->name.at, account->name.len, "password",
        account->password.at, account->password.len, "role", role_word(account->role), "flags",
        (json_int_t)(account->flags & flags_kept), "created_ms", (json_int_t)account->created_ms);
    must(object);
    char *json = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    must(json && strlen(json) <= RECORD_MAX && buf_add(out, text_of(json)));
    free(json);
    json_decref(object);
}
