#include "base/hash.h"
#include "support/test.h"

static const unsigned char zero[16];

// SipHash-2-4 of libsodium: its authors' test vector for the key 00 01 … 0f and no input.
static void is_siphash(void)
{
    unsigned char key[16];
    for (unsigned char i = 0; i < 16; i++) {
        key[i] = i;
    }
    hash_key_set(key);
    unsigned value = hash_bytes("", 0);
    hash_key_set(zero);
    static const unsigned char vector[8] = {0x31, 0x0e, 0x0e, 0xdd, 0x47, 0xdb, 0x6f, 0x72};
    unsigned expected;
    memcpy(&expected, vector, sizeof expected);
    check_number(value, expected);
}

// Names whose last ten bits are the same under one key.
static void a35_collisions_under_one_key_are_none_under_another(void)
{
    static char names[64][16];
    int found = 0;
    unsigned wanted = hash_bytes("n0", 2) & 1023;
    for (int i = 0; found < 64; i++) {
        char name[16];
        int len = snprintf(name, sizeof name, "n%d", i);
        if ((hash_bytes(name, (size_t)len) & 1023) == wanted) {
            memcpy(names[found++], name, sizeof name);
        }
    }
    unsigned char key[16] = {1};
    hash_key_set(key);
    unsigned first = hash_bytes(names[0], strlen(names[0])) & 1023;
    int same = 0;
    for (int i = 0; i < 64; i++) {
        same += (hash_bytes(names[i], strlen(names[i])) & 1023) == first;
    }
    hash_key_set(zero);
    check(same < 8);
}

static void random_keys_differ(void)
{
    unsigned char one[16];
    unsigned char two[16];
    hash_key_random(one);
    hash_key_random(two);
    check(memcmp(one, two, sizeof one) != 0);
    check(memcmp(one, zero, sizeof one) != 0);
}

struct thing {
    int number;
    UT_hash_handle hh;
};

static void a_table_finds_what_was_put_in(void)
{
    enum { COUNT = 5000 };
    static struct thing things[COUNT];
    struct thing *table = NULL;
    for (int i = 0; i < COUNT; i++) {
        things[i].number = i;
        HASH_ADD_INT(table, number, &things[i]);
    }
    check_number(HASH_COUNT(table), COUNT);
    struct thing *found;
    for (int i = 0; i < COUNT; i++) {
        HASH_FIND_INT(table, &i, found);
        check(found == &things[i]);
    }
    int absent = COUNT;
    HASH_FIND_INT(table, &absent, found);
    check(found == NULL);
    HASH_CLEAR(hh, table);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(is_siphash);
    TEST(a35_collisions_under_one_key_are_none_under_another);
    TEST(random_keys_differ);
    TEST(a_table_finds_what_was_put_in);
    return test_end();
}
