#include "chat/rules.h"

#include "base/buf.h"
#include "chat/event.h"
#include "chat/name.h"
#include "chat/room.h"
#include "store/store.h"
#include "support/test.h"

#include <time.h>

static void check_completed(const char *written, const char *expected)
{
    struct buf out;
    buf_init(&out, 200);
    mask_complete(text_of(written), &out);
    check_text(buf_text(&out), expected);
    buf_finish(&out);
}

static void masks_are_completed(void)
{
    check_completed("bob", "bob!*@*");
    check_completed("*@host", "*!*@host");
    check_completed("bob!b", "bob!b@*");
    check_completed("bob!b@host", "bob!b@host");
    check_completed("!@", "*!*@*");
    check_completed("~a:bob", "~a:bob");
}

static bool add(struct rules *rules, const char *mask)
{
    return rules_add(rules, RULE_BANS,
                     &(struct rule_mask){.mask = text_of(mask), .by = TEXT("ann"), .set_ms = 5});
}

static void a_list_has_each_mask_once(void)
{
    struct rules *rules = rules_create(1);
    check(add(rules, "bob!*@*"));
    check(!add(rules, "BOB!*@*"));
    check(add(rules, "carol!*@*"));
    check_number(rules->lists[RULE_BANS].count, 2);
    check_text(rules->lists[RULE_BANS].at[0].by, "ann");
    check_number(rules->lists[RULE_BANS].at[0].set_ms, 5);
    check(rules_remove(rules, RULE_BANS, TEXT("Bob!*@*")));
    check(!rules_remove(rules, RULE_BANS, TEXT("bob!*@*")));
    check(!rules_remove(rules, RULE_EXCEPTIONS, TEXT("carol!*@*")));
    check_text(rules->lists[RULE_BANS].at[0].mask, "carol!*@*");
    rules_destroy(rules);
    rules_destroy(NULL);
}

static void a_list_has_its_limit(void)
{
    struct rules *rules = rules_create(1);
    for (int i = 0; i < RULE_MASKS_MAX; i++) {
        char mask[32];
        snprintf(mask, sizeof mask, "n%d!*@*", i);
        check(add(rules, mask));
    }
    check(!add(rules, "more!*@*"));
    check(rules_remove(rules, RULE_BANS, TEXT("n7!*@*")));
    check(add(rules, "more!*@*"));
    rules_destroy(rules);
}

static void bans_match_name_host_and_account(void)
{
    struct rules *rules = rules_create(1);
    struct actor bob = {.name = TEXT("Bob"), .login = TEXT("b"), .cloak = 0x1f};
    check(!rules_match(rules, RULE_BANS, &bob, 10));
    add(rules, "*!*@000000000000001f.hobnob");
    check(rules_match(rules, RULE_BANS, &bob, 10));
    check(!rules_match(rules, RULE_EXCEPTIONS, &bob, 10));
    rules_remove(rules, RULE_BANS, TEXT("*!*@000000000000001f.hobnob"));
    add(rules, "~a:bob*");
    check(!rules_match(rules, RULE_BANS, &bob, 10));
    bob.account = TEXT("bobby");
    check(rules_match(rules, RULE_BANS, &bob, 10));
    bob.account = TEXT("carol");
    check(!rules_match(rules, RULE_BANS, &bob, 10));
    rules_destroy(rules);
}

static bool hits(const char *mask, const struct actor *actor)
{
    struct rules *rules = rules_create(1);
    struct buf whole;
    buf_init(&whole, RULE_MASK_BYTES_MAX);
    mask_complete(text_of(mask), &whole);
    rules_add(rules, RULE_BANS, &(struct rule_mask){.mask = buf_text(&whole)});
    bool match = rules_match(rules, RULE_BANS, actor, 1);
    check(match == (rules_silence(rules, actor, 1) && !mask_is_for_speech(buf_text(&whole))));
    buf_finish(&whole);
    rules_destroy(rules);
    return match;
}

static void bans_match_addresses(void)
{
    struct actor bob = {.name = TEXT("Bob"), .login = TEXT("b")};
    check(address_parse("10.1.2.3", &bob.address));
    check(hits("10.1.2.3", &bob) && hits("10.0.0.0/8", &bob) && hits("0.0.0.0/0", &bob));
    check(!hits("10.1.2.4", &bob) && !hits("10.1.2.0/31", &bob) && !hits("::1", &bob));
    check(hits("Bo*!*@10.1.0.0/16", &bob) && !hits("Al*!*@10.1.0.0/16", &bob));
    check(hits("*!b@10.1.0.0/16", &bob) && !hits("*!c@10.1.0.0/16", &bob));
    check(address_parse("2001:db8::7", &bob.address));
    check(hits("2001:db8::/32", &bob) && !hits("2001:db9::/32", &bob) && !hits("10.0.0.0/8", &bob));
    check(mask_has_address(TEXT("*!*@10.0.0.0/8")) && mask_has_address(TEXT("~m:*!*@::1")));
    check(!mask_has_address(TEXT("*!*@10.0.0.0.example")) &&
          !mask_has_address(TEXT("~a:10.0.0.1")));
}

static void a_mute_is_for_speech_only(void)
{
    struct rules *rules = rules_create(1);
    struct actor bob = {.name = TEXT("Bob"), .account = TEXT("bobby")};
    add(rules, "~m:bob!*@*");
    check(!rules_match(rules, RULE_BANS, &bob, 1) && rules_silence(rules, &bob, 1));
    check(rules_remove(rules, RULE_BANS, TEXT("~m:bob!*@*")) && !rules_silence(rules, &bob, 1));
    add(rules, "~m:~a:bobby");
    check(!rules_match(rules, RULE_BANS, &bob, 1) && rules_silence(rules, &bob, 1));
    check_completed("~m:bob", "~m:bob!*@*");
    check_completed("~m:", "~m:*!*@*");
    check_completed("~m:10.0.0.0/8", "~m:*!*@10.0.0.0/8");
    rules_destroy(rules);
}

static void a_ban_ends_when_its_time_is_over(void)
{
    struct rules *rules = rules_create(1);
    struct actor bob = {.name = TEXT("Bob")};
    struct rule_mask mask = {.mask = TEXT("bob!*@*"), .until_ms = 100};
    check(rules_add(rules, RULE_BANS, &mask));
    check(rules_match(rules, RULE_BANS, &bob, 99));
    check(!rules_match(rules, RULE_BANS, &bob, 100) && !rules_silence(rules, &bob, 100));
    check(!rules_expire(rules, 99) && rules_expire(rules, 100));
    check_number(rules->lists[RULE_BANS].count, 0);
    rules_destroy(rules);
}

static void an_invitation_lets_in_once(void)
{
    struct rules *rules = rules_create(1);
    check(!rules_is_invited(rules, 7));
    rules_invite(rules, 7);
    rules_invite(rules, 7);
    rules_invite(rules, 8);
    check(rules_is_invited(rules, 7) && rules_is_invited(rules, 8));
    rules_uninvite(rules, 7);
    check(!rules_is_invited(rules, 7) && rules_is_invited(rules, 8));
    rules_destroy(rules);
}

static void invitations_have_their_limit(void)
{
    struct rules *rules = rules_create(1);
    for (uint32_t i = 1; i <= 2 * RULE_INVITED_MAX; i++) {
        rules_invite(rules, i);
    }
    check_number(rules->invited_count, RULE_INVITED_MAX);
    check(rules_is_invited(rules, 2 * RULE_INVITED_MAX)); // the latest one holds
    rules_destroy(rules);
}

static void the_largest_rules_fit_in_a_record(void)
{
    struct room room = {.shown = TEXT("#a"), .rules = rules_create(INT64_MIN)};
    struct buf record;
    char mask[RULE_MASK_BYTES_MAX + 1] = "";
    char by[NAME_BYTES_MAX + 1] = "";
    char why[RULE_WHY_BYTES_MAX + 1] = "";
    // What JSON escapes: quotes twice as long, control characters six times; those are in no mask
    // and no name, and only bans have a reason.
    memset(mask, '"', RULE_MASK_BYTES_MAX);
    memset(by, '"', NAME_BYTES_MAX);
    memset(why, '\x02', RULE_WHY_BYTES_MAX);
    for (unsigned kind = 0; kind < RULE_LISTS; kind++) {
        for (unsigned i = 0; i < RULE_MASKS_MAX; i++) {
            mask[0] = (char)('A' + i / 26);
            mask[1] = (char)('a' + i % 26);
            struct rule_mask one = {.mask = text_of(mask),
                                    .by = text_of(by),
                                    .why = text_of(kind == RULE_BANS ? why : ""),
                                    .set_ms = INT64_MIN,
                                    .until_ms = INT64_MIN};
            check(mask_is_good(one.mask));
            check(rules_add(room.rules, (enum rule_list_kind)kind, &one));
        }
    }
    for (uint64_t i = 0; i < RULE_RANKS_MAX; i++) {
        check(rules_set_rank(room.rules, INT64_MAX - i, RANK_FOUNDER, true));
    }
    room.rules->kept = true;
    buf_init(&record, STORE_RECORD_MAX);
    room_write(&room, room.rules, &record);
    struct room again = {.shown = text_own(TEXT(""))};
    check(room_read(&again, buf_text(&record)));
    check_number(again.rules->lists[RULE_BANS].count, RULE_MASKS_MAX);
    check_number(again.rules->rank_count, RULE_RANKS_MAX);
    rules_destroy(again.rules);
    text_disown(again.shown);
    rules_destroy(room.rules);
    buf_finish(&record);
}

// Nobody of `count` people is hit by the room's bans; returns the processor time that took.
static double hits_nobody(const struct rules *rules, int count)
{
    char name[NAME_BYTES_MAX + 16];
    clock_t start = clock();
    for (int i = 0; i < count; i++) {
        memset(name, 'a', NAME_BYTES_MAX);
        snprintf(name + NAME_BYTES_MAX - 8, 16, "a%07d", i);
        struct actor actor = {.name = text_of(name), .login = TEXT("aaaaaaaaaa"), .cloak = 0xaaaa};
        check(!rules_match(rules, RULE_BANS, &actor, 1));
    }
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

static void a34_many_stars_in_all_bans_take_linear_time(void)
{
    enum { PEOPLE = 10000 };
    struct rules *rules = rules_create(1);
    for (int i = 0; i < RULE_MASKS_MAX; i++) {
        char mask[64];
        snprintf(mask, sizeof mask, "*a*a*a*a*a*a*b%d!*@*", i);
        check(add(rules, mask));
    }
    double some_s = hits_nobody(rules, PEOPLE / 10);
    double all_s = hits_nobody(rules, PEOPLE);
    printf("# %d bans: %d people %.3f s, %d people %.3f s\n", RULE_MASKS_MAX, PEOPLE / 10, some_s,
           PEOPLE, all_s);
    check(all_s < 30 * some_s + 0.1);
    check(all_s < 30);
    struct actor hit = {.name = TEXT("aaaaaaab99")};
    check(rules_match(rules, RULE_BANS, &hit, 1));
    rules_destroy(rules);
}

// As the first release writes it, without reasons and waits; and of what came later nothing else.
static void a_record_without_later_members_is_read(void)
{
    struct room room = {.shown = text_own(TEXT(""))};
    check(room_read(&room, TEXT("{\"bans\":[[\"bob!*@*\",\"ann\",5,0]],\"created_ms\":1,"
                                "\"exceptions\":[],\"flags\":5,\"invitations\":[],\"key\":\"\","
                                "\"limit\":7,\"ranks\":[[1,20]],\"shown\":\"#Den\"}")));
    check_text(room.shown, "#Den");
    check_number(room.rules->lists[RULE_BANS].count, 1);
    check_text(room.rules->lists[RULE_BANS].at[0].mask, "bob!*@*");
    check_text(room.rules->lists[RULE_BANS].at[0].why, "");
    check_number(room.rules->slow_s, 0);
    check_number(room.rules->limit, 7);
    check_number(rules_ranks(room.rules, 1), RANK_FOUNDER | RANK_OPERATOR);
    rules_destroy(room.rules);
    text_disown(room.shown);
}

// A62: what cannot be understood closes the room.
static void a62_a_record_that_cannot_be_read_closes_the_room(void)
{
    static const char *const bad[] = {"", "{", "[]", "null", "{\"shown\":\"#den\"", "\x01"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct room room = {.shown = text_own(TEXT(""))};
        check(!room_read(&room, text_of(bad[i])));
        check(room.rules && room.rules->kept && (room.rules->flags & RULE_INVITE_ONLY));
        rules_destroy(room.rules);
        text_disown(room.shown);
    }
}

static void a_copy_is_its_own(void)
{
    struct rules *rules = rules_create(1);
    struct rule_mask mask = {.mask = TEXT("a!*@*"), .by = TEXT("Ann"), .why = TEXT("why")};
    rules->flags = RULE_MODERATED;
    rules->slow_s = 5;
    rules->kept = true;
    rules_set_key(rules, TEXT("sesame"));
    rules_set_rank(rules, 7, RANK_OPERATOR, true);
    check(rules_add(rules, RULE_BANS, &mask));
    rules_invite(rules, 9);

    struct rules *copy = rules_copy(rules);
    check_number(copy->flags, RULE_MODERATED);
    check_number(copy->slow_s, 5);
    check(copy->kept && text_equal(copy->key, TEXT("sesame")));
    check_number(rules_ranks(copy, 7), RANK_OPERATOR);
    check(text_equal(rule_list_find(&copy->lists[RULE_BANS], mask.mask)->why, TEXT("why")));
    check(!rules_is_invited(copy, 9));

    rules_set_key(copy, TEXT("other"));
    rules_set_rank(copy, 7, RANK_OPERATOR, false);
    rules_set_rank(copy, 8, RANK_VOICE, true);
    check(rules_remove(copy, RULE_BANS, mask.mask));
    check(text_equal(rules->key, TEXT("sesame")));
    check_number(rules_ranks(rules, 7), RANK_OPERATOR);
    check_number(rules_ranks(rules, 8), 0);
    check(rule_list_find(&rules->lists[RULE_BANS], mask.mask));

    rules_take_invited(copy, rules);
    check(rules_is_invited(copy, 9) && !rules_is_invited(rules, 9));
    rules_destroy(copy);
    rules_destroy(rules);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_record_without_later_members_is_read);
    TEST(a62_a_record_that_cannot_be_read_closes_the_room);
    TEST(masks_are_completed);
    TEST(a_list_has_each_mask_once);
    TEST(a_list_has_its_limit);
    TEST(bans_match_name_host_and_account);
    TEST(bans_match_addresses);
    TEST(a_mute_is_for_speech_only);
    TEST(a_ban_ends_when_its_time_is_over);
    TEST(an_invitation_lets_in_once);
    TEST(invitations_have_their_limit);
    TEST(a_copy_is_its_own);
    TEST(the_largest_rules_fit_in_a_record);
    TEST(a34_many_stars_in_all_bans_take_linear_time);
    return test_end();
}
