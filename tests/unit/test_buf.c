#include "base/buf.h"
#include "support/test.h"

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

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(keeps_what_fits_and_marks_overflow);
    TEST(drops_and_cuts);
    return test_end();
}
