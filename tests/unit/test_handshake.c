#include "net/handshake.h"
#include "support/test.h"

#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define HOST "Host: chat.example.org:5000\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define WHOLE HOST UPGRADE KEY VERSION

static struct buf out;
static bool binary;

static enum close_reason answer_to(const char *line, const char *headers, const char *origins)
{
    struct http_head head;
    struct buf request;
    buf_init(&request, 4096);
    buf_finish(&out);
    buf_init(&out, 4096);
    buf_printf(&request, "%s\r\n%s\r\n", line, headers);
    struct text rest = buf_text(&request);
    check_number(http_head_parse(&rest, &head), HTTP_OK);
    enum close_reason reason = handshake_answer(&head, origins, &binary, &out);
    check((out.len > 0) == (reason == CLOSE_REASON_COUNT));
    buf_finish(&request);
    return reason;
}

static enum close_reason answer(const char *headers)
{
    return answer_to("GET /any/path?x HTTP/1.1", headers, NULL);
}

// The key and its answer are those of RFC 6455, 1.3.
static void a_handshake_is_answered(void)
{
    check_number(answer(WHOLE), CLOSE_REASON_COUNT);
    check_text(buf_text(&out), "HTTP/1.1 101 Switching Protocols\r\n"
                               "Upgrade: websocket\r\n"
                               "Connection: Upgrade\r\n"
                               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                               "\r\n");
    check(!binary);
    check_number(answer(HOST KEY VERSION "upgrade: h2c, WebSocket\r\nConnection: keep-alive\r\n"
                                         "connection: foo, upgrade\r\n"),
                 CLOSE_REASON_COUNT);
    buf_finish(&out);
}

static void the_first_protocol_that_is_known_is_spoken(void)
{
    static const struct {
        const char *offered;
        const char *chosen; // NULL: none
        bool binary;
    } rows[] = {
        {"text.ircv3.net", "text.ircv3.net", false},
        {"binary.ircv3.net", "binary.ircv3.net", true},
        {"text.ircv3.net, binary.ircv3.net", "text.ircv3.net", false},
        {"binary.ircv3.net,text.ircv3.net", "binary.ircv3.net", true},
        {"mqtt\r\nSec-WebSocket-Protocol: binary.ircv3.net", "binary.ircv3.net", true},
        {"mqtt, TEXT.ircv3.net", NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char headers[512];
        snprintf(headers, sizeof headers, WHOLE "Sec-WebSocket-Protocol: %s\r\n", rows[i].offered);
        check_number(answer(headers), CLOSE_REASON_COUNT);
        check(binary == rows[i].binary);
        char expected[128];
        snprintf(expected, sizeof expected, "\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
                 rows[i].chosen ? rows[i].chosen : "");
        buf_add_char(&out, '\0');
        check((strstr(out.at, expected) != NULL) == (rows[i].chosen != NULL));
        check((strstr(out.at, "Protocol:") != NULL) == (rows[i].chosen != NULL));
    }
    buf_finish(&out);
}

static void what_asks_for_no_websocket_is_another_request(void)
{
    check_number(answer(HOST), CLOSE_UNSUPPORTED);
    check_number(answer(HOST KEY VERSION), CLOSE_UNSUPPORTED);
    check_number(answer(HOST "Upgrade: h2c\r\nConnection: Upgrade\r\n"), CLOSE_UNSUPPORTED);
    check_number(answer_to("POST / HTTP/1.1", HOST "Content-Length: 9\r\n", NULL),
                 CLOSE_UNSUPPORTED);
    check_number(answer_to("GET / HTTP/1.0", "", NULL), CLOSE_UNSUPPORTED);
}

static void a52_a_handshake_that_is_none_is_refused(void)
{
    check_number(answer_to("POST / HTTP/1.1", WHOLE, NULL), CLOSE_HTTP_BAD);
    check_number(answer_to("GET / HTTP/1.0", WHOLE, NULL), CLOSE_HTTP_BAD);
    check_number(answer(WHOLE "Content-Length: 3\r\n"), CLOSE_HTTP_BAD);
    check_number(answer(WHOLE "Transfer-Encoding: chunked\r\n"), CLOSE_HTTP_BAD);
    check_number(answer(HOST "Upgrade: websocket\r\n" KEY VERSION), CLOSE_HTTP_BAD);
    check_number(answer(HOST "Upgrade: websocket\r\nConnection: close\r\n" KEY VERSION),
                 CLOSE_HTTP_BAD);
    check_number(answer(HOST UPGRADE VERSION), CLOSE_HTTP_BAD);
    check_number(answer(WHOLE KEY), CLOSE_HTTP_BAD);
    static const char *const keys[] = {"",
                                       "dGhlIHNhbXBsZSBub25jZQ",
                                       "dGhlIHNhbXBsZSBub25j",
                                       "dGhlIHNhbXBsZSBub25jZQ==x",
                                       "dGhlIHNhbXBsZSBub25jZWU=",
                                       "dGhlIHNhbXBsZSBub2!jZQ==",
                                       "========================"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char headers[512];
        snprintf(headers, sizeof headers, HOST UPGRADE VERSION "Sec-WebSocket-Key: %s\r\n",
                 keys[i]);
        check_number(answer(headers), CLOSE_HTTP_BAD);
    }
}

static void other_versions_are_told_which_is_spoken(void)
{
    check_number(answer(HOST UPGRADE KEY), CLOSE_WEBSOCKET_VERSION);
    check_number(answer(HOST UPGRADE KEY "Sec-WebSocket-Version: 8\r\n"), CLOSE_WEBSOCKET_VERSION);
    check_number(answer(HOST UPGRADE KEY "Sec-WebSocket-Version: 13, 8\r\n"),
                 CLOSE_WEBSOCKET_VERSION);
    check_number(answer(WHOLE VERSION), CLOSE_WEBSOCKET_VERSION);
}

static enum close_reason answer_page(const char *origin, const char *origins)
{
    char headers[512];
    snprintf(headers, sizeof headers, WHOLE "Origin: %s\r\n", origin);
    enum close_reason reason = answer_to("GET / HTTP/1.1", headers, origins);
    buf_finish(&out);
    return reason;
}

static void pages_of_the_same_host_and_port_come_in(void)
{
    check_number(answer_page("http://chat.example.org:5000", NULL), CLOSE_REASON_COUNT);
    check_number(answer_page("https://Chat.Example.org:5000", NULL), CLOSE_REASON_COUNT);
}

static void a53_other_pages_do_not(void)
{
    static const char *const others[] = {
        "null",
        "http://chat.example.org",
        "http://chat.example.org:5001",
        "http://chat.example.org:50000",
        "http://chat.example.org.evil.example:5000",
        "http://evilchat.example.org:5000",
        "http://chat.example.org:5000.evil.example",
        "http://chat.example.org:5000@evil.example",
        "http://evil.example/chat.example.org:5000",
        "http://evil.example#chat.example.org:5000",
        "http://chat.example.org:5000/",
        "http://chat.example.org:5000 http://evil.example",
        "http://evil.example, http://chat.example.org:5000",
        "ftp://chat.example.org:5000",
        "chat.example.org:5000",
        "http:/chat.example.org:5000",
        "http://",
        "",
        "*",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        check_number(answer_page(others[i], NULL), CLOSE_ORIGIN);
        check_number(answer_page(others[i], "https://web.example.org"), CLOSE_ORIGIN);
    }
    check_number(answer(WHOLE "Origin: http://chat.example.org:5000\r\nOrigin: http://x\r\n"),
                 CLOSE_ORIGIN);
}

static void a53_pages_that_are_listed_come_in(void)
{
    static const char list[] = "http://one.example https://web.example.org:8443";
    check_number(answer_page("https://web.example.org:8443", list), CLOSE_REASON_COUNT);
    check_number(answer_page("http://one.example", list), CLOSE_REASON_COUNT);
    check_number(answer_page("https://one.example", list), CLOSE_ORIGIN);
    check_number(answer_page("http://one.example:8443", list), CLOSE_ORIGIN);
    check_number(answer_page("http://one.exampl", list), CLOSE_ORIGIN);
    check_number(answer_page("http://one.example https://web.example.org:8443", list),
                 CLOSE_ORIGIN);
    check_number(answer_page("http://anything.example", "http://one.example *"),
                 CLOSE_REASON_COUNT);
    check_number(answer_page("null", "*"), CLOSE_REASON_COUNT);
}

static void a53_what_may_be_listed_is_an_origin(void)
{
    static const char *const good[] = {"http://x", "https://web.example.org:8443",
                                       "http://[::1]:80", "capacitor://localhost"};
    static const char *const bad[] = {
        "",           "null",       "web.example.org", "http://",     "http:/x", "http://x/",
        "http://a@x", "http://x?y", "http://x y",      "https://*.x", "://x",    "http://x,y"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        check(handshake_is_origin(text_of(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check(!handshake_is_origin(text_of(bad[i])));
    }
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_handshake_is_answered);
    TEST(the_first_protocol_that_is_known_is_spoken);
    TEST(what_asks_for_no_websocket_is_another_request);
    TEST(a52_a_handshake_that_is_none_is_refused);
    TEST(other_versions_are_told_which_is_spoken);
    TEST(pages_of_the_same_host_and_port_come_in);
    TEST(a53_other_pages_do_not);
    TEST(a53_pages_that_are_listed_come_in);
    TEST(a53_what_may_be_listed_is_an_origin);
    return test_end();
}
