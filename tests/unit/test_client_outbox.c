#include "client/outbox.h"
#include "support/test.h"

static void sends_lines_in_order(void)
{
    struct outbox o;
    outbox_init(&o);
    check(outbox_add(&o, TEXT("one")));
    check(outbox_add(&o, TEXT("")));
    check(outbox_add(&o, TEXT("two")));
    check_text(outbox_rest(&o), "one\n\ntwo\n");
    outbox_sent(&o, 5);
    check_text(outbox_rest(&o), "two\n");
    check_number(outbox_count(&o), 1);
    outbox_sent(&o, 4);
    check_number(outbox_count(&o), 0);
    check_number(outbox_rest(&o).len, 0);
    outbox_finish(&o);
}

static void a_line_cut_by_a_lost_connection_is_sent_whole(void)
{
    for (size_t cut = 0; cut <= 8; cut++) {
        struct outbox o;
        outbox_init(&o);
        outbox_add(&o, TEXT("one"));
        outbox_add(&o, TEXT("two"));
        for (size_t i = 0; i < cut; i++) {
            outbox_sent(&o, 1);
        }
        outbox_restart(&o);
        check_text(outbox_rest(&o), cut == 8 ? "" : cut >= 4 ? "two\n" : "one\ntwo\n");
        outbox_finish(&o);
    }
}

static void is_bounded_and_has_room_for_the_last_line(void)
{
    struct outbox o;
    outbox_init(&o);
    char line[OUTBOX_LINE_MAX];
    memset(line, 'x', sizeof line);
    size_t added = 0;
    while (outbox_has_room(&o)) {
        check(outbox_add(&o, (struct text){line, sizeof line}));
        added++;
    }
    check(!outbox_add(&o, (struct text){line, sizeof line}));
    check_number(added, OUTBOX_MAX / (OUTBOX_LINE_MAX + 1));
    while (outbox_add(&o, TEXT("x"))) {
    }
    check(o.lines.len <= OUTBOX_MAX);
    outbox_add_last(&o, (struct text){line, sizeof line});
    outbox_finish(&o);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(sends_lines_in_order);
    TEST(a_line_cut_by_a_lost_connection_is_sent_whole);
    TEST(is_bounded_and_has_room_for_the_last_line);
    return test_end();
}
