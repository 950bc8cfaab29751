#include "chat/email.h"
#include "support/test.h"

static void addresses_are_taken(void)
{
    static const char *const good[] = {
        "a@b",
        "ann@example.org",
        "Ann.O'Hara+chat=1@mail.example.org",
        "x#!%&/{}|~^`?*@example.org",
        "ann@[192.0.2.1]",
        "ann@[IPv6:2001:db8::1]",
        "zoë@straße.example",
        "\"ann\"@example.org",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        check(email_is_good(text_of(good[i])));
    }
}

static void what_is_no_address_is_refused(void)
{
    static const char *const bad[] = {
        "",        "*",      "ann",       "@",          "ann@",    "@example.org", "a@b@c",
        "a@@b",    "a@.b",   "a@b.",      "a@b..c",     "a@.",     "a b@c",        "a@b c",
        " a@b",    "a@b ",   "a\t@b",     "a@b\n",      "a@b\x7f", "a\x01@b",      "a@\xc2\x85",
        "a@b\xff", "\xc3@b", "a@\u202eb", "a@b\u2028c",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check(!email_is_good(text_of(bad[i])));
    }
    check(!email_is_good((struct text){"a@b\0c", 5}));
}

// An address with a local part and a domain of so many bytes.
static bool takes(size_t local, size_t domain)
{
    char address[512];
    memset(address, 'x', sizeof address);
    address[local] = '@';
    return email_is_good((struct text){address, local + 1 + domain});
}

static void lengths_are_those_of_rfc_5321(void)
{
    check(takes(64, 189));
    check(!takes(64, 190));
    check(takes(1, 252));
    check(!takes(1, 253));
    check(!takes(65, 10));
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(addresses_are_taken);
    TEST(what_is_no_address_is_refused);
    TEST(lengths_are_those_of_rfc_5321);
    return test_end();
}
