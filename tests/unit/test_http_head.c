#include "base/buf.h"
#include "support/test.h"
#include "wire/http_head.h"

static struct http_head head;

#define HOST "Host: x\r\n"

// Every shorter input asks for more; the whole, with more behind it, gives the head.
static void check_ok(struct text bytes)
{
    struct buf more;
    buf_init(&more, 1 << 20);
    buf_add(&more, bytes);
    buf_add(&more, TEXT("\x81\x80"));
    for (size_t len = 0; len < bytes.len; len++) {
        struct text input = text_head(bytes, len);
        check_number(http_head_parse(&input, &head), HTTP_MORE);
        check_number(input.len, len);
    }
    struct text input = buf_text(&more);
    check_number(http_head_parse(&input, &head), HTTP_OK);
    check_text(input, "\x81\x80");
    buf_finish(&more);
    input = bytes; // what the caller looks at stays there
    check_number(http_head_parse(&input, &head), HTTP_OK);
    check_number(input.len, 0);
}

// It is bad at once, or from some byte on, and stays so.
static void check_refused(struct text bytes, enum http_parsed as)
{
    enum http_parsed last = HTTP_MORE;
    for (size_t len = 0; len <= bytes.len; len++) {
        struct text input = text_head(bytes, len);
        enum http_parsed parsed = http_head_parse(&input, &head);
        check(parsed == as || (parsed == HTTP_MORE && last == HTTP_MORE));
        check_number(input.len, len);
        last = parsed;
    }
    check_number(last, as);
}

static void a_browsers_handshake_is_read(void)
{
    check_ok(TEXT("GET /chat?a=b HTTP/1.1\r\n"
                  "Host: chat.example.org:5000\r\n"
                  "Connection: keep-alive, Upgrade\r\n"
                  "Upgrade:websocket\r\n"
                  "Sec-WebSocket-Protocol: text.ircv3.net,,\t binary.ircv3.net\r\n"
                  "X-Empty:\r\n"
                  "X-Name: \xc3\xa4 \r\n"
                  "sec-websocket-protocol: more\r\n"
                  "\r\n"));
    check_text(head.method, "GET");
    check_text(head.target, "/chat?a=b");
    check_text(head.host, "chat.example.org:5000");
    check(!head.old && !head.has_body);
    check_number(head.count, 7);
    check_text(http_head_only(&head, TEXT("upgrade"))->value, "websocket");
    check_text(http_head_only(&head, TEXT("X-EMPTY"))->value, "");
    check_text(http_head_only(&head, TEXT("x-name"))->value, "\xc3\xa4");
    check(http_head_only(&head, TEXT("x-other")) == NULL);
}

static void lists_may_stand_in_several_headers(void)
{
    static const struct text name = TEXT_INIT("Sec-WebSocket-Protocol");
    struct http_list list = {0};
    struct text member;
    check_ok(TEXT("GET / HTTP/1.1\r\n" HOST "Sec-WebSocket-Protocol: a,, \t b ,\r\n"
                  "Other: x\r\nsec-websocket-protocol: c\r\n\r\n"));
    static const char *const members[] = {"a", "b", "c"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        check(http_list_next(&head, name, &list, &member));
        check_text(member, members[i]);
    }
    check(!http_list_next(&head, name, &list, &member));
    check_number(http_head_count(&head, name), 2);
    check(http_head_only(&head, name) == NULL);
    check(http_list_has(&head, name, TEXT("C")) && !http_list_has(&head, name, TEXT("a,")));
}

static void other_requests_are_read_too(void)
{
    check_ok(TEXT("OPTIONS * HTTP/1.1\r\nHost: [2001:db8::1]:5000\r\n\r\n"));
    check_text(head.host, "[2001:db8::1]:5000");
    check_ok(TEXT("POST /x HTTP/1.1\r\n" HOST "Content-Length: 12\r\n\r\n"));
    check(head.has_body);
    check_ok(TEXT("POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"));
    check(head.has_body);
    check_ok(TEXT("POST /x HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"));
    check(!head.has_body);
    check_ok(TEXT("GET / HTTP/1.0\r\n\r\n"));
    check(head.old);
}

static void a52_line_ends_are_cr_lf(void)
{
    check_refused(TEXT("GET / HTTP/1.1\nHost: x\r\n\r\n"), HTTP_BAD);
    check_refused(TEXT("GET / HTTP/1.1\r\nHost: x\n\r\n"), HTTP_BAD);
    check_refused(TEXT("GET / HTTP/1.1\r\nHost: x\r\n\n"), HTTP_BAD);
    check_refused(TEXT("GET / HTTP/1.1\r\r\nHost: x\r\n\r\n"), HTTP_BAD);
    check_refused(TEXT("GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n"), HTTP_BAD);
    check_refused(TEXT("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"), HTTP_BAD);
    check_refused(TEXT("\n"), HTTP_BAD);
}

static void a52_the_first_line_is_strict(void)
{
    static const struct text lines[] = {
        TEXT_INIT("GET /old\r\n"),           TEXT_INIT("GET  / HTTP/1.1\r\n"),
        TEXT_INIT("GET /  HTTP/1.1\r\n"),    TEXT_INIT("GET / HTTP/1.1 \r\n"),
        TEXT_INIT(" GET / HTTP/1.1\r\n"),    TEXT_INIT("GET\t/ HTTP/1.1\r\n"),
        TEXT_INIT("G\0T / HTTP/1.1\r\n"),    TEXT_INIT("G(T / HTTP/1.1\r\n"),
        TEXT_INIT("GET /\x01 HTTP/1.1\r\n"), TEXT_INIT("GET /\xc3\xa4 HTTP/1.1\r\n"),
        TEXT_INIT("GET / http/1.1\r\n"),     TEXT_INIT("GET / HTTP/1.10\r\n"),
        TEXT_INIT("GET / HTTP/11\r\n"),      TEXT_INIT("GET / HTTP/x.1\r\n"),
        TEXT_INIT("/ HTTP/1.1\r\n"),
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        check_refused(lines[i], HTTP_BAD);
    }
    check_refused(TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), HTTP_VERSION);
    check_refused(TEXT("GET / HTTP/0.9\r\n"), HTTP_VERSION);
}

static void a52_headers_are_strict(void)
{
    static const struct text lines[] = {
        TEXT_INIT("Folded: a\r\n b\r\n"), TEXT_INIT(" Folded: a\r\n"),   TEXT_INIT("\tX: a\r\n"),
        TEXT_INIT("X : a\r\n"),           TEXT_INIT(": a\r\n"),          TEXT_INIT("X\r\n"),
        TEXT_INIT("X: a\0b\r\n"),         TEXT_INIT("X: a\x01\r\n"),     TEXT_INIT("X: a\x7f\r\n"),
        TEXT_INIT("X: \xff\xfd\x06\r\n"), TEXT_INIT("X\xc3\xa4: a\r\n"),
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct buf bytes;
        buf_init(&bytes, 1024);
        buf_add(&bytes, TEXT("GET / HTTP/1.1\r\n" HOST));
        buf_add(&bytes, lines[i]);
        buf_add(&bytes, TEXT("\r\n"));
        check_refused(buf_text(&bytes), HTTP_BAD);
        buf_finish(&bytes);
    }
}

static void a52_there_is_one_host_and_one_length(void)
{
    static const struct text headers[] = {
        TEXT_INIT("\r\n"),
        TEXT_INIT("Host: x\r\nhost: x\r\n\r\n"),
        TEXT_INIT("Host: x\r\nHOST: y\r\n\r\n"),
        TEXT_INIT("Host:\r\n\r\n"),
        TEXT_INIT("Host: ann@x\r\n\r\n"),
        TEXT_INIT("Host: x/\r\n\r\n"),
        TEXT_INIT("Host: x, y\r\n\r\n"),
        TEXT_INIT(HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"),
        TEXT_INIT(HOST "Content-Length: 1, 1\r\n\r\n"),
        TEXT_INIT(HOST "Content-Length: -1\r\n\r\n"),
        TEXT_INIT(HOST "Content-Length: +1\r\n\r\n"),
        TEXT_INIT(HOST "Content-Length: 0x1\r\n\r\n"),
        TEXT_INIT(HOST "Content-Length:\r\n\r\n"),
        TEXT_INIT(HOST "Content-Length: 99999999999999999999\r\n\r\n"),
        TEXT_INIT(HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct buf bytes;
        buf_init(&bytes, 1024);
        buf_add(&bytes, TEXT("POST / HTTP/1.1\r\n"));
        buf_add(&bytes, headers[i]);
        check_refused(buf_text(&bytes), HTTP_BAD);
        buf_finish(&bytes);
    }
    check_refused(TEXT("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP_BAD);
}

static void a52_a_head_has_64_headers(void)
{
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    buf_add(&bytes, TEXT("GET / HTTP/1.1\r\n" HOST));
    for (int i = 1; i < HTTP_HEADERS; i++) {
        buf_printf(&bytes, "X-%d: %d\r\n", i, i);
    }
    size_t full = bytes.len;
    buf_add(&bytes, TEXT("\r\n"));
    check_ok(buf_text(&bytes));
    check_number(head.count, HTTP_HEADERS);
    buf_cut(&bytes, full);
    buf_add(&bytes, TEXT("X-64: a\r\n"));
    check_refused(buf_text(&bytes), HTTP_TOO_LONG);
    buf_finish(&bytes);
}

// With and without line ends in what there is too much of.
static void a52_a_head_has_16_kib(void)
{
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    buf_add(&bytes, TEXT("GET / HTTP/1.1\r\n" HOST "X: "));
    while (bytes.len < HTTP_HEAD_BYTES - 4) {
        buf_add_char(&bytes, 'x');
    }
    buf_add(&bytes, TEXT("\r\n\r\n"));
    struct text input = buf_text(&bytes);
    check_number(http_head_parse(&input, &head), HTTP_OK);
    check_number(input.len, 0);
    buf_cut(&bytes, HTTP_HEAD_BYTES - 4);
    buf_add(&bytes, TEXT("xxxxx"));
    input = text_head(buf_text(&bytes), HTTP_HEAD_BYTES);
    check_number(http_head_parse(&input, &head), HTTP_MORE);
    input = buf_text(&bytes);
    check_number(http_head_parse(&input, &head), HTTP_TOO_LONG);
    check_number(input.len, bytes.len);
    buf_finish(&bytes);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_browsers_handshake_is_read);
    TEST(lists_may_stand_in_several_headers);
    TEST(other_requests_are_read_too);
    TEST(a52_line_ends_are_cr_lf);
    TEST(a52_the_first_line_is_strict);
    TEST(a52_headers_are_strict);
    TEST(a52_there_is_one_host_and_one_length);
    TEST(a52_a_head_has_64_headers);
    TEST(a52_a_head_has_16_kib);
    return test_end();
}
