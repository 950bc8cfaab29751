#include "net/handshake.h"

#include "base/must.h"
#include "wire/base64.h"

#include <openssl/evp.h>

enum { KEY_BYTES = 16, KEY_ENCODED = 24 };

static const struct text protocols_name = TEXT_INIT("Sec-WebSocket-Protocol");

static bool asks_for_websocket(const struct http_head *head)
{
    return http_list_has(head, TEXT("Upgrade"), TEXT("websocket"));
}

static bool is_key(struct text key)
{
    struct buf bytes;
    buf_init(&bytes, KEY_ENCODED);
    bool valid = key.len == KEY_ENCODED && base64_decode(key, &bytes) && bytes.len == KEY_BYTES;
    buf_finish(&bytes);
    return valid;
}

static bool is_formed(const struct http_head *head)
{
    const struct http_header *key = http_head_only(head, TEXT("Sec-WebSocket-Key"));
    return text_equal(head->method, TEXT("GET")) && !head->old && !head->has_body &&
           http_list_has(head, TEXT("Connection"), TEXT("Upgrade")) && key && is_key(key->value);
}

bool handshake_is_origin(struct text origin)
{
    size_t colon = text_find(origin, ':');
    struct text rest = text_skip(origin, colon);
    bool good = colon > 0 && text_starts(rest, TEXT("://")) && rest.len > 3;
    for (const char *bad = " \t,/@?#*"; *bad && good; bad++) {
        good = text_find(text_skip(rest, 3), *bad) == rest.len - 3 &&
               text_find(text_head(origin, colon), *bad) == colon;
    }
    return good;
}

static bool is_listed(const char *origins, struct text origin)
{
    struct text rest = text_of(origins);
    struct text one = text_word(&rest);
    while (one.len && !text_equal(one, TEXT("*")) && !text_equal_nocase(one, origin)) {
        one = text_word(&rest);
    }
    return one.len > 0;
}

// A browser leaves out the standard port in both.
static bool is_same(struct text origin, struct text host)
{
    bool web = text_starts(origin, TEXT("http://")) || text_starts(origin, TEXT("https://"));
    return web && text_equal_nocase(text_skip(origin, text_find(origin, ':') + 3), host);
}

static bool may_come(const struct http_head *head, const char *origins)
{
    static const struct text name = TEXT_INIT("Origin");
    const struct http_header *origin = http_head_only(head, name);
    if (!origin) {
        return http_head_count(head, name) == 0;
    }
    return is_same(origin->value, head->host) || is_listed(origins, origin->value);
}

// The first that the peer names of those that we know; empty if there is none.
static struct text choose_protocol(const struct http_head *head)
{
    struct http_list list = {0};
    struct text one;
    while (http_list_next(head, protocols_name, &list, &one)) {
        if (text_equal(one, TEXT("text.ircv3.net")) || text_equal(one, TEXT("binary.ircv3.net"))) {
            return one;
        }
    }
    return TEXT("");
}

// RFC 6455, 4.2.2: which shows that it was understood, and is no secret.
static void add_accept(struct text key, struct buf *out)
{
    static const struct text rest = TEXT_INIT("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    char both[KEY_ENCODED + 36];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    must(key.len + rest.len == sizeof both);
    memcpy(both, key.at, key.len);
    memcpy(both + key.len, rest.at, rest.len);
    must(EVP_Digest(both, sizeof both, digest, &len, EVP_sha1(), NULL) == 1);
    base64_encode(digest, len, out);
}

static void add_answer(const struct http_head *head, bool *binary, struct buf *out)
{
    struct text protocol = choose_protocol(head);
    *binary = text_equal(protocol, TEXT("binary.ircv3.net"));
    buf_add(out, TEXT("HTTP/1.1 101 Switching Protocols\r\n"
                      "Upgrade: websocket\r\n"
                      "Connection: Upgrade\r\n"
                      "Sec-WebSocket-Accept: "));
    add_accept(http_head_only(head, TEXT("Sec-WebSocket-Key"))->value, out);
    if (protocol.len) {
        buf_printf(out, "\r\nSec-WebSocket-Protocol: %.*s", TEXT_ARG(protocol));
    }
    buf_add(out, TEXT("\r\n\r\n"));
}

enum close_reason handshake_answer(const struct http_head *head, const char *origins, bool *binary,
                                   struct buf *out)
{
    const struct http_header *version = http_head_only(head, TEXT("Sec-WebSocket-Version"));
    if (!asks_for_websocket(head)) {
        return CLOSE_UNSUPPORTED;
    }
    if (!is_formed(head)) {
        return CLOSE_HTTP_BAD;
    }
    if (!version || !text_equal(version->value, TEXT("13"))) {
        return CLOSE_WEBSOCKET_VERSION;
    }
    if (!may_come(head, origins)) {
        return CLOSE_ORIGIN;
    }
    add_answer(head, binary, out);
    return CLOSE_REASON_COUNT;
}
