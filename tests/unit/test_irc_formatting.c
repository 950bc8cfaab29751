#include "support/test.h"
#include "wire/irc_formatting.h"

static void knows_each_code(void)
{
    static const char *const codes[] = {"\x02", "\x0f", "\x11", "\x16", "\x1d", "\x1e", "\x1f"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        check_number(irc_formatting_len(text_of(codes[i])), 1);
    }
    check_number(irc_formatting_len(TEXT("")), 0);
    check_number(irc_formatting_len(TEXT("a\x02")), 0);
    check_number(irc_formatting_len(TEXT("\0")), 0);
    check_number(irc_formatting_len(TEXT("\x1b[31m")), 0);
}

static void takes_colours_with_their_code(void)
{
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {
        {"\x03", 1},
        {"\x03x", 1},
        {"\x03"
         "4",
         2},
        {"\x03"
         "04",
         3},
        {"\x03"
         "041",
         3},
        {"\x03"
         "4,",
         2},
        {"\x03"
         "4,x",
         2},
        {"\x03"
         "4,1",
         4},
        {"\x03"
         "04,12",
         6},
        {"\x03"
         "04,123",
         6},
        {"\x03,1", 1},
        {"\x03"
         "ff",
         1},
        {"\x04"
         "ff8000",
         7},
        {"\x04"
         "FF8000,00ff00",
         14},
        {"\x04"
         "ff800",
         1},
        {"\x04"
         "ff8000,00ff0",
         7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_number(irc_formatting_len(text_of(cases[i].text)), cases[i].len);
    }
}

static void finds_the_text_in_front(void)
{
    check_text(irc_formatting_before(TEXT("plain")), "plain");
    check_number(irc_formatting_before(TEXT("a\0b\x1d"
                                            "c"))
                     .len,
                 3);
    check_text(irc_formatting_before(TEXT("\x02")), "");
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(knows_each_code);
    TEST(takes_colours_with_their_code);
    TEST(finds_the_text_in_front);
    return test_end();
}
