// WebSocket through the whole of net: sockets, I/O thread, HTTP, frames, lines.
#include "support/frames.h"
#include "support/test.h"
#include "support/web_rig.h"

#include <sys/socket.h>
#include <unistd.h>

#define FRAME_BAD_CLOSE "\x03\xeaWhat came is not as WebSocket (RFC 6455) defines it."

enum { FEED = 3, FULL = 20000 };

static void messages_are_lines_and_lines_messages(void)
{
    struct rig r;
    rig_init(&r);
    web_start(&r, "any");
    int client = web_come_in(&r);
    web_say(client, "NICK ann");
    web_say(client, "USER ann 0 * :Ann\r\n");
    rig_expect(&r, "line 0 whole NICK ann");
    rig_expect(&r, "line 0 whole USER ann 0 * :Ann");
    rig_reply(&r, 0, ":x 001 ann :hi\r\n:x 002 ann :ho\r\n");
    web_expect_line(client, ":x 001 ann :hi");
    web_expect_line(client, ":x 002 ann :ho");
    net_subscribe(r.net, r.handles[0], FEED, 0, 1);
    rig_append(&r, FEED, ":bob PRIVMSG #a :x\r\n", 0, 1);
    net_publish(r.net);
    web_expect_line(client, ":bob PRIVMSG #a :x");
    rig_close(&r, 0);
    web_expect_close(client, TEXT("\x03\xe8Goodbye."));
    web_finish(&r, client);
}

// The handshake, frames and what stands behind the head before it was answered.
static void a52_it_is_the_same_split_at_any_byte(void)
{
    struct buf all;
    buf_init(&all, 4096);
    buf_add(&all, TEXT(WEB_HEAD "Sec-WebSocket-Protocol: binary.ircv3.net\r\n\r\n"));
    frame_add(&all, FRAME_BINARY, TEXT("NICK "));
    frame_add(&all, FRAME_FIN | FRAME_PING, TEXT("?"));
    frame_add(&all, FRAME_FIN | FRAME_MORE, TEXT("ann"));
    frame_add(&all, FRAME_FIN | FRAME_TEXT, TEXT("QUIT"));
    for (size_t at = 0; at <= all.len; at++) {
        struct rig r;
        rig_init(&r);
        web_start(&r, "any");
        int client = rig_connect(&r);
        client_send_bytes(client, text_head(buf_text(&all), at));
        rig_sync(&r);
        client_send_bytes(client, text_skip(buf_text(&all), at));
        rig_expect(&r, "opened 0 irc");
        rig_expect(&r, "line 0 whole NICK ann");
        rig_expect(&r, "line 0 whole QUIT");
        char
            head[sizeof WEB_ANSWER - 1 + sizeof "Sec-WebSocket-Protocol: binary.ircv3.net\r\n" - 1];
        web_read(client, head, sizeof head);
        web_expect_frame(client, FRAME_FIN | FRAME_PONG, TEXT("?"));
        rig_reply(&r, 0, "bye\r\n");
        web_expect_frame(client, FRAME_FIN | FRAME_BINARY, TEXT("bye"));
        web_finish(&r, client);
    }
    buf_finish(&all);
}

static void check_refused(const char *listener, struct text request, const char *farewell,
                          enum close_reason reason)
{
    struct rig r;
    rig_init(&r);
    web_start(&r, listener);
    int client = rig_connect(&r);
    client_send_bytes(client, request);
    client_expect(client, farewell);
    client_expect_end(client);
    rig_expect_refused(&r, 1, reason);
    check_number(r.conns, 0);
    web_finish(&r, client);
}

static void a52_requests_that_open_nothing_are_answered(void)
{
    check_refused("any", TEXT("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "bye http unsupported\n",
                  CLOSE_UNSUPPORTED);
    check_refused("any",
                  TEXT("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nNICK ann\r\n"),
                  "bye http unsupported\n", CLOSE_UNSUPPORTED);
    check_refused("any", TEXT("GET / HTTP/1.1\nHost: x\n\n"), "bye http http_bad\n",
                  CLOSE_HTTP_BAD);
    check_refused("any", TEXT("GET /old\r\n"), "bye http http_bad\n", CLOSE_HTTP_BAD);
    check_refused("any", TEXT("PRI * HTTP/2.0\r\n\r\n"), "bye http http_version\n",
                  CLOSE_HTTP_VERSION);
    check_refused("any", TEXT(WEB_HEAD "Origin: http://evil.example\r\n\r\n"), "bye http origin\n",
                  CLOSE_ORIGIN);
    // What the framer would make of these is not what came.
    check_refused("any", TEXT("GET / HTTP/1.1\r\nHost: x\r\0X: y\r\n\r\n"), "bye http http_bad\n",
                  CLOSE_HTTP_BAD);
    check_refused("any", TEXT("GET /\xff\xf1 HTTP/1.1\r\nHost: x\r\n\r\n"), "bye http http_bad\n",
                  CLOSE_HTTP_BAD);
}

static void a52_a_head_has_a_limit(void)
{
    struct buf head;
    buf_init(&head, 1 << 20);
    buf_add(&head, TEXT("GET / HTTP/1.1\r\nHost: x\r\nX: "));
    while (head.len < FULL) {
        buf_add_char(&head, 'x');
    }
    check_refused("any", buf_text(&head), "bye http opening_too_long\n", CLOSE_OPENING_TOO_LONG);
    buf_cut(&head, 16);
    for (int i = 0; i < 2000; i++) {
        buf_add(&head, TEXT("X:\r\n"));
    }
    check_refused("any", buf_text(&head), "bye http opening_too_long\n", CLOSE_OPENING_TOO_LONG);
    buf_finish(&head);
}

static void a30_a_head_has_to_be_whole_in_time(void)
{
    struct rig r;
    rig_init(&r);
    r.config.limits.first_byte_decided_ms = 50;
    web_start(&r, "any");
    int client = rig_connect(&r);
    client_send(client, "GET /irc HTTP/1.1\r\nHost: x\r\n");
    client_expect(client, "bye http undecided\n");
    client_expect_end(client);
    rig_expect_refused(&r, 1, CLOSE_UNDECIDED);
    web_finish(&r, client);
}

static void a30_a_name_has_to_come_in_time_too(void)
{
    struct rig r;
    rig_init(&r);
    r.config.limits.name_ms = 300;
    web_start(&r, "any");
    int client = web_come_in(&r);
    rig_expect(&r, "ended 0 no_name");
    web_expect_line(client, "bye irc no_name");
    web_expect_close(client,
                     TEXT("\x03\xf0No name was given in time. Connect again and send a name "
                          "first."));
    web_finish(&r, client);
}

static void listeners_may_be_for_browsers_alone(void)
{
    struct rig r;
    rig_init(&r);
    web_start(&r, "http");
    int client = web_come_in(&r);
    web_finish(&r, client);
    check_refused("http", TEXT("NICK ann\r\n"), "bye http http_bad\n", CLOSE_HTTP_BAD);
    check_refused("http", TEXT("\x16\x03\x01\x02\x01\x01\r\n"), "bye http http_bad\n",
                  CLOSE_HTTP_BAD);
    check_refused("https", TEXT(WEB_HEAD "\r\n"), "bye http no_tls\n", CLOSE_NO_TLS);
}

static void pages_that_are_listed_come_in(void)
{
    struct rig r;
    rig_init(&r);
    r.config.web_origins = "http://a.example https://web.example.org";
    web_start(&r, "any");
    int client = rig_connect(&r);
    client_send(client, WEB_HEAD "Origin: https://web.example.org\r\n\r\n");
    client_expect(client, WEB_ANSWER);
    rig_expect(&r, "opened 0 irc");
    web_finish(&r, client);
}

static void a50_what_is_no_frame_ends_it_and_what_came_before_counts(void)
{
    struct rig r;
    struct buf out;
    rig_init(&r);
    web_start(&r, "any");
    int client = web_come_in(&r);
    buf_init(&out, 4096);
    frame_add(&out, FRAME_FIN | FRAME_TEXT, TEXT("NICK ann"));
    frame_add_header(&out, FRAME_FIN | FRAME_TEXT, 0, 4);
    buf_add(&out, TEXT("QUIT"));
    frame_add(&out, FRAME_FIN | FRAME_TEXT, TEXT("NICK bob"));
    client_send_bytes(client, buf_text(&out));
    buf_finish(&out);
    rig_expect(&r, "line 0 whole NICK ann");
    rig_expect(&r, "ended 0 frame_bad");
    web_expect_line(client, "bye irc frame_bad");
    web_expect_close(client, TEXT(FRAME_BAD_CLOSE));
    rig_expect_silence(&r, 10);
    web_finish(&r, client);
}

static void a50_no_second_line_comes_in_with_a_message(void)
{
    struct rig r;
    rig_init(&r);
    web_start(&r, "any");
    int client = web_come_in(&r);
    web_say(client, "PRIVMSG #a :x\r\nOPER ann secret");
    rig_expect(&r, "ended 0 message_lines");
    web_expect_line(client, "bye irc message_lines");
    web_expect_close(client, TEXT("\x03\xf0"
                                  "A message is one line, and what came has a line end in it."));
    rig_expect_silence(&r, 10);
    web_finish(&r, client);
}

static void a06_text_that_is_not_utf8_ends_it(void)
{
    struct rig r;
    rig_init(&r);
    web_start(&r, "any");
    int client = web_come_in(&r);
    web_send(client, FRAME_FIN | FRAME_BINARY, "NICK \xe9");
    rig_expect(&r, "line 0 whole NICK \xe9");
    web_send(client, FRAME_FIN | FRAME_TEXT, "NICK \xe9");
    rig_expect(&r, "ended 0 text_bad");
    web_expect_line(client, "bye irc text_bad");
    web_expect_close(client, TEXT("\x03\xefText of WebSocket is UTF-8, and what came is not."));
    web_finish(&r, client);
}

static void a_line_of_irc_has_its_limit(void)
{
    struct rig r;
    struct buf line;
    rig_init(&r);
    web_start(&r, "any");
    int client = web_come_in(&r);
    buf_init(&line, 1 << 20);
    while (line.len < 10000) {
        buf_add_char(&line, 'x');
    }
    buf_add_char(&line, '\0');
    web_say(client, line.at);
    rig_expect(&r, "line 0 too-long ");
    web_say(client, "NICK ann");
    rig_expect(&r, "line 0 whole NICK ann");
    buf_finish(&line);
    web_finish(&r, client);
}

static void the_peers_close_ends_what_it_sends(void)
{
    struct rig r;
    rig_init(&r);
    web_start(&r, "any");
    int client = web_come_in(&r);
    web_say(client, "NICK ann");
    web_send(client, FRAME_FIN | FRAME_CLOSE, "\x0f\xa1see you");
    rig_expect(&r, "line 0 whole NICK ann");
    rig_expect(&r, "ended 0 eof");
    rig_reply(&r, 0, "ERROR :bye\r\n");
    rig_close(&r, 0);
    web_expect_line(client, "ERROR :bye");
    web_expect_close(client, TEXT("\x0f\xa1"));
    web_finish(&r, client);
}

static void an_end_without_close_is_an_end(void)
{
    struct rig r;
    rig_init(&r);
    web_start(&r, "any");
    int client = web_come_in(&r);
    web_send(client, FRAME_TEXT, "half a messa");
    shutdown(client, SHUT_WR);
    rig_expect(&r, "ended 0 eof");
    rig_close(&r, 0);
    web_expect_close(client, TEXT("\x03\xe8Goodbye."));
    web_finish(&r, client);
}

static void lines_are_read_under_the_window(void)
{
    struct rig r;
    rig_init(&r);
    r.credits = false;
    web_start(&r, "any");
    int client = web_come_in(&r);
    for (int i = 0; i < NET_WINDOW_LINES + 1; i++) {
        web_say(client, "PING x");
    }
    for (int i = 0; i < NET_WINDOW_LINES; i++) {
        rig_expect(&r, "line 0 whole PING x");
    }
    rig_expect_silence(&r, 20);
    net_credit(r.net, r.handles[0], 1);
    net_publish(r.net);
    rig_expect(&r, "line 0 whole PING x");
    web_finish(&r, client);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(messages_are_lines_and_lines_messages);
    TEST(a52_it_is_the_same_split_at_any_byte);
    TEST(a52_requests_that_open_nothing_are_answered);
    TEST(a52_a_head_has_a_limit);
    TEST(a30_a_head_has_to_be_whole_in_time);
    TEST(a30_a_name_has_to_come_in_time_too);
    TEST(listeners_may_be_for_browsers_alone);
    TEST(pages_that_are_listed_come_in);
    TEST(a50_what_is_no_frame_ends_it_and_what_came_before_counts);
    TEST(a50_no_second_line_comes_in_with_a_message);
    TEST(a06_text_that_is_not_utf8_ends_it);
    TEST(a_line_of_irc_has_its_limit);
    TEST(the_peers_close_ends_what_it_sends);
    TEST(an_end_without_close_is_an_end);
    TEST(lines_are_read_under_the_window);
    return test_end();
}
