#include "chat/recent.h"

#include "support/test.h"

static void add(struct recent *recent, uint64_t seq, size_t len)
{
    static const char bytes[32 * 1024];
    struct message message = {.seq = seq, .text = {bytes, len}};
    recent_add(recent, &message);
}

static void keeps_the_newest_in_order(void)
{
    struct recent *recent = recent_create();
    for (uint64_t seq = 1; seq <= 250; seq++) {
        add(recent, seq, 10);
    }
    check_number(recent->count, RECENT_MESSAGES_MAX);
    for (uint32_t i = 0; i < recent->count; i++) {
        check_number(recent_at(recent, i)->seq, 151 + i);
    }
    recent_destroy(recent);
}

static void lets_the_oldest_go_beyond_its_bytes(void)
{
    struct recent *recent = recent_create();
    for (uint64_t seq = 1; seq <= 10; seq++) {
        add(recent, seq, 20 * 1024);
    }
    check(recent->bytes <= RECENT_BYTES_MAX);
    check_number(recent->count, 3);
    check_number(recent_at(recent, 0)->seq, 8);
    add(recent, 11, 1);
    check_number(recent_at(recent, recent->count - 1)->seq, 11);
    recent_destroy(recent);
}

static void copies_what_it_keeps(void)
{
    struct recent *recent = recent_create();
    char text[] = "hello";
    struct message message = {.seq = 1, .text = {text, 5}, .sender_name = TEXT("Alice")};
    recent_add(recent, &message);
    memset(text, 'x', 5);
    check_text(recent_at(recent, 0)->text, "hello");
    check_text(recent_at(recent, 0)->sender_name, "Alice");
    recent_destroy(recent);
    recent_destroy(NULL);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(keeps_the_newest_in_order);
    TEST(lets_the_oldest_go_beyond_its_bytes);
    TEST(copies_what_it_keeps);
    return test_end();
}
