#include "server/farewell.h"

#include "protocol/irc.h"
#include "protocol/plain.h"

static void plain_write(enum close_reason reason, struct buf *out)
{
    if (reason == CLOSE_UNSUPPORTED) {
        buf_add(out, TEXT("[SYSTEM] This server asks for a password, which cannot be given here. "
                          "Join it on its other port, where one gives a name first.\n"));
        return;
    }
    plain_farewell(reason, out);
}

// RFC 9110, 15; RFC 6455, 4.4. Other reasons are of the server: 503.
static const struct {
    const char *status;
    const char *headers;
} http_answers[CLOSE_REASON_COUNT] = {
    [CLOSE_UNDECIDED] = {"408 Request Timeout", ""},
    [CLOSE_NO_NAME] = {"408 Request Timeout", ""},
    [CLOSE_OPENING_TOO_LONG] = {"431 Request Header Fields Too Large", ""},
    [CLOSE_TOO_MANY] = {"429 Too Many Requests", ""},
    [CLOSE_TOO_FAST] = {"429 Too Many Requests", ""},
    [CLOSE_NO_TLS] = {"400 Bad Request", ""},
    [CLOSE_HTTP_BAD] = {"400 Bad Request", ""},
    [CLOSE_HTTP_VERSION] = {"505 HTTP Version Not Supported", ""},
    [CLOSE_WEBSOCKET_VERSION] = {"426 Upgrade Required",
                                 "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"},
    [CLOSE_ORIGIN] = {"403 Forbidden", ""},
};

static struct text http_sentence(enum close_reason reason)
{
    switch (reason) {
    case CLOSE_UNSUPPORTED:
        return TEXT("This server has no web page yet. Use nc, an IRC client or hobnob on this "
                    "port, or an IRC client in the web over WebSocket.");
    case CLOSE_UNDECIDED:
    case CLOSE_NO_NAME:
        return TEXT("No whole request came in time.");
    case CLOSE_OPENING_TOO_LONG:
        return TEXT("The head of a request has at most 16 KiB and 64 headers.");
    default:
        return close_reason_sentence(reason);
    }
}

static void http_write(enum close_reason reason, struct buf *out)
{
    struct text sentence = http_sentence(reason);
    const char *status = http_answers[reason].status;
    const char *headers = http_answers[reason].headers;
    bool upgrade = reason == CLOSE_WEBSOCKET_VERSION;
    buf_printf(out,
               "HTTP/1.1 %s\r\n"
               "%s"
               "Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Length: %zu\r\n"
               "Content-Security-Policy: default-src 'none'\r\n"
               "X-Content-Type-Options: nosniff\r\n"
               "Connection: %s\r\n"
               "\r\n"
               "%.*s\n",
               status ? status : "503 Service Unavailable", headers ? headers : "",
               sentence.len + 1, upgrade ? "Upgrade, close" : "close", TEXT_ARG(sentence));
}

// RFC 8446, 5.1 and 6.2: an alert record, fatal, handshake_failure.
static void tls_write(enum close_reason reason, struct buf *out)
{
    (void)reason;
    buf_add(out, TEXT("\x15\x03\x03\x00\x02\x02\x28"));
}

static void (*const by_protocol[])(enum close_reason, struct buf *) = {
    [WIRE_UNDECIDED] = plain_write, [WIRE_PLAIN] = plain_write, [WIRE_RELAY] = plain_write,
    [WIRE_IRC] = irc_farewell,      [WIRE_HTTP] = http_write,   [WIRE_TLS] = tls_write,
    [WIRE_CONTROL] = NULL,          [WIRE_OTHER] = NULL,
};

void farewell_write(enum wire_protocol protocol, enum close_reason reason, struct buf *out)
{
    if (by_protocol[protocol]) {
        by_protocol[protocol](reason, out);
    }
}
