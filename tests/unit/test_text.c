#include "base/text.h"
#include "support/test.h"

static void compares_by_bytes(void)
{
    check(text_equal(TEXT("a\0b"), TEXT("a\0b")));
    check(!text_equal(TEXT("a\0b"), TEXT("a\0c")));
    check(text_equal((struct text){NULL, 0}, TEXT("")));
    check(text_equal(text_of(NULL), TEXT("")));
    check(text_compare(TEXT("a"), TEXT("b")) < 0);
    check(text_compare(TEXT("b"), TEXT("a")) > 0);
    check(text_compare(TEXT("a"), TEXT("ab")) < 0);
    check(text_compare(TEXT("\xff"), TEXT("a")) > 0);
    check_number(text_compare(TEXT("ab"), TEXT("ab")), 0);
}

static void compares_without_case_in_ascii_only(void)
{
    check(text_equal_nocase(TEXT("QuIt"), TEXT("qUiT")));
    check(!text_equal_nocase(TEXT("quit"), TEXT("quits")));
    check(!text_equal_nocase(TEXT("\xc3\x84"), TEXT("\xc3\xa4")));
    check(!text_equal_nocase(TEXT("a\0b"), TEXT("a\0c")));
    check(!text_equal_nocase(TEXT("["), TEXT("{")));
}

static void compares_secrets_whole(void)
{
    check(text_equal_secret(TEXT("sesame"), TEXT("sesame")));
    check(text_equal_secret(TEXT(""), TEXT("")));
    static const char *const wrong[] = {"", "sesamE", "Sesame", "sesam", "sesames", "sesamesesame"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        check(!text_equal_secret(TEXT("sesame"), text_of(wrong[i])));
    }
    check(!text_equal_secret(TEXT(""), TEXT("x")));
}

static void starts_with_a_prefix(void)
{
    check(text_starts(TEXT("hello"), TEXT("he")));
    check(text_starts(TEXT("hello"), TEXT("")));
    check(!text_starts(TEXT("he"), TEXT("hello")));
    check(!text_starts(TEXT("hello"), TEXT("el")));
}

static void skips_and_heads_stay_inside(void)
{
    check_text(text_skip(TEXT("hello"), 2), "llo");
    check_text(text_skip(TEXT("hello"), 9), "");
    check_text(text_head(TEXT("hello"), 2), "he");
    check_text(text_head(TEXT("hello"), 9), "hello");
    check_text(text_skip(text_of(NULL), 3), "");
}

static void trims_white_space_at_both_ends(void)
{
    check_text(text_trim(TEXT(" \t\r\n\v\fa b\f\v\n\r\t ")), "a b");
    check_text(text_trim(TEXT(" \t ")), "");
    check_text(text_trim(TEXT("")), "");
}

static void takes_words(void)
{
    struct text rest = TEXT("  one \t two  three ");
    check_text(text_word(&rest), "one");
    check_text(rest, "two  three ");
    check_text(text_word(&rest), "two");
    check_text(text_word(&rest), "three");
    check_text(rest, "");
    check_text(text_word(&rest), "");
}

static void a01_a_word_is_not_ended_by_cr(void)
{
    struct text rest = TEXT("one\rtwo three");
    check_text(text_word(&rest), "one\rtwo");
}

static void finds_a_byte_or_the_end(void)
{
    check_number(text_find(TEXT("a\0b"), 'b'), 2);
    check_number(text_find(TEXT("abc"), 'x'), 3);
    check_number(text_find(text_of(NULL), 'x'), 0);
}

static void a02_a_copy_ends_with_nul(void)
{
    char *copy = text_copy(text_head(TEXT("hello"), 2));
    check_text(text_of(copy), "he");
    free(copy);
    copy = text_copy(text_of(NULL));
    check_text(text_of(copy), "");
    free(copy);
}

static void reads_whole_numbers_up_to_the_maximum(void)
{
    uint64_t number = 7;
    check(text_number(TEXT("0"), 9, &number) && number == 0);
    check(text_number(TEXT("65535"), 65535, &number) && number == 65535);
    check(text_number(TEXT("18446744073709551615"), UINT64_MAX, &number) && number == UINT64_MAX);
    static const char *const bad[] = {"",   "65536", "655350", "+1",  "-1",
                                      " 1", "1 ",    "1a",     "0x1", "99999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check(!text_number(text_of(bad[i]), 65535, &number));
    }
    check(!text_number(TEXT("18446744073709551616"), UINT64_MAX, &number));
    check(!text_number(TEXT("9"), 3, &number));
    check(number == UINT64_MAX);
}

static void leaves_one_line_end_out(void)
{
    check_text(text_without_line_end(TEXT("")), "");
    check_text(text_without_line_end(TEXT("a")), "a");
    check_text(text_without_line_end(TEXT("a\n")), "a");
    check_text(text_without_line_end(TEXT("a\r")), "a");
    check_text(text_without_line_end(TEXT("a\r\n")), "a");
    check_text(text_without_line_end(TEXT("a\n\n")), "a\n");
    check_text(text_without_line_end(TEXT("\r\n")), "");
}

static void counts_the_digits_in_front(void)
{
    check_number((long long)text_digits(TEXT("")), 0);
    check_number((long long)text_digits(TEXT("x1")), 0);
    check_number((long long)text_digits(TEXT("10min")), 2);
    check_number((long long)text_digits(TEXT("0099")), 4);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(compares_by_bytes);
    TEST(compares_without_case_in_ascii_only);
    TEST(compares_secrets_whole);
    TEST(starts_with_a_prefix);
    TEST(skips_and_heads_stay_inside);
    TEST(trims_white_space_at_both_ends);
    TEST(takes_words);
    TEST(a01_a_word_is_not_ended_by_cr);
    TEST(finds_a_byte_or_the_end);
    TEST(a02_a_copy_ends_with_nul);
    TEST(reads_whole_numbers_up_to_the_maximum);
    TEST(leaves_one_line_end_out);
    TEST(counts_the_digits_in_front);
    return test_end();
}
