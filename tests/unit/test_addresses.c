#include "net/addresses.h"
#include "support/test.h"

static const struct net_limits limits = {
    .connections_per_address = 3, .connects_burst = 5, .connects_per_s = 10};

enum { SECOND = 1000000 };

static void check_enters(struct addresses *a, const char *address, int64_t now_us,
                         enum close_reason expected)
{
    check_number(addresses_enter(a, address, &limits, now_us), expected);
}

static void one_address_has_so_many_connections(void)
{
    struct addresses *a = addresses_create();
    for (int i = 0; i < 3; i++) {
        check_enters(a, "10.0.0.1", i * SECOND, CLOSE_REASON_COUNT);
    }
    check_enters(a, "10.0.0.1", 3 * SECOND, CLOSE_TOO_MANY);
    check_enters(a, "10.0.0.2", 3 * SECOND, CLOSE_REASON_COUNT);
    addresses_leave(a, "10.0.0.1");
    check_enters(a, "10.0.0.1", 4 * SECOND, CLOSE_REASON_COUNT);
    addresses_destroy(a);
}

static void new_ones_come_at_a_rate_however_short_they_stay(void)
{
    struct addresses *a = addresses_create();
    for (int i = 0; i < 5; i++) {
        check_enters(a, "10.0.0.1", 0, CLOSE_REASON_COUNT);
        addresses_leave(a, "10.0.0.1");
    }
    check_enters(a, "10.0.0.1", SECOND / 10 - 1, CLOSE_TOO_FAST);
    check_enters(a, "10.0.0.1", SECOND / 10, CLOSE_REASON_COUNT);
    check_enters(a, "10.0.0.1", SECOND / 10, CLOSE_TOO_FAST);
    addresses_destroy(a);
}

static void ipv6_counts_by_its_first_64_bits(void)
{
    struct addresses *a = addresses_create();
    check_enters(a, "2001:db8:1:2::1", 0, CLOSE_REASON_COUNT);
    check_enters(a, "2001:db8:1:2:ffff::2", 0, CLOSE_REASON_COUNT);
    check_enters(a, "2001:db8:1:2:aaaa:bbbb:cccc:dddd", 0, CLOSE_REASON_COUNT);
    check_enters(a, "2001:db8:1:2::3", 0, CLOSE_TOO_MANY);
    check_enters(a, "2001:db8:1:3::1", 0, CLOSE_REASON_COUNT);
    check_number(addresses_count(a), 2);
    addresses_destroy(a);
}

static void both_writings_of_an_ipv4_address_are_one(void)
{
    struct addresses *a = addresses_create();
    check_enters(a, "10.0.0.1", 0, CLOSE_REASON_COUNT);
    check_enters(a, "::ffff:10.0.0.1", 0, CLOSE_REASON_COUNT);
    check_number(addresses_count(a), 1);
    addresses_destroy(a);
}

static void a37_the_table_is_bounded_and_keeps_who_is_connected(void)
{
    struct addresses *a = addresses_create();
    check_enters(a, "2001:db8::1", 0, CLOSE_REASON_COUNT);
    for (unsigned i = 0; i < 100000; i++) {
        char address[64];
        snprintf(address, sizeof address, "2001:db9:%x:%x::1", i >> 16, i & 0xffff);
        check_number(addresses_enter(a, address, &limits, 0), CLOSE_REASON_COUNT);
        addresses_leave(a, address);
    }
    check(addresses_count(a) <= 16385);
    check_enters(a, "2001:db8::1", 0, CLOSE_REASON_COUNT);
    check_enters(a, "2001:db8::1", 0, CLOSE_REASON_COUNT);
    check_enters(a, "2001:db8::1", 0, CLOSE_TOO_MANY);
    addresses_destroy(a);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(one_address_has_so_many_connections);
    TEST(new_ones_come_at_a_rate_however_short_they_stay);
    TEST(ipv6_counts_by_its_first_64_bits);
    TEST(both_writings_of_an_ipv4_address_are_one);
    TEST(a37_the_table_is_bounded_and_keeps_who_is_connected);
    return test_end();
}
