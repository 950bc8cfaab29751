#include "support/test.h"
#include "wire/framer.h"

enum { MAX_LINE = 16 };

static struct framer f;
static struct buf seen; // what came out, as "line<LINE>"

static void start(bool skip_telnet)
{
    framer_finish(&f);
    framer_init(&f, MAX_LINE, skip_telnet);
    buf_finish(&seen);
    buf_init(&seen, 1 << 26);
}

static void drain(void)
{
    static const char *const words[] = {"", "", "(paused)", "(too long)", "(endless)"};
    struct text line;
    enum framed framed;
    while ((framed = framer_next(&f, &line)) != FRAMED_NOTHING) {
        buf_add(&seen, TEXT("["));
        buf_add(&seen, line);
        buf_printf(&seen, "]%s", words[framed]);
    }
}

static void feed(struct text bytes)
{
    framer_feed(&f, bytes);
    drain();
}

static struct text feed_all(struct text bytes, size_t piece)
{
    while (bytes.len) {
        feed(text_head(bytes, piece));
        bytes = text_skip(bytes, piece);
    }
    framer_end(&f);
    drain();
    return buf_text(&seen);
}

// The same, however the input is split.
static void check_lines(bool skip_telnet, struct text bytes, const char *expected)
{
    for (size_t piece = 1; piece <= bytes.len; piece++) {
        start(skip_telnet);
        check_text(feed_all(bytes, piece), expected);
    }
}

static void splits_at_every_byte(void)
{
    check_lines(false, TEXT("one\ntwo\r\n\n\r\nthree"), "[one][two][][][three]");
    check_lines(true, TEXT("one\ntwo\r\n\n\r\nthree"), "[one][two][][][three]");
}

static void a01_a_lone_cr_stays_in_the_line_and_only_one_is_stripped(void)
{
    check_lines(false, TEXT("a\rb\n"), "[a\rb]");
    check_lines(false, TEXT("a\r\r\n\n\r"), "[a\r][][\r]");
}

static void a02_nul_is_given_through(void)
{
    start(false);
    struct text out = feed_all(TEXT("a\0b\n\0\n"), 3);
    check(text_equal(out, TEXT("[a\0b][\0]")));
    start(true);
    out = feed_all(TEXT("a\0b\n\0\n"), 3);
    check(text_equal(out, TEXT("[a\0b][\0]")));
}

static void a03_the_limit_counts_the_line_without_its_end(void)
{
    check_lines(false, TEXT("123456789012345\n"), "[123456789012345]");
    check_lines(false, TEXT("1234567890123456\r\n"), "[1234567890123456]");
    check_lines(false, TEXT("1234567890123456\r\0\n"), "[1234567890123456]");
    check_lines(true, TEXT("1234567890123456\r\0"), "[1234567890123456]");
    check_lines(false, TEXT("12345678901234567\nnext\n"), "[](too long)[next]");
    check_lines(false, TEXT("1234567890123456\r\r\nnext\n"), "[](too long)[next]");
    check_lines(false, TEXT("123456789012345678901234567890"), "[](too long)");
}

static void feed_bytes(size_t count)
{
    char piece[4096];
    memset(piece, 'x', sizeof piece);
    while (count) {
        struct text t = text_head((struct text){piece, sizeof piece}, count);
        feed(t);
        check(f.in.size < 3 * sizeof piece);
        count -= t.len;
    }
}

static void a03_a_long_line_is_skipped_without_being_kept(void)
{
    start(false);
    feed_bytes(FRAMER_ENDLESS_BYTES);
    check_text(buf_text(&seen), "");
    feed(TEXT("\nnext\n"));
    check_text(buf_text(&seen), "[](too long)[next]");
}

static void a03_gives_up_after_one_mebibyte_without_a_line_end(void)
{
    start(false);
    feed(TEXT("before\n"));
    feed_bytes(FRAMER_ENDLESS_BYTES);
    feed(TEXT("x\nafter\n"));
    feed(TEXT("after\n"));
    framer_end(&f);
    drain();
    check_text(buf_text(&seen), "[before][](endless)");
    check_number(f.in.size, 0);
}

static void a03_endless_does_not_depend_on_the_reads(void)
{
    struct buf big;
    buf_init(&big, 1 << 22);
    buf_add(&big, TEXT("before\n"));
    for (size_t i = 0; i < FRAMER_ENDLESS_BYTES + 1; i++) {
        buf_add_char(&big, 'x');
    }
    buf_add(&big, TEXT("\nafter\n"));
    start(false);
    feed(buf_text(&big));
    check_text(buf_text(&seen), "[before][](endless)");
    start(true);
    feed(buf_text(&big));
    check_text(buf_text(&seen), "[before][](endless)");
    buf_finish(&big);
}

static void an_endless_telnet_sequence_is_given_up(void)
{
    start(true);
    feed(TEXT("before\n\xff\xfa"));
    feed_bytes(FRAMER_ENDLESS_BYTES);
    check_text(buf_text(&seen), "[before][](endless)");
}

static void a04_ten_thousand_lines_in_one_read(void)
{
    struct buf big;
    buf_init(&big, 1 << 22);
    for (int i = 0; i < 10000; i++) {
        buf_printf(&big, "line %d\n", i);
    }
    start(false);
    framer_feed(&f, buf_text(&big));
    check(f.in.size <= big.len + 1);
    struct text line;
    for (int i = 0; i < 10000; i++) {
        check_number(framer_next(&f, &line), FRAMED_LINE);
        char expected[32];
        snprintf(expected, sizeof expected, "line %d", i);
        check_text(line, expected);
    }
    check_number(framer_next(&f, &line), FRAMED_NOTHING);
    buf_finish(&big);
}

static void idle_framers_keep_little(void)
{
    start(false);
    feed_bytes(4096);
    feed(TEXT("\nx\n"));
    check_number(f.in.size, 0);
    char read[4096];
    memset(read, '\n', sizeof read);
    memcpy(read + 4090, "half a", 6);
    feed((struct text){read, sizeof read});
    check_text(framer_rest(&f), "half a");
    check(f.in.size <= 128);
}

static void telnet_negotiation_is_skipped(void)
{
    check_lines(true, TEXT("\xff\xfd\x01hel\xff\xf1lo\xff\xfa\x18\x00xterm\n\xff\xff\xff\xf0!\n"),
                "[hello!]");
    check_lines(true, TEXT("a\xff\xff\n"), "[a\xff]");
    check_lines(true, TEXT("a\xff\xfa\xff\xff\n\xff\xf0x\n"), "[ax]");
    check_lines(false, TEXT("\xff\xfd\x01hi\n"), "[\xff\xfd\x01hi]");
}

static void timing_marks_are_counted(void)
{
    static const char asked[] = "\xff\xf4\xff\xfd\x06hi\n\xff\xfd\x06"
                                "\xff\xfd\x01\xff\xfb\x06\xff\xfe\x06\xff\xfa\xfd\x06\xff\xf0"
                                "\xff\xff\xfd\x06\n";
    struct text bytes = {asked, sizeof asked - 1};
    check_lines(true, bytes, "[hi][\xff\xfd\x06]");
    for (size_t piece = 1; piece <= bytes.len; piece++) {
        start(true);
        feed_all(bytes, piece);
        check_number(framer_take_marks(&f), 2);
        check_number(framer_take_marks(&f), 0);
    }
    start(false);
    feed_all(bytes, bytes.len);
    check_number(framer_take_marks(&f), 0);
}

static void a06_a_stray_0xff_does_not_swallow_the_line_end(void)
{
    check_lines(true, TEXT("a\xff\nb\xff\r\nc\n"), "[a\xff][b\xff][c]");
}

static void cr_nul_ends_a_line_of_telnet(void)
{
    check_lines(true, TEXT("one\r\0two\r\0\nthree\r\0"), "[one][two][three]");
    check_lines(true, TEXT("one\r\0\r\0\r\n"), "[one][][]");
    check_lines(false, TEXT("one\r\0\ntwo\n"), "[one][two]");
}

static void a_silence_ends_a_message(void)
{
    start(true);
    feed(TEXT("Alice"));
    check_text(framer_rest(&f), "Alice");
    check(framer_may_pause(&f) && !framer_is_lone(&f) && !f.paused);
    framer_pause(&f);
    drain();
    check(f.paused && !framer_may_pause(&f));
    feed(TEXT("hi all"));
    framer_pause(&f);
    drain();
    feed(TEXT("bye"));
    framer_end(&f);
    drain();
    check_text(buf_text(&seen), "[Alice](paused)[hi all](paused)[bye]");
}

static void a_line_end_makes_line_framed_for_good(void)
{
    start(true);
    feed(TEXT("Alice\nhal"));
    check(!framer_may_pause(&f));
    framer_pause(&f);
    drain();
    feed(TEXT("f\n"));
    check_text(buf_text(&seen), "[Alice][half]");
    check(!f.paused);
}

static void a_terminal_in_character_mode_is_line_framed(void)
{
    start(true);
    feed(TEXT("\xc3\x89")); // one key: É
    check(framer_is_lone(&f) && framer_may_pause(&f));
    feed(TEXT("l"));
    check(f.single_bytes && !framer_is_lone(&f) && !framer_may_pause(&f));
    feed(TEXT("la"));
    check(!framer_may_pause(&f));
    feed(TEXT("\r\0"));
    check_text(buf_text(&seen), "[\xc3\x89lla]");
}

static void a_one_letter_message_may_pause(void)
{
    start(true);
    feed(TEXT("A"));
    framer_pause(&f);
    drain();
    feed(TEXT("y"));
    check(framer_may_pause(&f) && !framer_is_lone(&f));
    framer_pause(&f);
    drain();
    feed(TEXT("n"));
    check(framer_may_pause(&f) && !f.single_bytes);
    check_text(buf_text(&seen), "[A](paused)[y](paused)");
}

static void a_first_byte_that_came_alone_is_not_a_terminal(void)
{
    start(true);
    feed(TEXT("A"));
    feed(TEXT("lice"));
    check(framer_may_pause(&f) && !f.single_bytes && !framer_is_lone(&f));
}

static void a_pause_may_end_a_line_that_is_too_long(void)
{
    start(true);
    feed_bytes(5000);
    check(framer_may_pause(&f));
    framer_pause(&f);
    drain();
    feed(TEXT("short"));
    framer_pause(&f);
    drain();
    check_text(buf_text(&seen), "[](too long)[short](paused)");
}

static void the_end_gives_nothing_where_nothing_waits(void)
{
    start(false);
    framer_feed(&f, TEXT("a\nb\n"));
    framer_end(&f);
    drain();
    framer_end(&f);
    drain();
    check_text(buf_text(&seen), "[a][b]");
}

static void random_pieces_give_the_same_lines(void)
{
    static const char bytes[] = {'a', 'b', '\n', '\r', '\0', '\xff', '\xfa', '\xf0', '\xfb'};
    for (int round = 0; round < 2000; round++) {
        char input[200];
        size_t len = 1 + test_random(sizeof input);
        for (size_t i = 0; i < len; i++) {
            input[i] = bytes[test_random(sizeof bytes)];
        }
        bool skip_telnet = test_random(2);
        start(skip_telnet);
        struct text whole = feed_all((struct text){input, len}, len);
        struct buf expected;
        buf_init(&expected, 1 << 20);
        buf_add(&expected, whole);
        start(skip_telnet);
        struct text split = feed_all((struct text){input, len}, 1 + test_random(9));
        bool same = text_equal(split, buf_text(&expected));
        buf_finish(&expected);
        check(same);
    }
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(splits_at_every_byte);
    TEST(a01_a_lone_cr_stays_in_the_line_and_only_one_is_stripped);
    TEST(a02_nul_is_given_through);
    TEST(a03_the_limit_counts_the_line_without_its_end);
    TEST(a03_a_long_line_is_skipped_without_being_kept);
    TEST(a03_gives_up_after_one_mebibyte_without_a_line_end);
    TEST(a03_endless_does_not_depend_on_the_reads);
    TEST(an_endless_telnet_sequence_is_given_up);
    TEST(a04_ten_thousand_lines_in_one_read);
    TEST(idle_framers_keep_little);
    TEST(telnet_negotiation_is_skipped);
    TEST(timing_marks_are_counted);
    TEST(a06_a_stray_0xff_does_not_swallow_the_line_end);
    TEST(cr_nul_ends_a_line_of_telnet);
    TEST(a_silence_ends_a_message);
    TEST(a_line_end_makes_line_framed_for_good);
    TEST(a_terminal_in_character_mode_is_line_framed);
    TEST(a_one_letter_message_may_pause);
    TEST(a_first_byte_that_came_alone_is_not_a_terminal);
    TEST(a_pause_may_end_a_line_that_is_too_long);
    TEST(the_end_gives_nothing_where_nothing_waits);
    TEST(random_pieces_give_the_same_lines);
    framer_finish(&f);
    buf_finish(&seen);
    return test_end();
}
