#include "chat/user.h"

#include "base/must.h"
#include "base/utf8.h"
#include "chat/core_state.h"

static struct user *holder(struct core *core, const struct name_keys *keys,
                           const struct user *except)
{
    struct user *same = NULL;
    HASH_FIND(by_key, core->users.by_key, keys->key.at, keys->key.len, same);
    if (!same || same == except) {
        HASH_FIND(by_skeleton, core->users.by_skeleton, keys->skeleton.at, keys->skeleton.len,
                  same);
    }
    return same == except ? NULL : same;
}

static bool is_taken(struct core *core, const struct name_keys *keys, const struct user *except)
{
    return holder(core, keys, except) != NULL;
}

size_t user_registry_rank(const struct user_registry *registry, struct text key)
{
    size_t low = 0;
    size_t high = registry->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text_compare(registry->sorted[middle]->key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void registry_add(struct user_registry *registry, struct user *user)
{
    HASH_ADD_KEYPTR(by_key, registry->by_key, user->key.at, user->key.len, user);
    HASH_ADD_KEYPTR(by_skeleton, registry->by_skeleton, user->skeleton.at, user->skeleton.len,
                    user);
    if (registry->count == registry->size) {
        registry->size = registry->size ? registry->size * 2 : 64;
        registry->sorted = mem_grow(registry->sorted, registry->size * sizeof(struct user *));
    }
    size_t rank = user_registry_rank(registry, user->key);
    memmove(registry->sorted + rank + 1, registry->sorted + rank,
            (registry->count - rank) * sizeof(struct user *));
    registry->sorted[rank] = user;
    registry->count++;
    if (registry->count > registry->most) {
        registry->most = registry->count;
    }
}

static void registry_remove(struct user_registry *registry, struct user *user)
{
    HASH_DELETE(by_key, registry->by_key, user);
    HASH_DELETE(by_skeleton, registry->by_skeleton, user);
    size_t rank = user_registry_rank(registry, user->key);
    must(registry->sorted[rank] == user);
    registry->count--;
    memmove(registry->sorted + rank, registry->sorted + rank + 1,
            (registry->count - rank) * sizeof(struct user *));
}

static void set_name(struct user *user, struct text name, const struct name_keys *keys)
{
    user->name = text_own(name);
    user->key = text_own(buf_text(&keys->key));
    // Mostly they are alike, and a name costs one string less.
    bool alike = text_equal(buf_text(&keys->skeleton), user->key);
    user->skeleton = alike ? user->key : text_own(buf_text(&keys->skeleton));
}

static void free_name(struct user *user)
{
    text_disown(user->name);
    if (user->skeleton.at != user->key.at) {
        text_disown(user->skeleton);
    }
    text_disown(user->key);
}

static struct identity guest_identity(const struct core *core, const struct user *user)
{
    return (struct identity){.number = (uint64_t)store_epoch(core->store) << 32 | user->number};
}

static struct user *make(struct core *core, struct text address)
{
    struct user *user = mem_alloc(sizeof *user);
    user->number = ++core->last_user;
    user->identity = guest_identity(core, user);
    user->since = user->spoke = core->now;
    user->cloak = cloak_of(core, address);
    char *written = text_copy(address);
    address_parse(written, &user->address);
    free(written);
    return user;
}

enum name_fault user_name_check(const struct core *core, struct text name)
{
    enum name_fault fault = name_check(name);
    bool servers = fault == NAME_OK && name_reads_like(name, text_of(core->server_name));
    return servers ? NAME_IS_SERVERS : fault;
}

struct user *user_create(struct core *core, struct text name, struct text address,
                         enum name_fault *fault)
{
    *fault = user_name_check(core, name);
    if (*fault != NAME_OK) {
        return NULL;
    }
    struct name_keys keys;
    struct user *user = NULL;
    if (name_keys_init(&keys, name) && !is_taken(core, &keys, NULL)) {
        user = make(core, address);
        set_name(user, name, &keys);
        registry_add(&core->users, user);
    }
    name_keys_finish(&keys);
    return user;
}

struct user *user_create_nameless(struct core *core, struct text name, struct text address)
{
    struct user *user = make(core, address);
    user->nameless = true;
    user->name = text_own(name);
    return user;
}

static struct account *account_of(const struct core *core, const struct user *user)
{
    struct identity who = user->identity;
    return who.account ? account_by_number(&core->accounts, who.number) : NULL;
}

static void count_online(const struct core *core, const struct user *user, bool comes)
{
    struct account *account = account_of(core, user);
    if (account) {
        account->online += comes ? 1 : -1u;
    }
}

void user_set_account(struct core *core, struct user *user, const struct account *account)
{
    count_online(core, user, false);
    const struct account *before = account_of(core, user);
    if (before && account_role(before) >= ROLE_ADMIN) {
        user->is_operator = false;
    }
    user->is_operator |= account && account_role(account) >= ROLE_ADMIN;
    text_replace(&user->account, account ? account->name : TEXT(""));
    user->identity = account ? account_identity(account) : guest_identity(core, user);
    count_online(core, user, true);
}

struct actor user_actor(const struct user *user)
{
    return (struct actor){
        .name = user->name,
        .login = user->login,
        .account = user->account,
        .real_name = user->real_name,
        .away = text_of(user->away),
        .cloak = user->cloak,
        .address = user->address,
    };
}

void user_destroy(struct core *core, struct user *user)
{
    count_online(core, user, false);
    if (!user->nameless) {
        registry_remove(&core->users, user);
    }
    free_name(user);
    text_disown(user->login);
    text_disown(user->account);
    text_disown(user->real_name);
    free(user->away);
    for (int kind = 0; kind < NOTES_MAIL; kind++) {
        notes_clear(&user->notes[kind]);
    }
    free(user);
}

bool user_rename(struct core *core, struct user *user, struct text name, enum name_fault *fault)
{
    *fault = user_name_check(core, name);
    if (*fault != NAME_OK) {
        return false;
    }
    struct name_keys keys;
    bool free_to_take = name_keys_init(&keys, name) && !is_taken(core, &keys, user);
    if (free_to_take) {
        registry_remove(&core->users, user);
        free_name(user);
        set_name(user, name, &keys);
        registry_add(&core->users, user);
    }
    name_keys_finish(&keys);
    return free_to_take;
}

struct user *user_find(struct core *core, struct text name)
{
    struct user *user = NULL;
    struct buf key;
    buf_init(&key, NAME_KEY_MAX);
    if (name.len <= NAME_BYTES_MAX && utf8_valid(name) && name_fold(name, &key)) {
        HASH_FIND(by_key, core->users.by_key, key.at, key.len, user);
    }
    buf_finish(&key);
    return user;
}

struct user *user_holder(struct core *core, struct text name)
{
    struct name_keys keys;
    struct user *user = NULL;
    if (name_keys_init(&keys, name)) {
        user = holder(core, &keys, NULL);
    }
    name_keys_finish(&keys);
    return user;
}

struct user *user_of(const struct core *core, struct identity who)
{
    for (size_t i = 0; i < core->users.count; i++) {
        struct user *user = core->users.sorted[i];
        if (user->identity.number == who.number && user->identity.account == who.account) {
            return user;
        }
    }
    return NULL;
}

void user_registry_finish(struct user_registry *registry)
{
    must(registry->count == 0);
    free(registry->sorted);
}
