// WebSocket through the whole of net: sockets, I/O thread, HTTP, frames, lines.
#include "base/must.h"
#include "net/certificate.h"
#include "net/tls.h"
#include "support/frames.h"
#include "support/net_rig.h"
#include "support/test.h"
#include "support/tls_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD                                                                                       \
    "GET /irc HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define ANSWER                                                                                     \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
#define FRAME_BAD_CLOSE "\x03\xeaWhat came is not as WebSocket (RFC 6455) defines it."

enum { FEED = 3, LINE_BYTES = 1000, FULL = 20000 };

static void start(struct rig *r, const char *listener)
{
    r->config.served |= 1u << WIRE_IRC;
    rig_start(r, listener);
}

static void finish(struct rig *r, int client)
{
    close(client);
    if (r->conns > 0) {
        rig_close(r, 0);
    }
    rig_expect_connections(r, 0);
    rig_finish(r);
}

static void send_frame(int client, unsigned first, const char *payload)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    frame_add(&out, first, text_of(payload));
    client_send_bytes(client, buf_text(&out));
    buf_finish(&out);
}

static void say(int client, const char *line)
{
    send_frame(client, FRAME_FIN | FRAME_TEXT, line);
}

static void read_bytes(int client, char *to, size_t len)
{
    while (len > 0) {
        struct pollfd one = {client, POLLIN, 0};
        check_number(poll(&one, 1, RIG_WAIT_MS), 1);
        ssize_t got = recv(client, to, len, 0);
        check(got > 0);
        to += got;
        len -= (size_t)got;
    }
}

// Waits for exactly this frame.
static void expect_frame(int client, unsigned first, struct text payload)
{
    char got[65536];
    struct buf expected;
    buf_init(&expected, sizeof got);
    frame_add_header(&expected, first, 0, payload.len);
    buf_add(&expected, payload);
    read_bytes(client, got, expected.len);
    if (!text_equal((struct text){got, expected.len}, buf_text(&expected))) {
        test_fail(__FILE__, __LINE__, "got \"%.*s\", expected \"%.*s\"", (int)expected.len, got,
                  TEXT_ARG(buf_text(&expected)));
    }
    buf_finish(&expected);
}

static void expect_line(int client, const char *line)
{
    expect_frame(client, FRAME_FIN | FRAME_TEXT, text_of(line));
}

static void expect_close(int client, struct text body)
{
    expect_frame(client, FRAME_FIN | FRAME_CLOSE, body);
    client_expect_end(client);
}

static int come_in(struct rig *r)
{
    int client = rig_connect(r);
    client_send(client, HEAD "\r\n");
    client_expect(client, ANSWER);
    rig_expect(r, "opened 0 irc");
    return client;
}

static void messages_are_lines_and_lines_messages(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    int client = come_in(&r);
    say(client, "NICK ann");
    say(client, "USER ann 0 * :Ann\r\n");
    rig_expect(&r, "line 0 whole NICK ann");
    rig_expect(&r, "line 0 whole USER ann 0 * :Ann");
    rig_reply(&r, 0, ":x 001 ann :hi\r\n:x 002 ann :ho\r\n");
    expect_line(client, ":x 001 ann :hi");
    expect_line(client, ":x 002 ann :ho");
    net_subscribe(r.net, r.handles[0], FEED, 0, 1);
    rig_append(&r, FEED, ":bob PRIVMSG #a :x\r\n", 0, 1);
    net_publish(r.net);
    expect_line(client, ":bob PRIVMSG #a :x");
    rig_close(&r, 0);
    expect_close(client, TEXT("\x03\xe8Goodbye."));
    finish(&r, client);
}

// The handshake, frames and what stands behind the head before it was answered.
static void a52_it_is_the_same_split_at_any_byte(void)
{
    struct buf all;
    buf_init(&all, 4096);
    buf_add(&all, TEXT(HEAD "Sec-WebSocket-Protocol: binary.ircv3.net\r\n\r\n"));
    frame_add(&all, FRAME_BINARY, TEXT("NICK "));
    frame_add(&all, FRAME_FIN | FRAME_PING, TEXT("?"));
    frame_add(&all, FRAME_FIN | FRAME_MORE, TEXT("ann"));
    frame_add(&all, FRAME_FIN | FRAME_TEXT, TEXT("QUIT"));
    for (size_t at = 0; at <= all.len; at++) {
        struct rig r;
        rig_init(&r);
        start(&r, "any");
        int client = rig_connect(&r);
        client_send_bytes(client, text_head(buf_text(&all), at));
        rig_sync(&r);
        client_send_bytes(client, text_skip(buf_text(&all), at));
        rig_expect(&r, "opened 0 irc");
        rig_expect(&r, "line 0 whole NICK ann");
        rig_expect(&r, "line 0 whole QUIT");
        char head[sizeof ANSWER - 1 + sizeof "Sec-WebSocket-Protocol: binary.ircv3.net\r\n" - 1];
        read_bytes(client, head, sizeof head);
        expect_frame(client, FRAME_FIN | FRAME_PONG, TEXT("?"));
        rig_reply(&r, 0, "bye\r\n");
        expect_frame(client, FRAME_FIN | FRAME_BINARY, TEXT("bye"));
        finish(&r, client);
    }
    buf_finish(&all);
}

static void check_refused(const char *listener, struct text request, const char *farewell,
                          enum close_reason reason)
{
    struct rig r;
    rig_init(&r);
    start(&r, listener);
    int client = rig_connect(&r);
    client_send_bytes(client, request);
    client_expect(client, farewell);
    client_expect_end(client);
    rig_expect_refused(&r, 1, reason);
    check_number(r.conns, 0);
    finish(&r, client);
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
    check_refused("any", TEXT(HEAD "Origin: http://evil.example\r\n\r\n"), "bye http origin\n",
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
    start(&r, "any");
    int client = rig_connect(&r);
    client_send(client, "GET /irc HTTP/1.1\r\nHost: x\r\n");
    client_expect(client, "bye http undecided\n");
    client_expect_end(client);
    rig_expect_refused(&r, 1, CLOSE_UNDECIDED);
    finish(&r, client);
}

static void a30_a_name_has_to_come_in_time_too(void)
{
    struct rig r;
    rig_init(&r);
    r.config.limits.name_ms = 300;
    start(&r, "any");
    int client = come_in(&r);
    rig_expect(&r, "ended 0 no_name");
    expect_line(client, "bye irc no_name");
    expect_close(client, TEXT("\x03\xf0No name was given in time. Connect again and send a name "
                              "first."));
    finish(&r, client);
}

static void listeners_may_be_for_browsers_alone(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "http");
    int client = come_in(&r);
    finish(&r, client);
    check_refused("http", TEXT("NICK ann\r\n"), "bye http http_bad\n", CLOSE_HTTP_BAD);
    check_refused("http", TEXT("\x16\x03\x01\x02\x01\x01\r\n"), "bye http http_bad\n",
                  CLOSE_HTTP_BAD);
    check_refused("https", TEXT(HEAD "\r\n"), "bye http no_tls\n", CLOSE_NO_TLS);
}

static void pages_that_are_listed_come_in(void)
{
    struct rig r;
    rig_init(&r);
    r.config.web_origins = "http://a.example https://web.example.org";
    start(&r, "any");
    int client = rig_connect(&r);
    client_send(client, HEAD "Origin: https://web.example.org\r\n\r\n");
    client_expect(client, ANSWER);
    rig_expect(&r, "opened 0 irc");
    finish(&r, client);
}

static void a50_what_is_no_frame_ends_it_and_what_came_before_counts(void)
{
    struct rig r;
    struct buf out;
    rig_init(&r);
    start(&r, "any");
    int client = come_in(&r);
    buf_init(&out, 4096);
    frame_add(&out, FRAME_FIN | FRAME_TEXT, TEXT("NICK ann"));
    frame_add_header(&out, FRAME_FIN | FRAME_TEXT, 0, 4);
    buf_add(&out, TEXT("QUIT"));
    frame_add(&out, FRAME_FIN | FRAME_TEXT, TEXT("NICK bob"));
    client_send_bytes(client, buf_text(&out));
    buf_finish(&out);
    rig_expect(&r, "line 0 whole NICK ann");
    rig_expect(&r, "ended 0 frame_bad");
    expect_line(client, "bye irc frame_bad");
    expect_close(client, TEXT(FRAME_BAD_CLOSE));
    rig_expect_silence(&r, 10);
    finish(&r, client);
}

static void a50_no_second_line_comes_in_with_a_message(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    int client = come_in(&r);
    say(client, "PRIVMSG #a :x\r\nOPER ann secret");
    rig_expect(&r, "ended 0 message_lines");
    expect_line(client, "bye irc message_lines");
    expect_close(client, TEXT("\x03\xf0"
                              "A message is one line, and what came has a line end in it."));
    rig_expect_silence(&r, 10);
    finish(&r, client);
}

static void a06_text_that_is_not_utf8_ends_it(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    int client = come_in(&r);
    send_frame(client, FRAME_FIN | FRAME_BINARY, "NICK \xe9");
    rig_expect(&r, "line 0 whole NICK \xe9");
    send_frame(client, FRAME_FIN | FRAME_TEXT, "NICK \xe9");
    rig_expect(&r, "ended 0 text_bad");
    expect_line(client, "bye irc text_bad");
    expect_close(client, TEXT("\x03\xefText of WebSocket is UTF-8, and what came is not."));
    finish(&r, client);
}

static void a_line_of_irc_has_its_limit(void)
{
    struct rig r;
    struct buf line;
    rig_init(&r);
    start(&r, "any");
    int client = come_in(&r);
    buf_init(&line, 1 << 20);
    while (line.len < 10000) {
        buf_add_char(&line, 'x');
    }
    buf_add_char(&line, '\0');
    say(client, line.at);
    rig_expect(&r, "line 0 too-long ");
    say(client, "NICK ann");
    rig_expect(&r, "line 0 whole NICK ann");
    buf_finish(&line);
    finish(&r, client);
}

static void the_peers_close_ends_what_it_sends(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    int client = come_in(&r);
    say(client, "NICK ann");
    send_frame(client, FRAME_FIN | FRAME_CLOSE, "\x0f\xa1see you");
    rig_expect(&r, "line 0 whole NICK ann");
    rig_expect(&r, "ended 0 eof");
    rig_reply(&r, 0, "ERROR :bye\r\n");
    rig_close(&r, 0);
    expect_line(client, "ERROR :bye");
    expect_close(client, TEXT("\x0f\xa1"));
    finish(&r, client);
}

static void an_end_without_close_is_an_end(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    int client = come_in(&r);
    send_frame(client, FRAME_TEXT, "half a messa");
    shutdown(client, SHUT_WR);
    rig_expect(&r, "ended 0 eof");
    rig_close(&r, 0);
    expect_close(client, TEXT("\x03\xe8Goodbye."));
    finish(&r, client);
}

static void lines_are_read_under_the_window(void)
{
    struct rig r;
    rig_init(&r);
    r.credits = false;
    start(&r, "any");
    int client = come_in(&r);
    for (int i = 0; i < NET_WINDOW_LINES + 1; i++) {
        say(client, "PING x");
    }
    for (int i = 0; i < NET_WINDOW_LINES; i++) {
        rig_expect(&r, "line 0 whole PING x");
    }
    rig_expect_silence(&r, 20);
    net_credit(r.net, r.handles[0], 1);
    net_publish(r.net);
    rig_expect(&r, "line 0 whole PING x");
    finish(&r, client);
}

static void long_line(char line[LINE_BYTES + 1], unsigned number)
{
    snprintf(line, LINE_BYTES + 1, ":x PRIVMSG #a :%0*u\r\n", LINE_BYTES - 17, number);
}

// Reads frames of long_line() from number `from` on, until something else comes; returns the number
// that comes next, and what came instead.
static unsigned read_long(int client, unsigned from, char instead[LINE_BYTES])
{
    for (;;) {
        char line[LINE_BYTES + 1];
        char header[4];
        read_bytes(client, header, 2);
        size_t len = (unsigned char)header[1];
        if (len == 126) {
            read_bytes(client, header + 2, 2);
            len = (size_t)(unsigned char)header[2] << 8 | (unsigned char)header[3];
        }
        check((unsigned char)header[0] == (FRAME_FIN | FRAME_TEXT) && len < LINE_BYTES);
        read_bytes(client, instead, len);
        instead[len] = '\0';
        long_line(line, from);
        line[LINE_BYTES - 2] = '\0';
        if (strcmp(instead, line) != 0) {
            return from;
        }
        from++;
    }
}

static void a_slow_reader_gets_whole_messages_up_to_the_gap(void)
{
    struct rig r;
    char line[LINE_BYTES + 1];
    unsigned missed = 0;
    rig_init(&r);
    r.config.limits.backlog_bytes = 50 * LINE_BYTES;
    r.config.limits.send_buffer_bytes = 4096;
    start(&r, "any");
    int client = come_in(&r);
    net_subscribe(r.net, r.handles[0], FEED, 0, 1);
    for (unsigned i = 0; missed == 0; i++) {
        check(i < FULL);
        long_line(line, i);
        rig_append(&r, FEED, line, 0, i);
        net_publish(r.net);
        rig_sync(&r);
        sscanf(r.told.at + r.read, "lagged 0 3 %u", &missed);
    }
    snprintf(line, sizeof line, "lagged 0 3 %u", missed);
    rig_expect(&r, line);
    rig_reply(&r, 0, "after the gap\r\n");
    char instead[LINE_BYTES];
    check_number(read_long(client, 0, instead), missed);
    check_text(text_of(instead), "after the gap");
    rig_expect(&r, "drained 0");
    finish(&r, client);
}

static void too_many_replies_unread_end_it(void)
{
    struct rig r;
    char line[LINE_BYTES + 1];
    rig_init(&r);
    r.config.limits.reply_bytes = 20 * LINE_BYTES;
    r.config.limits.send_buffer_bytes = 4096;
    start(&r, "any");
    int client = come_in(&r);
    unsigned sent = 0;
    while (rig_take(&r), r.told.len == r.read) {
        check(sent < FULL);
        long_line(line, sent++);
        rig_reply(&r, 0, line);
    }
    rig_expect(&r, "ended 0 slow");
    char instead[LINE_BYTES];
    check(read_long(client, 0, instead) < sent);
    check_text(text_of(instead), "bye irc slow");
    expect_close(client, TEXT("\x03\xf0More waits to be read than the server keeps for one "
                              "connection."));
    finish(&r, client);
}

// While nothing can be sent, all that is kept of them is the last one.
static void a50_a_flood_of_pings_costs_nothing(void)
{
    struct rig r;
    struct buf pings;
    rig_init(&r);
    r.config.limits.send_buffer_bytes = 4096;
    r.config.limits.reply_bytes = 64 << 20;
    r.config.limits.opening_bytes = 64 << 20;
    start(&r, "any");
    int client = come_in(&r);
    buf_init(&pings, 1 << 20);
    while (pings.len < 60000) {
        frame_add(&pings, FRAME_FIN | FRAME_PING, TEXT("flood"));
    }
    char line[LINE_BYTES + 1];
    for (unsigned i = 0; i < 8000; i++) { // more than any buffer of the kernel takes
        long_line(line, i);
        rig_reply(&r, 0, line);
    }
    client_send_bytes(client, buf_text(&pings));
    rig_sync(&r);
    size_t before = rig_memory();
    for (int i = 0; i < 50; i++) {
        client_send_bytes(client, buf_text(&pings));
    }
    rig_sync(&r);
    check(rig_memory() < before + 50 * pings.len / 10);
    say(client, "NICK ann");
    rig_expect(&r, "line 0 whole NICK ann");
    buf_finish(&pings);
    finish(&r, client);
}

static struct tls_client *tls_connect(struct rig *r, const char *alpn, int *client)
{
    struct buf why;
    rig_init(r);
    buf_init(&why, 4096);
    struct certificate *own = certificate_make("hobnob");
    check(own != NULL);
    r->config.tls = tls_context_create(own, &why);
    check(r->config.tls != NULL);
    certificate_destroy(own);
    start(r, "any");
    *client = rig_connect(r);
    struct tls_client *tls = tls_client_connect(*client, &(struct tls_client_wish){.alpn = alpn});
    check(tls != NULL);
    check_text(tls_client_alpn(tls), alpn);
    tls_client_send(tls, TEXT(HEAD "\r\n"));
    rig_expect(r, "opened 0 irc");
    return tls;
}

static void tls_finish(struct rig *r, struct tls_client *tls, int client)
{
    struct tls_context *context = r->config.tls;
    tls_client_destroy(tls);
    finish(r, client);
    tls_context_unref(context);
}

static void tls_and_websocket_stand_one_in_the_other(void)
{
    enum { LINES = 100 }; // more than one record has room for
    char line[LINE_BYTES + 1];
    struct rig r;
    struct buf out;
    int client;
    buf_init(&out, 1 << 20);
    struct tls_client *tls = tls_connect(&r, "http/1.1", &client);
    check(r.peer.secure);
    tls_client_expect(tls, ANSWER);
    frame_add(&out, FRAME_FIN | FRAME_TEXT, TEXT("NICK ann"));
    frame_add(&out, FRAME_FIN | FRAME_PING, TEXT("?"));
    tls_client_send(tls, buf_text(&out));
    rig_expect(&r, "line 0 whole NICK ann");
    tls_client_expect(tls, "\x8a\x01?");
    buf_reset(&out);
    for (unsigned i = 0; i < LINES; i++) {
        long_line(line, i);
        buf_add(&out, text_of(line));
    }
    net_reply(r.net, r.handles[0], buf_text(&out));
    rig_close(&r, 0);
    for (unsigned i = 0; i < LINES; i++) {
        long_line(line, i);
        line[LINE_BYTES - 2] = '\0';
        tls_client_expect(tls, "\x81\x7e\x03\xe6");
        tls_client_expect(tls, line);
    }
    tls_client_expect(tls, "\x88\x0a\x03\xe8Goodbye.");
    check(tls_client_ends(tls));
    tls_finish(&r, tls, client);
    buf_finish(&out);
}

// What ALPN has bound to IRC is no browser.
static void a54_alpn_irc_leads_to_no_websocket(void)
{
    struct rig r;
    int client;
    struct tls_client *tls = tls_connect(&r, "irc", &client);
    rig_expect(&r, "line 0 whole GET /irc HTTP/1.1");
    tls_finish(&r, tls, client);
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
    TEST(a_slow_reader_gets_whole_messages_up_to_the_gap);
    TEST(too_many_replies_unread_end_it);
    TEST(a50_a_flood_of_pings_costs_nothing);
    TEST(tls_and_websocket_stand_one_in_the_other);
    TEST(a54_alpn_irc_leads_to_no_websocket);
    return test_end();
}
