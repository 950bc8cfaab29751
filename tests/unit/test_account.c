#include "chat/account_key.h"
#include "support/test.h"

static const char *const fingerprint =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static const char *const digest =
    "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";

static bool load(struct account_registry *registry, const char *key, struct text value)
{
    struct record record = {TEXT("account"), text_of(key), value};
    return account_load(registry, &record);
}

static struct account *make(struct account_registry *registry)
{
    struct account *account = account_create(registry, TEXT("Zoë"), 1000);
    check(account);
    account->flags = ACCOUNT_SUSPENDED;
    account->role = ROLE_ADMIN;
    account->role_coming = ROLE_ADMIN;
    text_replace(&account->password, TEXT("$argon2id$ \"x\""));
    text_replace(&account->email, TEXT("zoë@example.org"));
    key_add(registry, account, KEY_CERTIFICATE, text_of(fingerprint), 2000)->state = KEY_KEPT;
    key_add(registry, account, KEY_TOKEN, text_of(digest), 3000)->used_ms = 4000;
    return account;
}

static void is_as_made(const struct account *account)
{
    check(account);
    check_text(account->name, "Zoë");
    check_text(account->password, "$argon2id$ \"x\"");
    check_text(account->email, "zoë@example.org");
    check(account->role == ROLE_ADMIN);
    check(account->flags == ACCOUNT_SUSPENDED);
    check(account->created_ms == 1000);
    const struct account_key *certificate = key_next(account, KEY_CERTIFICATE, NULL);
    check(certificate && certificate->added_ms == 2000);
    check_text(key_digest(certificate), fingerprint);
    const struct account_key *token = key_next(account, KEY_TOKEN, NULL);
    check(token && token->added_ms == 3000 && token->used_ms == 4000);
    check(!key_next(account, KEY_TOKEN, token));
}

static void record_of(const struct account *account, struct buf *value)
{
    buf_init(value, STORE_RECORD_MAX);
    account_write(account, value);
}

static void a_record_gives_back_the_account(void)
{
    struct account_registry first = {0};
    struct account_registry second = {0};
    struct buf value;
    struct buf again;
    record_of(make(&first), &value);
    check(load(&second, "7", buf_text(&value)));
    is_as_made(account_by_number(&second, 7));
    record_of(account_by_number(&second, 7), &again);
    check(text_equal(buf_text(&again), buf_text(&value)));
    buf_finish(&value);
    buf_finish(&again);
    accounts_finish(&first);
    accounts_finish(&second);
}

static void what_has_ended_is_not_written(void)
{
    struct account_registry registry = {0};
    struct account *account = make(&registry);
    struct buf value;
    key_find(&registry, KEY_TOKEN, text_of(digest))->state = KEY_ENDED;
    record_of(account, &value);
    check(!memmem(value.at, value.len, digest, strlen(digest)));
    check(memmem(value.at, value.len, fingerprint, strlen(fingerprint)));
    buf_finish(&value);
    accounts_finish(&registry);
}

// Cut off anywhere a record is no account; with any one byte changed it is one or none.
static void a_damaged_record_is_refused_or_harmless(void)
{
    struct account_registry first = {0};
    struct buf value;
    record_of(make(&first), &value);
    for (size_t i = 0; i < value.len; i++) {
        struct account_registry second = {0};
        check(!load(&second, "7", text_head(buf_text(&value), i)));
        check(!account_by_number(&second, 7));
        accounts_finish(&second);
        struct account_registry third = {0};
        value.at[i] ^= 1;
        bool loaded = load(&third, "7", buf_text(&value));
        check(loaded == (account_by_number(&third, 7) != NULL));
        value.at[i] ^= 1;
        accounts_finish(&third);
    }
    buf_finish(&value);
    accounts_finish(&first);
}

static void wrong_records_are_refused(void)
{
    static const struct {
        const char *key;
        const char *value;
    } wrong[] = {
        {"1", ""},
        {"1", "null"},
        {"1", "[]"},
        {"1", "{}"},
        {"0", "{\"name\":\"Ann\",\"role\":\"member\"}"},
        {"x", "{\"name\":\"Ann\",\"role\":\"member\"}"},
        {"1", "{\"name\":\"Ann\",\"role\":\"king\"}"},
        {"1", "{\"name\":7,\"role\":\"member\"}"},
        {"1", "{\"name\":\"\",\"role\":\"member\"}"},
    };
    struct account_registry registry = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        check(!load(&registry, wrong[i].key, text_of(wrong[i].value)));
    }
    check(load(&registry, "1", TEXT("{\"name\":\"Ann\",\"role\":\"member\"}")));
    check(!load(&registry, "2", TEXT("{\"name\":\"ANN\",\"role\":\"member\"}")));
    accounts_finish(&registry);
}

// Records of before there were addresses have none, and nor has an account that gave none.
static void an_address_that_is_none_is_left_out(void)
{
    struct account_registry registry = {0};
    struct buf value;
    check(load(&registry, "1", TEXT("{\"name\":\"Ann\",\"role\":\"member\"}")));
    check_text(account_by_number(&registry, 1)->email, "");
    check(load(&registry, "2", TEXT("{\"name\":\"Bob\",\"role\":\"member\",\"email\":\"b@c d\"}")));
    check_text(account_by_number(&registry, 2)->email, "");
    check(load(&registry, "3", TEXT("{\"name\":\"Cy\",\"role\":\"member\",\"email\":7}")));
    check_text(account_by_number(&registry, 3)->email, "");
    record_of(account_by_number(&registry, 3), &value);
    check(!memmem(value.at, value.len, "email", 5));
    buf_finish(&value);
    accounts_finish(&registry);
}

static void keys_that_make_no_sense_are_left_out(void)
{
    struct account_registry registry = {0};
    check(load(&registry, "1",
               TEXT("{\"name\":\"Ann\",\"role\":\"member\",\"keys\":[7,{},{\"kind\":\"token\"},"
                    "{\"kind\":\"spell\",\"digest\":\"00\"},"
                    "{\"kind\":\"certificate\",\"digest\":\"ABC\"}]}")));
    check(!account_by_number(&registry, 1)->keys);
    accounts_finish(&registry);
}

static void a_digest_belongs_to_one_account(void)
{
    struct account_registry registry = {0};
    make(&registry);
    struct account *other = account_create(&registry, TEXT("Bob"), 0);
    check(!key_add(&registry, other, KEY_CERTIFICATE, text_of(fingerprint), 0));
    // A token is never taken for a certificate.
    check(key_add(&registry, other, KEY_TOKEN, text_of(fingerprint), 0));
    check(!key_add(&registry, other, KEY_TOKEN, TEXT("0123"), 0));
    check(!key_add(&registry, other, KEY_TOKEN, TEXT(""), 0));
    accounts_finish(&registry);
}

static void a_token_ends_90_days_after_its_last_use(void)
{
    const int64_t days_ms = (int64_t)90 * 24 * 3600 * 1000;
    struct account_registry registry = {0};
    make(&registry);
    const struct account_key *token = key_find(&registry, KEY_TOKEN, text_of(digest));
    const struct account_key *certificate =
        key_find(&registry, KEY_CERTIFICATE, text_of(fingerprint));
    check(!key_has_expired(token, 4000 + days_ms));
    check(key_has_expired(token, 4001 + days_ms));
    check(!key_has_expired(certificate, 10 * days_ms));
    accounts_finish(&registry);
}

static void a_key_is_named_by_its_beginning_if_no_other_begins_so(void)
{
    struct account_registry registry = {0};
    struct account *account = make(&registry);
    check(key_named(account, KEY_CERTIFICATE, TEXT("01234567")));
    check(!key_named(account, KEY_CERTIFICATE, TEXT("0123456")));
    check(!key_named(account, KEY_CERTIFICATE, TEXT("01234568")));
    check(!key_named(account, KEY_TOKEN, TEXT("01234567")));
    char twin[DIGEST_HEX + 1];
    memcpy(twin, fingerprint, sizeof twin);
    twin[DIGEST_HEX - 1] = '0';
    key_add(&registry, account, KEY_CERTIFICATE, text_of(twin), 0)->state = KEY_KEPT;
    check(!key_named(account, KEY_CERTIFICATE, TEXT("01234567")));
    check(key_named(account, KEY_CERTIFICATE, text_of(twin)));
    accounts_finish(&registry);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_record_gives_back_the_account);
    TEST(what_has_ended_is_not_written);
    TEST(a_damaged_record_is_refused_or_harmless);
    TEST(wrong_records_are_refused);
    TEST(an_address_that_is_none_is_left_out);
    TEST(keys_that_make_no_sense_are_left_out);
    TEST(a_digest_belongs_to_one_account);
    TEST(a_token_ends_90_days_after_its_last_use);
    TEST(a_key_is_named_by_its_beginning_if_no_other_begins_so);
    return test_end();
}
