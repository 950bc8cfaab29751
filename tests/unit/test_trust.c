#include "net/trust.h"
#include "support/test.h"

static struct net_trust *list_of(const char *address)
{
    struct net_trust *trust = net_trust_create();
    if (!net_trust_add(trust, text_of(address))) {
        test_fail(__FILE__, __LINE__, "\"%s\" is refused", address);
    }
    return trust;
}

static void check_covers(const char *list, const char *address, bool expected)
{
    struct net_trust *trust = list_of(list);
    bool has = net_trust_has(trust, address);
    net_trust_destroy(trust);
    if (has != expected) {
        test_fail(__FILE__, __LINE__, "%s and %s: %d", list, address, has);
    }
}

static void an_address_alone_is_itself_only(void)
{
    check_covers("10.1.2.3", "10.1.2.3", true);
    check_covers("10.1.2.3", "10.1.2.4", false);
    check_covers("2001:db8::1", "2001:db8:0:0::1", true);
    check_covers("2001:db8::1", "2001:db8::2", false);
}

static void bits_are_compared_to_the_bit(void)
{
    check_covers("10.1.2.3/24", "10.1.2.200", true);
    check_covers("10.1.2.3/24", "10.1.3.3", false);
    check_covers("10.1.2.0/23", "10.1.3.255", true);
    check_covers("10.1.2.0/23", "10.1.4.0", false);
    check_covers("0.0.0.0/0", "255.1.2.3", true);
    check_covers("0.0.0.0/0", "::1", false);
    check_covers("fe80::/10", "febf::1", true);
    check_covers("fe80::/10", "fec0::1", false);
    check_covers("::/0", "1.2.3.4", true);
}

static void both_writings_of_an_ipv4_address_are_one(void)
{
    check_covers("127.0.0.0/8", "::ffff:127.0.0.1", true);
    check_covers("::ffff:10.0.0.0/104", "10.9.9.9", true);
}

static void what_is_no_address_is_refused(void)
{
    static const char *const bad[] = {"",          "x",         "1.2.3",      "1.2.3.4/33",
                                      "1.2.3.4/",  "1.2.3.4/x", "::1/129",    "1.2.3.4/24/1",
                                      "localhost", "/8",        "1.2.3.4/-1", " 1.2.3.4"};
    struct net_trust *trust = net_trust_create();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (net_trust_add(trust, text_of(bad[i]))) {
            test_fail(__FILE__, __LINE__, "\"%s\" is taken", bad[i]);
        }
    }
    check(!net_trust_add(trust, TEXT("1.2.3.4\0")));
    check(!net_trust_has(trust, "1.2.3.4"));
    net_trust_destroy(trust);
    net_trust_destroy(NULL);
}

static void nobody_is_in_an_empty_list_and_unix_in_none(void)
{
    struct net_trust *trust = net_trust_create();
    check(!net_trust_has(trust, "127.0.0.1"));
    check(!net_trust_has(NULL, "127.0.0.1"));
    check(net_trust_add(trust, TEXT("::/0")));
    check(!net_trust_has(trust, "unix"));
    net_trust_destroy(trust);
}

static void a_copy_is_a_list_of_its_own(void)
{
    struct net_trust *trust = list_of("10.0.0.0/8");
    struct net_trust *copy = net_trust_copy(trust);
    check(net_trust_add(trust, TEXT("11.0.0.0/8")));
    check(net_trust_has(copy, "10.1.1.1") && !net_trust_has(copy, "11.1.1.1"));
    net_trust_destroy(trust);
    check(net_trust_has(copy, "10.1.1.1"));
    net_trust_destroy(copy);
}

static void loopback_is_known(void)
{
    check(address_is_loopback("127.0.0.1") && address_is_loopback("127.8.9.1"));
    check(address_is_loopback("::1") && address_is_loopback("::ffff:127.0.0.1"));
    check(!address_is_loopback("128.0.0.1") && !address_is_loopback("::2"));
    check(!address_is_loopback("unix"));
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(an_address_alone_is_itself_only);
    TEST(bits_are_compared_to_the_bit);
    TEST(both_writings_of_an_ipv4_address_are_one);
    TEST(what_is_no_address_is_refused);
    TEST(nobody_is_in_an_empty_list_and_unix_in_none);
    TEST(a_copy_is_a_list_of_its_own);
    TEST(loopback_is_known);
    return test_end();
}
