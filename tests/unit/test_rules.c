#include "chat/rules.h"

#include "base/buf.h"
#include "chat/event.h"
#include "support/test.h"

static void check_completed(const char *written, const char *expected)
{
    struct buf out;
    buf_init(&out, 200);
    rules_complete_mask(text_of(written), &out);
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
    return rules_add(rules, RULE_BANS, text_of(mask), TEXT("ann"), 5);
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
    check(!rules_match(rules, RULE_BANS, &bob));
    add(rules, "*!*@000000000000001f.hobnob");
    check(rules_match(rules, RULE_BANS, &bob));
    check(!rules_match(rules, RULE_EXCEPTIONS, &bob));
    rules_remove(rules, RULE_BANS, TEXT("*!*@000000000000001f.hobnob"));
    add(rules, "~a:bob*");
    check(!rules_match(rules, RULE_BANS, &bob));
    bob.account = TEXT("bobby");
    check(rules_match(rules, RULE_BANS, &bob));
    bob.account = TEXT("carol");
    check(!rules_match(rules, RULE_BANS, &bob));
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

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(masks_are_completed);
    TEST(a_list_has_each_mask_once);
    TEST(a_list_has_its_limit);
    TEST(bans_match_name_host_and_account);
    TEST(an_invitation_lets_in_once);
    TEST(invitations_have_their_limit);
    return test_end();
}
