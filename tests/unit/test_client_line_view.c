#include "client/line_view.h"
#include "support/test.h"

#include <locale.h>

static struct buf out;

static struct line_view view(const wchar_t *line, size_t cursor, int width, int height)
{
    return (struct line_view){"> ", line, wcslen(line), cursor, width, height};
}

// Draws over nothing; `row` and `bytes` are what is expected.
static void check_draw(struct line_view v, int row, const char *bytes)
{
    buf_reset(&out);
    check_number(line_view_draw(&v, 0, &out), row);
    check_text(buf_text(&out), bytes);
    check_number(line_view_cursor_row(&v), row);
}

static void draws_the_line_and_places_the_cursor(void)
{
    check_draw(view(L"", 0, 10, 5), 0, "\r> \033[J\r\033[2C");
    check_draw(view(L"abc", 3, 10, 5), 0, "\r> abc\033[J\r\033[5C");
    check_draw(view(L"abc", 1, 10, 5), 0, "\r> abc\033[J\r\033[3C");
    check_draw(view(L"ä漢b", 2, 10, 5), 0, "\r> ä漢b\033[J\r\033[5C");
}

static void draws_over_what_stands_there(void)
{
    struct line_view v = view(L"a", 1, 10, 5);
    buf_reset(&out);
    line_view_draw(&v, 2, &out);
    check_text(buf_text(&out), "\033[2A\r> a\033[J\r\033[3C");
    buf_reset(&out);
    line_view_erase(0, &out);
    line_view_erase(3, &out);
    check_text(buf_text(&out), "\r\033[J\033[3A\r\033[J");
}

static void a_full_row_takes_the_cursor_to_the_next(void)
{
    check_draw(view(L"12345678", 8, 10, 5), 1, "\r> 12345678 \r\033[J\r");
    check_draw(view(L"12345678", 0, 10, 5), 0, "\r> 12345678 \r\033[J\033[1A\r\033[2C");
    check_draw(view(L"123456789", 8, 10, 5), 1, "\r> 123456789\033[J\r");
}

static void a_wide_character_that_does_not_fit_goes_to_the_next_row(void)
{
    // The cell that stays free may hold something old.
    check_draw(view(L"1234567漢", 8, 10, 5), 1, "\r> 1234567\033[K漢\033[J\r\033[2C");
    check_draw(view(L"1234567漢", 7, 10, 5), 1, "\r> 1234567\033[K漢\033[J\r");
    check_draw(view(L"123456漢", 7, 10, 5), 1, "\r> 123456漢 \r\033[J\r");
}

static void control_characters_are_shown_and_not_obeyed(void)
{
    check_draw(view(L"a\x1b[2J\x7f", 6, 40, 5), 0, "\r> a^[[2J^?\033[J\r\033[10C");
    check_draw(view(L"a\x9b", 2, 40, 5), 0, "\r> a\\u{009b}\033[J\r\033[11C");
    check_draw(view(L"a\tb", 3, 40, 5), 0, "\r> a     b\033[J\r\033[9C");
}

static void a_search_stands_in_a_row_of_its_own(void)
{
    check_draw(view(L"abc\nbck:b", 1, 40, 5), 0, "\r> abc\033[K\r\nbck:b\033[J\033[1A\r\033[3C");
}

static void more_rows_than_the_screen_has_are_left_out(void)
{
    const wchar_t *line = L"12345678abcdefghijABCDEFGHIJ0123456789x";
    // The cursor's row is the last one that is drawn.
    check_draw(view(line, wcslen(line), 10, 2), 1, "\r0123456789x\033[J\r\033[1C");
    check_draw(view(line, 0, 10, 2), 0, "\r> 12345678abcdefghij\033[1A\r\033[2C");
    check_draw(view(line, 12, 10, 2), 1, "\r> 12345678abcdefghij\r\033[4C");
}

static void leaving_ends_below_the_line(void)
{
    struct line_view v = view(L"abc", 1, 10, 5);
    buf_reset(&out);
    line_view_leave(&v, 0, &out);
    check_text(buf_text(&out), "\r> abc\033[J\r\033[5C\n");
    v = view(L"12345678", 8, 10, 5);
    buf_reset(&out);
    line_view_leave(&v, 0, &out);
    check_text(buf_text(&out), "\r> 12345678 \r\033[J\r");
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    buf_init(&out, 1 << 16);
    test_begin(argc, argv);
    TEST(draws_the_line_and_places_the_cursor);
    TEST(draws_over_what_stands_there);
    TEST(a_full_row_takes_the_cursor_to_the_next);
    TEST(a_wide_character_that_does_not_fit_goes_to_the_next_row);
    TEST(control_characters_are_shown_and_not_obeyed);
    TEST(a_search_stands_in_a_row_of_its_own);
    TEST(more_rows_than_the_screen_has_are_left_out);
    TEST(leaving_ends_below_the_line);
    buf_finish(&out);
    return test_end();
}
