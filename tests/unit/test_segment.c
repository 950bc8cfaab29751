#include "base/segment.h"
#include "support/test.h"

#include <pthread.h>

static struct segment *make(void)
{
    static const struct segment_line lines[] = {
        {.at = 0, .user = 1}, {.at = 4}, {.at = 4, .once = 9}};
    return segment_create(TEXT("one\nthree\n"), lines, 3, 42);
}

static void gives_its_lines(void)
{
    struct segment *s = make();
    check_text(segment_line_text(s, 0), "one\n");
    check_text(segment_line_text(s, 1), "");
    check_text(segment_line_text(s, 2), "three\n");
    check_number(s->lines[0].user, 1);
    check_number(s->lines[2].once, 9);
    check_number(s->first_line, 42);
    check_number(s->len, 10);
    segment_unref(s);
}

static void copies_what_it_is_made_of(void)
{
    char bytes[] = "abc\n";
    struct segment_line line = {.user = 5};
    struct segment *s = segment_create(text_of(bytes), &line, 1, 0);
    bytes[0] = 'x';
    line.user = 6;
    check_text(segment_line_text(s, 0), "abc\n");
    check_number(s->lines[0].user, 5);
    segment_unref(s);
}

static void the_last_reference_frees(void)
{
    struct segment *s = make();
    check(segment_ref(s) == s);
    check_number(atomic_load(&s->refs), 2);
    segment_unref(s);
    check_text(segment_line_text(s, 0), "one\n");
    segment_unref(s);
    segment_unref(NULL);
}

static void *use_often(void *argument)
{
    struct segment *s = argument;
    for (int i = 0; i < 20000; i++) {
        segment_unref(segment_ref(s));
    }
    segment_unref(s);
    return NULL;
}

static void threads_share_it(void)
{
    struct segment *s = make();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, use_often, segment_ref(s));
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    check_number(atomic_load(&s->refs), 1);
    segment_unref(s);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(gives_its_lines);
    TEST(copies_what_it_is_made_of);
    TEST(the_last_reference_frees);
    TEST(threads_share_it);
    return test_end();
}
