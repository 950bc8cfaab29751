// The check of the room bench notices what a server could do wrong.
#include "support/stream.h"
#include "support/test.h"

enum { READERS = 4, MESSAGES = 6 };

// Reader 0 is sender 0 and does not get its own lines; the others get all.
static struct stream stream;
static struct reader readers[READERS];

static void begin(void)
{
    stream_init(&stream);
    stream.start_us = 1000;
    for (size_t i = 0; i < READERS; i++) {
        reader_init(&readers[i], i);
        readers[i].careful = i == 0 || i == READERS - 1;
    }
    faults_take();
}

static struct text line_of(unsigned message)
{
    static char lines[MESSAGES][64];
    unsigned sender = message % 2;
    int len = snprintf(lines[message], sizeof lines[message], "[00:00:00] m: say %u %u %u ..\n",
                       sender, message / 2, 100 * message);
    return (struct text){lines[message], (size_t)len};
}

static void give(unsigned reader, unsigned message)
{
    struct text line = line_of(message);
    // In two pieces, as a connection may give it.
    stream_take(&stream, &readers[reader], text_head(line, 20), 2000);
    stream_take(&stream, &readers[reader], text_skip(line, 20), 2000);
}

static int faults_found(void)
{
    stream_check(&stream, MESSAGES, 2);
    for (size_t i = 0; i < READERS; i++) {
        reader_check(&stream, &readers[i]);
        buf_finish(&readers[i].partly);
        free(readers[i].seen);
    }
    buf_finish(&stream.bytes);
    free(stream.lines);
    return faults_take();
}

// All readers get all, but reader `other` gets `messages`, `count` of them.
static int faults_when(unsigned other, const unsigned *messages, size_t count)
{
    begin();
    for (unsigned reader = 1; reader < READERS; reader++) {
        for (unsigned i = 0; i < MESSAGES && reader != other; i++) {
            give(reader, i);
        }
    }
    for (unsigned i = 1; i < MESSAGES && other != 0; i += 2) {
        give(0, i);
    }
    for (size_t i = 0; i < count; i++) {
        give(other, messages[i]);
    }
    return faults_found();
}

#define FAULTS(other, ...)                                                                         \
    faults_when(other, (unsigned[]){__VA_ARGS__},                                                  \
                sizeof((unsigned[]){__VA_ARGS__}) / sizeof(unsigned))

static void what_is_right_has_no_fault(void)
{
    check_number(FAULTS(1, 0, 1, 2, 3, 4, 5), 0);
    check_number(FAULTS(0, 1, 3, 5), 0);
    check_number(FAULTS(3, 0, 1, 2, 3, 4, 5), 0);
}

static void a_loss_a_double_and_a_swap_are_noticed(void)
{
    for (unsigned other = 2; other < READERS; other++) {
        check(FAULTS(other, 0, 1, 2, 3, 4) > 0);
        check(FAULTS(other, 0, 1, 3, 4, 5) > 0);
        check(FAULTS(other, 0, 1, 2, 2, 3, 4, 5) > 0);
        check(FAULTS(other, 0, 1, 3, 2, 4, 5) > 0);
    }
    check(FAULTS(0, 1, 5) > 0);
    check(FAULTS(0, 0, 1, 3, 5) > 0);
}

static void what_nobody_got_is_noticed(void)
{
    begin();
    for (unsigned reader = 0; reader < READERS; reader++) {
        for (unsigned i = 0; i < MESSAGES - 1; i++) {
            if (reader != 0 || i % 2) {
                give(reader, i);
            }
        }
    }
    check(faults_found() > 0);
}

// Two kinds of readers, each with its own stream.
static int faults_of_orders(const unsigned *messages)
{
    struct stream other;
    stream_init(&other);
    struct reader reader;
    reader_init(&reader, 1);
    begin();
    for (unsigned i = 0; i < MESSAGES; i++) {
        give(1, i);
        stream_take(&other, &reader, TEXT("[00:00:00] * m is away\n"), 2000);
        stream_take(&other, &reader, line_of(messages[i]), 2000);
    }
    stream_check_order(&stream, &other);
    int faults = faults_take();
    buf_finish(&other.bytes);
    free(other.lines);
    faults_found();
    return faults;
}

static void another_order_elsewhere_is_noticed(void)
{
    check_number(faults_of_orders((unsigned[]){0, 1, 2, 3, 4, 5}), 0);
    check_number(faults_of_orders((unsigned[]){0, 2, 1, 3, 4, 5}), 1);
}

static void what_was_missed_is_counted_in(void)
{
    const struct text notice =
        TEXT("[SYSTEM] You did not read for a while and missed 3 lines in #x.\n");
    for (unsigned next = 3; next < 6; next++) {
        begin();
        for (unsigned i = 0; i < MESSAGES; i++) {
            give(1, i);
            give(2, i);
            if (i % 2) {
                give(0, i);
            }
        }
        give(3, 0);
        stream_take(&stream, &readers[3], notice, 2000);
        for (unsigned i = next; i < MESSAGES; i++) {
            give(3, i);
        }
        check_number(stream.missed_lines, 3);
        check_number(faults_found() > 0, next != 4);
    }
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(what_is_right_has_no_fault);
    TEST(a_loss_a_double_and_a_swap_are_noticed);
    TEST(what_nobody_got_is_noticed);
    TEST(what_was_missed_is_counted_in);
    TEST(another_order_elsewhere_is_noticed);
    return test_end();
}
