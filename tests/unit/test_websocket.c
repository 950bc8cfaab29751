#include "support/frames.h"
#include "support/net_rig.h"
#include "support/test.h"
#include "wire/websocket.h"

enum { MANY = 1 << 20, BYTES_EACH = 1000 };

static struct buf input, lines, out;
static struct websocket *peer;
static struct websocket_writer *writer;

static void begin(bool binary)
{
    buf_init(&input, MANY);
    buf_init(&lines, MANY);
    buf_init(&out, MANY);
    peer = websocket_create(binary);
    writer = websocket_writer_create();
}

static void end(void)
{
    websocket_destroy(peer);
    websocket_writer_destroy(writer);
    buf_finish(&input);
    buf_finish(&lines);
    buf_finish(&out);
}

static void add(unsigned first, const char *payload)
{
    frame_add(&input, first, text_of(payload));
}

// Gives all of `input` to a fresh peer in pieces of `size`.
static void feed(size_t size)
{
    websocket_destroy(peer);
    peer = websocket_create(false);
    buf_reset(&lines);
    for (struct text rest = buf_text(&input); rest.len; rest = text_skip(rest, size)) {
        websocket_receive(peer, text_head(rest, size), &lines);
    }
}

// What was added gives these lines, at once and byte by byte, and is broken for this reason.
static void check_lines(const char *expected, enum close_reason fault)
{
    static const size_t sizes[] = {SIZE_MAX, 1, 7};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        feed(sizes[i]);
        check_text(buf_text(&lines), expected);
        check_number(websocket_fault(peer), fault);
        check((websocket_state(peer) == WEBSOCKET_BROKEN) == (fault != CLOSE_REASON_COUNT));
    }
}

static void check_fault(enum close_reason fault)
{
    check_lines("", fault);
    buf_reset(&input);
}

static void messages_are_lines(void)
{
    begin(false);
    add(FRAME_FIN | FRAME_TEXT, "NICK ann");
    add(FRAME_FIN | FRAME_BINARY, "USER ann 0 * :\xc3\xa4");
    add(FRAME_FIN | FRAME_TEXT, "");
    check_lines("NICK ann\nUSER ann 0 * :\xc3\xa4\n\n", CLOSE_REASON_COUNT);
    check_number(websocket_waiting(peer), 0);
    end();
}

static void a_message_may_come_in_frames_with_pings_between(void)
{
    begin(false);
    add(FRAME_TEXT, "PRIVMSG #a :\xe2");
    add(FRAME_FIN | FRAME_PING, "x");
    add(FRAME_MORE, "\x82");
    add(FRAME_MORE, "");
    add(FRAME_FIN | FRAME_PONG, "unasked");
    add(FRAME_FIN | FRAME_MORE, "\xac!");
    check_lines("PRIVMSG #a :\xe2\x82\xac!\n", CLOSE_REASON_COUNT);
    end();
}

static void one_line_end_behind_a_message_is_none(void)
{
    begin(false);
    add(FRAME_FIN | FRAME_TEXT, "a\r\n");
    add(FRAME_FIN | FRAME_TEXT, "b\n");
    add(FRAME_FIN | FRAME_TEXT, "c\r");
    check_lines("a\nb\nc\n", CLOSE_REASON_COUNT);
    end();
}

static void a50_a_message_with_a_line_end_in_it_is_refused(void)
{
    static const char *const messages[] = {
        "PRIVMSG #a :x\r\nQUIT", "x\nQUIT", "x\rQUIT", "x\n\n", "x\n\r", "\r\n\r\n"};
    begin(false);
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        for (unsigned kind = FRAME_TEXT; kind <= FRAME_BINARY; kind++) {
            add(FRAME_FIN | FRAME_TEXT, "before");
            add(FRAME_FIN | kind, messages[i]);
            add(FRAME_FIN | FRAME_TEXT, "behind");
            check_lines("before\n", CLOSE_MESSAGE_LINES);
            buf_reset(&input);
        }
    }
    end();
}

static void a50_frames_that_nobody_may_send_are_refused(void)
{
    begin(false);
    frame_add_header(&input, FRAME_FIN | FRAME_TEXT, 0, 1); // not masked
    buf_add(&input, TEXT("x"));
    check_fault(CLOSE_FRAME_BAD);
    for (unsigned bit = 0x10; bit <= 0x40; bit <<= 1) {
        add(FRAME_FIN | bit | FRAME_TEXT, "x");
        check_fault(CLOSE_FRAME_BAD);
        add(FRAME_FIN | bit | FRAME_PING, "x");
        check_fault(CLOSE_FRAME_BAD);
    }
    for (unsigned opcode = 0x3; opcode <= 0xF; opcode++) {
        if (opcode < FRAME_CLOSE || opcode > FRAME_PONG) {
            add(FRAME_FIN | opcode, "x");
            check_fault(CLOSE_FRAME_BAD);
        }
    }
    add(FRAME_FIN | FRAME_MORE, "goes on with nothing");
    check_fault(CLOSE_FRAME_BAD);
    add(FRAME_TEXT, "begins");
    add(FRAME_FIN | FRAME_TEXT, "and begins");
    check_fault(CLOSE_FRAME_BAD);
    add(FRAME_PING, "in parts");
    check_fault(CLOSE_FRAME_BAD);
    end();
}

static void a50_lengths_that_lie_are_refused(void)
{
    static const struct text headers[] = {
        TEXT_INIT("\x81\xff\x80\0\0\0\0\0\0\0\0\0\0\0x"),      // 2^63
        TEXT_INIT("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff"), // 2^64 - 1
        TEXT_INIT("\x81\xff\0\0\0\0\0\0\0\x01\0\0\0\0x"),      // 1 in eight bytes
        TEXT_INIT("\x81\xfe\0\x01\0\0\0\0x"),                  // 1 in two
        TEXT_INIT("\x89\xfe\0\x7e\0\0\0\0"),                   // a ping of 126 bytes
    };
    begin(false);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        buf_add(&input, headers[i]);
        check_fault(CLOSE_FRAME_BAD);
    }
    frame_add_header(&input, FRAME_FIN | FRAME_TEXT, FRAME_MASKED, (uint64_t)1 << 62);
    buf_add(&input, TEXT("x"));
    check_fault(CLOSE_MESSAGE_TOO_BIG);
    end();
}

static void add_long(unsigned first, size_t len)
{
    char *bytes = calloc(1, len);
    memset(bytes, 'x', len);
    frame_add(&input, first, (struct text){bytes, len});
    free(bytes);
}

static void a50_a_message_has_16_kib(void)
{
    begin(false);
    add_long(FRAME_FIN | FRAME_BINARY, WEBSOCKET_MESSAGE_BYTES);
    add_long(FRAME_TEXT, WEBSOCKET_MESSAGE_BYTES - 1);
    add(FRAME_FIN | FRAME_MORE, "x");
    feed(SIZE_MAX);
    check_number(websocket_fault(peer), CLOSE_REASON_COUNT);
    check_number(lines.len, 2 * (WEBSOCKET_MESSAGE_BYTES + 1));
    buf_reset(&input);
    add_long(FRAME_FIN | FRAME_BINARY, WEBSOCKET_MESSAGE_BYTES + 1);
    check_fault(CLOSE_MESSAGE_TOO_BIG);
    add_long(FRAME_TEXT, WEBSOCKET_MESSAGE_BYTES);
    add(FRAME_MORE, "");
    add(FRAME_MORE, "x");
    check_fault(CLOSE_MESSAGE_TOO_BIG);
    end();
}

static void a50_a_message_has_64_frames(void)
{
    begin(false);
    add(FRAME_TEXT, "");
    for (int i = 1; i < WEBSOCKET_FRAGMENTS - 1; i++) {
        add(FRAME_MORE, "");
    }
    size_t before_last = input.len;
    add(FRAME_FIN | FRAME_MORE, "x");
    add(FRAME_FIN | FRAME_TEXT, "y");
    check_lines("x\ny\n", CLOSE_REASON_COUNT);
    buf_cut(&input, before_last);
    add(FRAME_MORE, "");
    check_lines("", CLOSE_REASON_COUNT);
    add(FRAME_FIN | FRAME_MORE, "x");
    check_fault(CLOSE_MESSAGE_TOO_BIG);
    end();
}

static void a06_text_is_utf8(void)
{
    static const char *const texts[] = {"a\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                        "\xe2\x82"};
    begin(false);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        add(FRAME_FIN | FRAME_TEXT, texts[i]);
        check_fault(CLOSE_TEXT_BAD);
        add(FRAME_TEXT, "a");
        add(FRAME_FIN | FRAME_MORE, texts[i]);
        check_fault(CLOSE_TEXT_BAD);
    }
    // What is said in bytes is for the protocol to judge.
    add(FRAME_FIN | FRAME_BINARY, "caf\xe9");
    check_lines("caf\xe9\n", CLOSE_REASON_COUNT);
    end();
}

static void check_frame(unsigned first, struct text payload)
{
    struct text rest = buf_text(&out);
    unsigned got_first;
    struct text got;
    check(frame_take(&rest, &got_first, &got));
    check_number(rest.len, 0);
    check_number(got_first, first);
    check(text_equal(got, payload));
    buf_reset(&out);
}

static void a50_of_many_pings_the_last_is_answered(void)
{
    begin(false);
    check(!websocket_write_pong(peer, writer, &out));
    for (int i = 0; i < 10000; i++) {
        add(FRAME_FIN | FRAME_PING, i < 9999 ? "flood" : "last");
    }
    check_lines("", CLOSE_REASON_COUNT);
    check(websocket_write_pong(peer, writer, &out));
    check_frame(FRAME_FIN | FRAME_PONG, TEXT("last"));
    check(!websocket_write_pong(peer, writer, &out));
    end();
}

static void check_close(struct text body, struct text answer, enum close_reason fault)
{
    static const size_t sizes[] = {SIZE_MAX, 1};
    frame_add(&input, FRAME_FIN | FRAME_CLOSE, body);
    add(FRAME_FIN | FRAME_TEXT, "behind");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        feed(sizes[i]);
        check_number(lines.len, 0);
        check_number(websocket_fault(peer), fault);
        bool ended = fault == CLOSE_REASON_COUNT;
        check_number(websocket_state(peer), ended ? WEBSOCKET_ENDED : WEBSOCKET_BROKEN);
        websocket_write_close(peer, writer, ended ? CLOSE_EOF : fault, &out);
        websocket_write_close(peer, writer, CLOSE_SHUTDOWN, &out);
        check_frame(FRAME_FIN | FRAME_CLOSE, answer);
    }
    buf_reset(&input);
}

static void the_peers_close_is_answered_with_its_code(void)
{
    begin(false);
    check_close(TEXT("\x03\xe8"), TEXT("\x03\xe8"), CLOSE_REASON_COUNT);
    check_close(TEXT("\x03\xe9gone"), TEXT("\x03\xe9"), CLOSE_REASON_COUNT);
    check_close(TEXT("\x0f\xa0"), TEXT("\x0f\xa0"), CLOSE_REASON_COUNT);
    check_close(TEXT(""), TEXT(""), CLOSE_REASON_COUNT);
    end();
}

static void a50_a_close_that_is_none_is_refused(void)
{
    static const struct text bad = TEXT_INIT("\x03\xeaWhat came is not as WebSocket (RFC 6455) "
                                             "defines it.");
    static const unsigned codes[] = {0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535};
    begin(false);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char body[] = {(char)(codes[i] >> 8), (char)codes[i]};
        check_close((struct text){body, sizeof body}, bad, CLOSE_FRAME_BAD);
    }
    check_close(TEXT("\x03"), bad, CLOSE_FRAME_BAD);
    check_close(TEXT("\x03\xe8\xff"),
                TEXT("\x03\xefText of WebSocket is UTF-8, and what came is not."), CLOSE_TEXT_BAD);
    end();
}

static void every_reason_to_close_fits_a_frame(void)
{
    begin(false);
    for (unsigned reason = 0; reason < CLOSE_REASON_COUNT; reason++) {
        websocket_destroy(peer);
        peer = websocket_create(false);
        websocket_write_close(peer, writer, (enum close_reason)reason, &out);
        struct text rest = buf_text(&out);
        struct text body;
        unsigned first;
        check(frame_take(&rest, &first, &body) && rest.len == 0);
        check_number((unsigned char)body.at[0] << 8 | (unsigned char)body.at[1],
                     close_reason_code((enum close_reason)reason));
        check(text_equal(text_skip(body, 2), close_reason_sentence((enum close_reason)reason)));
        buf_reset(&out);
    }
    check(!websocket_write_pong(peer, writer, &out));
    end();
}

static void lines_are_sent_as_what_was_agreed(void)
{
    for (int binary = 0; binary <= 1; binary++) {
        unsigned expected = FRAME_FIN | (binary ? FRAME_BINARY : FRAME_TEXT);
        begin(binary);
        struct text rest = TEXT(":x PING a\r\n\r\n:x PING b\nrest");
        check_number(websocket_write_lines(peer, writer, rest, MANY, &out), rest.len);
        static const char *const sent[] = {":x PING a", "", ":x PING b", "rest"};
        rest = buf_text(&out);
        for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
            struct text payload;
            unsigned first;
            check(frame_take(&rest, &first, &payload));
            check_number(first, expected);
            check_text(payload, sent[i]);
        }
        check_number(rest.len, 0);
        end();
    }
}

static void lines_are_sent_whole_and_as_many_as_fit(void)
{
    static const struct text three = TEXT_INIT("12345\r\n12345\r\n12345\r\n");
    begin(false);
    check_number(websocket_write_lines(peer, writer, three, 1, &out), 7);
    check_number(out.len, 7);
    check_number(websocket_write_lines(peer, writer, three, 7, &out), 0);
    check_number(out.len, 7);
    check_number(websocket_write_lines(peer, writer, three, 30, &out), 7);
    check_number(out.len, 14);
    end();
}

static void lines_of_any_length_are_sent(void)
{
    static const size_t lengths[] = {0, 1, 125, 126, 127, 8191 + 512, 65535, 65536, 100000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        begin(false);
        for (size_t n = 0; n < lengths[i]; n++) {
            buf_add_char(&input, 'x');
        }
        struct text line = buf_text(&input);
        buf_add(&input, TEXT("\r\n"));
        check_number(websocket_write_lines(peer, writer, buf_text(&input), 1, &out), input.len);
        check_frame(FRAME_FIN | FRAME_TEXT, (struct text){input.at, line.len});
        end();
    }
}

// The reader of frames takes 4 KiB, which are there only while a frame is on its way.
static void an_idle_peer_takes_little_memory(void)
{
    enum { PEERS = 100 };
    static struct websocket *peers[PEERS];
    begin(false);
    add(FRAME_FIN | FRAME_TEXT, "NICK ann");
    add(FRAME_FIN | FRAME_PING, "x");
    websocket_receive(peer, buf_text(&input), &lines);
    size_t before = rig_memory();
    for (size_t i = 0; i < PEERS; i++) {
        peers[i] = websocket_create(false);
        websocket_receive(peers[i], buf_text(&input), &lines);
    }
    size_t each = (rig_memory() - before) / PEERS;
    printf("# %zu bytes each\n", each);
    check(each <= BYTES_EACH);
    for (size_t i = 0; i < PEERS; i++) {
        websocket_destroy(peers[i]);
    }
    end();
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(messages_are_lines);
    TEST(a_message_may_come_in_frames_with_pings_between);
    TEST(one_line_end_behind_a_message_is_none);
    TEST(a50_a_message_with_a_line_end_in_it_is_refused);
    TEST(a50_frames_that_nobody_may_send_are_refused);
    TEST(a50_lengths_that_lie_are_refused);
    TEST(a50_a_message_has_16_kib);
    TEST(a50_a_message_has_64_frames);
    TEST(a06_text_is_utf8);
    TEST(a50_of_many_pings_the_last_is_answered);
    TEST(the_peers_close_is_answered_with_its_code);
    TEST(a50_a_close_that_is_none_is_refused);
    TEST(every_reason_to_close_fits_a_frame);
    TEST(lines_are_sent_as_what_was_agreed);
    TEST(lines_are_sent_whole_and_as_many_as_fit);
    TEST(lines_of_any_length_are_sent);
    TEST(an_idle_peer_takes_little_memory);
    return test_end();
}
