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

static void http_write(enum close_reason reason, struct buf *out)
{
    struct text sentence = close_reason_sentence(reason);
    if (reason == CLOSE_UNSUPPORTED) {
        sentence =
            TEXT("This server has no web page yet. Use nc, an IRC client or hobnob on this port.");
    }
    buf_printf(out,
               "HTTP/1.1 503 Service Unavailable\r\n"
               "Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Length: %zu\r\n"
               "Content-Security-Policy: default-src 'none'\r\n"
               "X-Content-Type-Options: nosniff\r\n"
               "Connection: close\r\n"
               "\r\n"
               "%.*s\n",
               sentence.len + 1, TEXT_ARG(sentence));
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
