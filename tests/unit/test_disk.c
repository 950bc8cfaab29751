#include "server/disk.h"
#include "support/test.h"

static const uint64_t mib = 1 << 20;

static void a_large_disk_is_low_below_what_is_set(void)
{
    uint64_t size = 1000000 * mib;
    check(!disk_is_low(256 * mib, size, 256 << 20, false));
    check(disk_is_low(256 * mib - 1, size, 256 << 20, false));
    check(!disk_is_low(0, size, 0, false));
}

static void a_small_disk_is_low_below_a_twentieth(void)
{
    uint64_t size = 1000 * mib;
    check(!disk_is_low(50 * mib, size, 256 << 20, false));
    check(disk_is_low(50 * mib - 1, size, 256 << 20, false));
}

static void it_has_to_get_some_more_to_be_enough_again(void)
{
    uint64_t size = 1000000 * mib;
    check(disk_is_low(256 * mib, size, 256 << 20, true));
    check(disk_is_low(320 * mib - 1, size, 256 << 20, true));
    check(!disk_is_low(320 * mib, size, 256 << 20, true));
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_large_disk_is_low_below_what_is_set);
    TEST(a_small_disk_is_low_below_a_twentieth);
    TEST(it_has_to_get_some_more_to_be_enough_again);
    return test_end();
}
