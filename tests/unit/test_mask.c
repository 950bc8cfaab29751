#include "chat/mask.h"

#include "support/test.h"

#include <stdlib.h>

static bool matches(const char *mask, const char *t)
{
    return mask_matches(text_of(mask), text_of(t));
}

static void a_mask_without_wildcards_is_the_text(void)
{
    check(matches("bob", "bob"));
    check(matches("Bob", "bOB"));
    check(matches("", ""));
    check(!matches("bob", "bobb"));
    check(!matches("bobb", "bob"));
    check(!matches("", "b"));
}

static void a_star_stands_for_any_run(void)
{
    check(matches("*", ""));
    check(matches("*!*@*.example", "bob!b@host.example"));
    check(matches("b**b", "bob"));
    check(matches("*b", "bobb"));
    check(matches("a*b*c", "axxbxbyc"));
    check(!matches("a*b*c", "axxbxbyd"));
    check(!matches("*x", "bob"));
}

static void a_question_mark_stands_for_one_character(void)
{
    check(matches("b?b", "bob"));
    check(matches("b?b", "b\xc3\xb6"
                         "b"));
    check(!matches("b??b", "b\xc3\xb6"
                           "b"));
    check(!matches("?", ""));
    check(matches("*?", "a"));
}

// As names are folded: case, width and composition of all of Unicode do not count.
static void masks_fold_as_names_do(void)
{
    check(matches("*\xc3\x89mile*!*@*", "\xc3\xa9mile!e@host"));
    check(matches("\xc3\xa9MILE!*@*", "E\xcc\x81mile!e@host"));
    check(matches("*\xce\xa3\xce\xbf\xcf\x86*", "\xcf\x83\xce\x9f\xce\xa6!x@y"));
    check(matches("strasse!*@*", "Stra\xc3\x9f"
                                 "e!s@host"));
    check(matches("\xef\xbc\xa1nn!*", "ann!a@host"));
    check(!matches("*\xc3\x89mile*", "emile!e@host"));
    check(!matches("\xff*", "\xfe"));
    check(mask_same(TEXT("\xc3\x89*!*@*"), TEXT("\xc3\xa9*!*@*")));
    check(!mask_same(TEXT("\xc3\x89*!*@*"), TEXT("e*!*@*")));
}

// Straight after the definition; slow where a mask has many stars.
static bool matches_slowly(struct text mask, struct text t)
{
    if (mask.len == 0) {
        return t.len == 0;
    }
    if (*mask.at == '*') {
        return matches_slowly(text_skip(mask, 1), t) ||
               (t.len && matches_slowly(mask, text_skip(t, 1)));
    }
    return t.len && (*mask.at == '?' || *mask.at == *t.at) &&
           matches_slowly(text_skip(mask, 1), text_skip(t, 1));
}

static void random_masks_match_as_defined(void)
{
    for (int i = 0; i < 20000; i++) {
        char mask[8];
        char t[8];
        struct text m = {mask, test_random(8)};
        struct text x = {t, test_random(8)};
        for (size_t k = 0; k < sizeof mask; k++) {
            mask[k] = "ab*?"[test_random(4)];
            t[k] = "ab"[test_random(2)];
        }
        check(mask_matches(m, x) == matches_slowly(m, x));
    }
}

// With backtracking over every star this would not end.
static void a34_many_stars_take_no_longer_than_both_lengths_multiplied(void)
{
    char mask[400];
    char t[4000];
    for (size_t i = 0; i < sizeof mask; i++) {
        mask[i] = i % 2 ? 'a' : '*';
    }
    memset(t, 'a', sizeof t);
    mask[sizeof mask - 1] = 'b';
    check(!mask_matches((struct text){mask, sizeof mask}, (struct text){t, sizeof t}));
    t[sizeof t - 1] = 'b';
    check(mask_matches((struct text){mask, sizeof mask}, (struct text){t, sizeof t}));
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_mask_without_wildcards_is_the_text);
    TEST(a_star_stands_for_any_run);
    TEST(a_question_mark_stands_for_one_character);
    TEST(masks_fold_as_names_do);
    TEST(random_masks_match_as_defined);
    TEST(a34_many_stars_take_no_longer_than_both_lengths_multiplied);
    return test_end();
}
