#include "base/buf.h"
#include "support/test.h"

#include <string.h>

static void keeps_what_fits_and_marks_overflow(void)
{
    struct buf b;
    buf_init(&b, 8);
    check(buf_add(&b, TEXT("12345678")));
    check(!b.overflow);
    check(!buf_add_char(&b, '9'));
    check(b.overflow);
    check_text(buf_text(&b), "12345678");
    buf_reset(&b);
    check(!b.overflow);
    check(!buf_printf(&b, "%s", "123456789"));
    check_number(b.len, 0);
    buf_finish(&b);
}

static void drops_and_cuts(void)
{
    struct buf b;
    buf_init(&b, 100);
    buf_printf(&b, "%d %s", 12, "abc");
    buf_drop(&b, 3);
    check_text(buf_text(&b), "abc");
    buf_cut(&b, 1);
    check_text(buf_text(&b), "a");
    buf_finish(&b);
}

static void a02_keeps_nul_bytes(void)
{
    struct buf b;
    buf_init(&b, 100);
    buf_add(&b, TEXT("a\0b"));
    buf_add_char(&b, '\0');
    check(text_equal(buf_text(&b), TEXT("a\0b\0")));
    buf_finish(&b);
}

static void a03_takes_the_maximum_and_not_one_more(void)
{
    struct buf b;
    buf_init(&b, 1000);
    for (int i = 0; i < 1000; i++) {
        check(buf_add_char(&b, 'x'));
    }
    check(b.size <= 2048);
    check(!buf_add_char(&b, 'x'));
    check(buf_add(&b, TEXT("")));
    check_number(b.len, 1000);
    buf_finish(&b);
}

static void a08_printed_percent_signs_are_bytes(void)
{
    struct buf b;
    buf_init(&b, 100);
    check(buf_printf(&b, "%s", "%n%s%x"));
    check_text(buf_text(&b), "%n%s%x");
    buf_finish(&b);
}

static void prints_behind_what_is_there_up_to_the_maximum(void)
{
    enum { MAX = 200 };
    char text[MAX + 2] = "";
    for (size_t before = 0; before <= MAX; before++) {
        for (size_t len = 0; len <= MAX + 1; len++) {
            memset(text, 'x', len);
            text[len] = '\0';
            struct buf b;
            buf_init(&b, MAX);
            for (size_t i = 0; i < before; i++) {
                buf_add_char(&b, '.');
            }
            bool fits = before + len <= MAX;
            check(buf_printf(&b, "%s", text) == fits && b.overflow == !fits);
            check_number(b.len, fits ? before + len : before);
            size_t end = text_find(buf_text(&b), 'x');
            check_number(end, before);
            buf_finish(&b);
        }
    }
}

static void is_as_new_after_finish(void)
{
    struct buf b;
    buf_init(&b, 4);
    buf_add(&b, TEXT("12345"));
    buf_finish(&b);
    check(!b.overflow && !b.at && b.max == 4);
    check(buf_add(&b, TEXT("1234")));
    buf_finish(&b);
    buf_finish(&b);
}

static void is_as_new_after_a_secret(void)
{
    struct buf b;
    buf_init(&b, 4);
    buf_wipe(&b);
    buf_add(&b, TEXT("12345"));
    buf_add(&b, TEXT("123"));
    buf_wipe(&b);
    check(!b.overflow && !b.at && b.len == 0 && b.max == 4);
    check(buf_add(&b, TEXT("1234")));
    buf_finish(&b);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(keeps_what_fits_and_marks_overflow);
    TEST(drops_and_cuts);
    TEST(a02_keeps_nul_bytes);
    TEST(a03_takes_the_maximum_and_not_one_more);
    TEST(a08_printed_percent_signs_are_bytes);
    TEST(prints_behind_what_is_there_up_to_the_maximum);
    TEST(is_as_new_after_finish);
    TEST(is_as_new_after_a_secret);
    return test_end();
}
