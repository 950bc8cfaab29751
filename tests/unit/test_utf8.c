#include "base/utf8.h"
#include "support/test.h"

static void check_visible(struct text t, bool keep_tabs, const char *expected)
{
    struct buf b;
    buf_init(&b, 1000);
    check(utf8_add_visible(&b, t, keep_tabs));
    check_text(buf_text(&b), expected);
    buf_finish(&b);
}

static void a06_only_what_rfc_3629_allows_is_valid(void)
{
    static const char *const good[] = {"",
                                       "abc",
                                       "ä",
                                       "€",
                                       "😀",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xef\xbf\xbf",
                                       "long enough for eight ä"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        check(utf8_valid(text_of(good[i])));
    }
    static const char *const bad[] = {
        "\x80",
        "\xff",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x80\xaf",
        "\xe0\x9f\xbf",
        "\xf0\x80\x80\xaf",
        "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xfc\x80\x80\x80\x80\x80",
        "\xc3",
        "\xe2\x82",
        "\xf0\x9f\x98",
        "\xc3(",
        "\xe2\x28\xa1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check(!utf8_valid(text_of(bad[i])));
    }
}

static void a06_a_bad_byte_is_found_at_every_place(void)
{
    char bytes[40];
    for (size_t at = 0; at < sizeof bytes; at++) {
        memset(bytes, 'x', sizeof bytes);
        check(utf8_valid((struct text){bytes, sizeof bytes}));
        bytes[at] = '\x80';
        check(!utf8_valid((struct text){bytes, sizeof bytes}));
        check(utf8_valid((struct text){bytes, at}));
    }
}

static void a02_nul_is_valid_and_escaped(void)
{
    check(utf8_valid(TEXT("a\0b")));
    check_visible(TEXT("a\0b"), false, "a\\x00b");
}

static void a07_cuts_between_graphemes(void)
{
    check_text(utf8_cut(TEXT("abc"), 3), "abc");
    check_text(utf8_cut(TEXT("abc"), 2), "ab");
    check_text(utf8_cut(TEXT("aä"), 2), "a");
    check_text(utf8_cut(TEXT("ab\u0301c"), 2), "a");
    check_text(utf8_cut(TEXT("ab\u0301c"), 3), "a");
    check_text(utf8_cut(TEXT("ab\u0301c"), 4), "ab\u0301");
    check_text(utf8_cut(TEXT("x👩‍👩‍👧y"), 18), "x");
    check_text(utf8_cut(TEXT("x👩‍👩‍👧y"), 19), "x👩‍👩‍👧");
    check_text(utf8_cut(TEXT("🇩🇪🇫🇷"), 12), "🇩🇪");
    check_text(utf8_cut(TEXT("ä"), 0), "");
}

static void a07_cuts_between_code_points_where_one_grapheme_is_longer(void)
{
    check_text(utf8_cut(TEXT("👩‍👩‍👧"), 10), "👩‍");
    check_text(utf8_cut(TEXT("ä"), 1), "");
}

static void counts_graphemes(void)
{
    check_number(utf8_graphemes(TEXT("")), 0);
    check_number(utf8_graphemes(TEXT("abc")), 3);
    check_number(utf8_graphemes(TEXT("e\u0301x")), 2);
    check_number(utf8_graphemes(TEXT("👩‍👩‍👧🇩🇪")), 2);
    check_number(utf8_graphemes(TEXT("\r\n")), 1);
}

static void a01_line_ends_and_controls_are_shown_as_escapes(void)
{
    check_visible(TEXT("a\rb\nc\r\n"), false, "a\\x0db\\x0ac\\x0d\\x0a");
    check_visible(TEXT("\x1b[2J\x07\x7f"), false, "\\x1b[2J\\x07\\x7f");
    check_visible(TEXT("\xc2\x85\xc2\x9b\xc2\xa0"), false, "\\x85\\x9b\xc2\xa0");
    check_visible(TEXT("a\tb"), false, "a\\x09b");
    check_visible(TEXT("a\tb"), true, "a\tb");
}

static void bidirectional_controls_are_shown_as_escapes(void)
{
    check_visible(TEXT("a\u202eb\u202c"), false, "a\\u{202e}b\\u{202c}");
    check_visible(TEXT("\u2066\u2069\u200f\u061c"), false, "\\u{2066}\\u{2069}\\u{200f}\\u{061c}");
    check_visible(TEXT("\u2028\u2029"), false, "\\u{2028}\\u{2029}");
    check_visible(TEXT("שלום 👩‍👧"), false, "שלום 👩‍👧");
}

static void a06_bytes_that_are_no_utf8_are_shown_as_escapes(void)
{
    check_visible(TEXT("a\xff\xc3"), false, "a\\xff\\xc3");
    check_visible(TEXT("\xed\xa0\x80"), false, "\\xed\\xa0\\x80");
}

static void what_does_not_fit_is_not_added_at_all(void)
{
    struct buf b;
    buf_init(&b, 8);
    check(buf_add(&b, TEXT("abc")));
    check(!utf8_add_visible(&b, TEXT("de\n"), false));
    check(b.overflow);
    check_text(buf_text(&b), "abc");
    buf_reset(&b);
    check(utf8_add_visible(&b, TEXT("abcd\n"), false));
    check_text(buf_text(&b), "abcd\\x0a");
    buf_finish(&b);
}

static void a08_percent_signs_and_backslashes_are_bytes(void)
{
    check_visible(TEXT("%n%s%x\\x41"), false, "%n%s%x\\x41");
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a06_only_what_rfc_3629_allows_is_valid);
    TEST(a06_a_bad_byte_is_found_at_every_place);
    TEST(a02_nul_is_valid_and_escaped);
    TEST(a07_cuts_between_graphemes);
    TEST(a07_cuts_between_code_points_where_one_grapheme_is_longer);
    TEST(counts_graphemes);
    TEST(a01_line_ends_and_controls_are_shown_as_escapes);
    TEST(bidirectional_controls_are_shown_as_escapes);
    TEST(a06_bytes_that_are_no_utf8_are_shown_as_escapes);
    TEST(what_does_not_fit_is_not_added_at_all);
    TEST(a08_percent_signs_and_backslashes_are_bytes);
    return test_end();
}
