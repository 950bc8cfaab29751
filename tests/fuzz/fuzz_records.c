// Records as the store may give them back: of an account (after 'a'), of a room ('r'), a ban ('b'),
// an invitation ('i'). Each is refused or read, and what has been read is written so that it is
// read the same again.
#include "base/must.h"
#include "chat/account.h"
#include "chat/account_key.h"
#include "chat/bans.h"
#include "chat/invitations.h"
#include "chat/room.h"
#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_keys(const struct account *account)
{
    for (const struct account_key *key = account->keys; key; key = key->next) {
        must(key->account == account && key->state == KEY_KEPT);
        must(key_digest(key).len == DIGEST_HEX);
    }
}

// Writes the account of this record again; false if the record is refused.
static bool account_again(struct text json, struct buf *again)
{
    struct account_registry registry = {0};
    struct record record = {TEXT("account"), TEXT("7"), json};
    bool read = account_load(&registry, &record);
    const struct account *account = account_by_number(&registry, 7);
    must(read == (account != NULL));
    if (read) {
        must(registry.last_number == 7 && account_find(&registry, account->name) == account);
        check_keys(account);
        account_write(account, again);
    }
    accounts_finish(&registry);
    return read;
}

static void check_rules(const struct rules *rules)
{
    must(rules->key.len <= RULE_KEY_MAX && rules->rank_count <= RULE_RANKS_MAX);
    for (size_t kind = 0; kind < RULE_LISTS; kind++) {
        must(rules->lists[kind].count <= RULE_MASKS_MAX);
        for (size_t i = 0; i < rules->lists[kind].count; i++) {
            must(mask_is_good(rules->lists[kind].at[i].mask));
        }
    }
}

// A room whose record cannot be understood is closed.
static bool room_again(struct text json, struct buf *again)
{
    struct room room = {.shown = text_own(TEXT("#a"))};
    bool read = room_read(&room, json);
    must(read || (room.rules && rules_are_closed(room.rules)));
    must(room.shown.len);
    if (room.rules) {
        check_rules(room.rules);
    }
    room_write(&room, room.rules, again);
    rules_destroy(room.rules);
    text_disown(room.shown);
    return read;
}

// One that cannot be understood is for good, but for what could be read.
static bool ban_again(struct text json, struct buf *again)
{
    struct rule_mask ban = {0};
    bool read = ban_read(json, &ban);
    must(read || ban.until_ms == 0);
    ban_write(&ban, again);
    ban_read_finish(&ban);
    return read;
}

static bool invitation_again(struct text json, struct buf *again)
{
    struct invitation one = {0};
    bool read = invitation_parse(json, &one);
    if (read) {
        must(one.uses >= 1 && one.uses <= INVITATION_USES_MAX && one.reserved == 0);
        invitation_write(&one, again);
        text_disown(one.place);
        text_disown(one.by);
    }
    return read;
}

static const struct {
    uint8_t letter;
    bool (*again)(struct text json, struct buf *again);
} kinds[] = {{'a', account_again}, {'r', room_again}, {'b', ban_again}, {'i', invitation_again}};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct text json = {(const char *)bytes + 1, len ? len - 1 : 0};
    size_t kind = 0;
    while (kind < sizeof kinds / sizeof *kinds && len && kinds[kind].letter != *bytes) {
        kind++;
    }
    if (len == 0 || kind == sizeof kinds / sizeof *kinds) {
        return 0;
    }
    struct buf first;
    struct buf second;
    buf_init(&first, STORE_RECORD_MAX);
    buf_init(&second, STORE_RECORD_MAX);
    if (kinds[kind].again(json, &first)) {
        must(kinds[kind].again(buf_text(&first), &second));
        must(text_equal(buf_text(&first), buf_text(&second)));
    }
    buf_finish(&first);
    buf_finish(&second);
    return 0;
}
