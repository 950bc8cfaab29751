#include "store/store_memory.h"
#include "support/store_cases.h"
#include "support/test.h"

static struct store *make(void)
{
    return store_memory_create(1 << 20);
}

static struct store *reopen(struct store *s)
{
    return s;
}

static void wait(struct store *s)
{
    (void)s;
}

static const struct store_kind kind = {.make = make, .reopen = reopen, .wait = wait};

static void oldest_of_the_largest_place_go_first(void)
{
    struct store *s = store_memory_create(64 * 1024);
    store_say(&kind, s, "#small", "kept");
    for (int i = 0; i < 10000; i++) {
        store_say(&kind, s, "#large", "and so on");
    }
    check_text(text_of(store_read(&kind, s, "#small", UINT64_MAX, 1, "")), "1:kept");
    check_text(text_of(store_read(&kind, s, "#large", UINT64_MAX, 1, "")), "10000:and so on +");
    check_text(text_of(store_read(&kind, s, "#large", 9000, 1, "")), "");
    check(!strstr(store_read(&kind, s, "#large", UINT64_MAX, 500, ""), "+"));
    store_destroy(s);
}

static void forgets_a_conversation_with_its_last_message(void)
{
    struct store *s = store_memory_create(64 * 1024);
    for (int i = 0; i < 10000; i++) {
        char key[STORE_KEY_MAX];
        struct message message = store_message_in("", "hello");
        message.place = store_conversation_key(key, (struct identity){1, false},
                                               (struct identity){(uint64_t)i + 2, false});
        check_number(store_put(&kind, s, &message).seq, 1);
    }
    check_text(text_of(store_read(&kind, s, "g1+g2", UINT64_MAX, 1, "")), "");
    check_text(text_of(store_read(&kind, s, "g1+g10001", UINT64_MAX, 1, "")), "1:hello");
    store_destroy(s);
}

static void a_message_larger_than_all_room_is_not_kept(void)
{
    struct store *s = store_memory_create(64);
    check_number(store_say(&kind, s, "#a", "too long to be kept here, but it has a number"), 1);
    check_number(store_say(&kind, s, "#a", "and the next one goes on from there, of course"), 2);
    check_text(text_of(store_read(&kind, s, "#a", UINT64_MAX, 1, "")), "");
    store_destroy(s);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    store_cases_run(&kind);
    TEST(oldest_of_the_largest_place_go_first);
    TEST(forgets_a_conversation_with_its_last_message);
    TEST(a_message_larger_than_all_room_is_not_kept);
    return test_end();
}
