#include "chat/account.h"

#include "base/must.h"
#include "base/utf8.h"
#include "chat/account_key.h"

static const char *const role_words[ROLE_COUNT] = {
    [ROLE_MEMBER] = "member",
    [ROLE_MODERATOR] = "moderator",
    [ROLE_ADMIN] = "admin",
    [ROLE_OWNER] = "owner",
};

const char *role_word(enum role role)
{
    must(role < ROLE_COUNT);
    return role_words[role];
}

enum role account_role(const struct account *account)
{
    return account->role_coming < account->role ? account->role_coming : account->role;
}

bool role_find(struct text word, enum role *role)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        if (text_equal_nocase(word, text_of(role_words[i]))) {
            *role = (enum role)i;
            return true;
        }
    }
    return false;
}

static struct account *owner_of(const struct account_registry *registry,
                                const struct name_keys *keys)
{
    struct account *account = NULL;
    HASH_FIND(by_key, registry->by_key, keys->key.at, keys->key.len, account);
    if (!account) {
        HASH_FIND(by_skeleton, registry->by_skeleton, keys->skeleton.at, keys->skeleton.len,
                  account);
    }
    return account;
}

static void add(struct account_registry *registry, struct account *account)
{
    HASH_ADD_KEYPTR(by_key, registry->by_key, account->key.at, account->key.len, account);
    HASH_ADD_KEYPTR(by_skeleton, registry->by_skeleton, account->skeleton.at, account->skeleton.len,
                    account);
    HASH_ADD(by_number, registry->by_number, number, sizeof account->number, account);
    if (account->number > registry->last_number) {
        registry->last_number = account->number;
    }
}

struct account *account_create(struct account_registry *registry, struct text name, int64_t now_ms)
{
    struct name_keys keys;
    struct account *account = NULL;
    if (name_keys_init(&keys, name) && !owner_of(registry, &keys)) {
        account = mem_alloc(sizeof *account);
        account->number = registry->last_number + 1;
        account->name = text_own(name);
        account->key = text_own(buf_text(&keys.key));
        account->skeleton = text_own(buf_text(&keys.skeleton));
        account->password = text_own(TEXT(""));
        account->email = text_own(TEXT(""));
        account->flags = ACCOUNT_NEW;
        account->created_ms = now_ms;
        add(registry, account);
    }
    name_keys_finish(&keys);
    return account;
}

void account_destroy(struct account_registry *registry, struct account *account)
{
    keys_destroy(registry, account);
    HASH_DELETE(by_key, registry->by_key, account);
    HASH_DELETE(by_skeleton, registry->by_skeleton, account);
    HASH_DELETE(by_number, registry->by_number, account);
    text_disown(account->name);
    text_disown(account->key);
    text_disown(account->skeleton);
    text_disown(account->password);
    text_disown(account->email);
    for (int kind = 0; kind < NOTES_KINDS; kind++) {
        notes_clear(&account->notes[kind]);
    }
    free(account);
}

void accounts_finish(struct account_registry *registry)
{
    struct account *account;
    struct account *next;
    HASH_ITER(by_number, registry->by_number, account, next)
    {
        account_destroy(registry, account);
    }
}

struct account *account_find(const struct account_registry *registry, struct text name)
{
    struct account *account = NULL;
    struct name_keys keys;
    if (name_keys_init(&keys, name)) {
        HASH_FIND(by_key, registry->by_key, keys.key.at, keys.key.len, account);
    }
    name_keys_finish(&keys);
    return account && !(account->flags & ACCOUNT_NEW) ? account : NULL;
}

struct account *account_by_number(const struct account_registry *registry, uint64_t number)
{
    struct account *account = NULL;
    HASH_FIND(by_number, registry->by_number, &number, sizeof number, account);
    return account;
}

const struct account *account_of_name(const struct account_registry *registry, struct text name)
{
    struct name_keys keys;
    const struct account *account = name_keys_init(&keys, name) ? owner_of(registry, &keys) : NULL;
    name_keys_finish(&keys);
    return account;
}

struct identity account_identity(const struct account *account)
{
    return (struct identity){.number = account->number, .account = true};
}

struct text account_name_of(const struct account_registry *registry, struct identity who)
{
    const struct account *account = who.account ? account_by_number(registry, who.number) : NULL;
    return account ? account->name : TEXT("");
}
