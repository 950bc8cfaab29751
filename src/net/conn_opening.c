#include "base/must.h"
#include "net/certificate.h"
#include "net/conn.h"
#include "net/io_thread.h"
#include "net/net_state.h"
#include "net/tls.h"
#include "net/trust.h"
#include "wire/irc_message.h"
#include "wire/proxy.h"

void conn_welcome(struct conn *c)
{
    struct event event = {.kind = EVENT_ACCEPTED, .detail = CLOSE_REASON_COUNT};
    event.bytes = batch_add_bytes(c->thread->told, &c->peer, sizeof c->peer);
    conn_tell(c, &event);
    if (c->protocol != WIRE_UNDECIDED && !c->is.tls_due) {
        conn_follow_protocol(c, (enum wire_protocol)c->protocol);
    }
}

// The peer's certificate stands behind the peer.
static void conn_tell_opened(struct conn *c)
{
    char bytes[sizeof c->peer + CERTIFICATE_HEX] = {0};
    size_t len = sizeof c->peer;
    const char *certificate = c->tls ? tls_peer_certificate(c->tls) : NULL;
    memcpy(bytes, &c->peer, sizeof c->peer);
    if (certificate) {
        memcpy(bytes + len, certificate, CERTIFICATE_HEX);
        len = sizeof bytes;
    }
    struct event event = {.kind = EVENT_OPENED, .detail = c->protocol};
    event.bytes = batch_add_bytes(c->thread->told, bytes, len);
    conn_tell(c, &event);
}

void conn_open(struct conn *c, enum wire_protocol protocol)
{
    c->protocol = (uint8_t)protocol;
    c->state = CONN_OPEN;
    if (protocol == WIRE_IRC) {
        // A line of IRC has tags in front, with a limit of their own (IRCv3 message-tags).
        c->input.framer.max_line = IRC_LINE_BYTES;
        c->input.framer.skip_telnet = false;
    }
    c->input.more = true;
    conn_tell_opened(c);
}

void conn_follow_protocol(struct conn *c, enum wire_protocol protocol)
{
    uint32_t served = c->thread->settings->config.served;
    if (protocol == WIRE_OTHER) {
        conn_close(c, CLOSE_NOT_CHAT);
    } else if (protocol == WIRE_HTTP && served & 1u << WIRE_IRC) {
        conn_http_begin(c); // and it may become a WebSocket, within which is IRC
    } else if (!(served & 1u << protocol)) {
        c->protocol = (uint8_t)protocol;
        conn_close(c, CLOSE_UNSUPPORTED);
    } else {
        conn_open(c, protocol);
    }
}

// The address that a PROXY header named.
static void conn_rename_peer(struct conn *c, const struct proxy_header *header)
{
    struct peer *peer = &c->peer;
    const struct net_config *config = &c->thread->settings->config;
    if (header->local) {
        conn_welcome(c);
        return;
    }
    memcpy(peer->address, header->address, sizeof peer->address);
    peer->port = header->port;
    peer->loopback = address_is_loopback(peer->address);
    peer->unlimited = net_trust_has(config->unlimited, peer->address);
    enum close_reason reason = CLOSE_REASON_COUNT;
    if (!peer->loopback && !peer->unlimited) {
        reason = addresses_enter(c->thread->net->addresses, peer->address, &config->limits,
                                 c->thread->now_us);
        c->is.counted = reason == CLOSE_REASON_COUNT;
    }
    if (reason != CLOSE_REASON_COUNT) {
        conn_close(c, reason);
    } else {
        conn_welcome(c);
    }
}

static bool is_proxy_header(struct text bytes)
{
    return text_starts(bytes, TEXT("PROXY ")) || text_starts(bytes, TEXT("\r\n\r\n"));
}

// Bytes of a peer that may speak for others. Gives back what comes behind the header.
static struct text conn_take_proxy(struct conn *c, struct text bytes, bool over)
{
    struct proxy_header header;
    struct text rest = bytes;
    enum parsed parsed = proxy_parse(&rest, &header);
    if (parsed == PARSED_MORE && !over) {
        return TEXT("");
    }
    c->is.proxied = false;
    if (parsed == PARSED_OK) {
        conn_rename_peer(c, &header);
    } else if (is_proxy_header(bytes)) {
        conn_close(c, CLOSE_PROXY_BAD);
    } else {
        conn_welcome(c);
    }
    return rest;
}

// Bytes that no proxy has added.
static void conn_open_bytes(struct conn *c, struct text bytes)
{
    struct framer *f = &c->input.framer;
    char before[1] = {0}; // what may have come of the two bytes that tell
    struct text rest = text_head(framer_rest(f), sizeof before);
    before[0] = rest.len ? *rest.at : '\0';
    if (!conn_begins_tls(c, framer_rest(f), bytes)) {
        // Telnet's commands, and CR NUL for a line end.
        c->is.garbled |= text_find(bytes, '\xff') < bytes.len || text_find(bytes, '\0') < bytes.len;
        c->is.line_ended |= text_find(bytes, '\n') < bytes.len;
        framer_feed(f, bytes);
        return;
    }
    conn_tls_begin(c);
    conn_tls_take(c, (struct text){before, rest.len});
    conn_tls_take(c, bytes);
}

static void conn_pass_proxy(struct conn *c, struct text bytes, bool over)
{
    struct input *in = &c->input;
    if (!in->opening) {
        in->opening = mem_alloc(sizeof *in->opening);
        buf_init(in->opening, PROXY_MAX_BYTES * 2);
    }
    must(buf_add(in->opening, bytes));
    struct text rest = conn_take_proxy(c, buf_text(in->opening), over);
    if (!c->is.proxied) {
        conn_open_bytes(c, rest);
        buf_finish(in->opening);
        free(in->opening);
        in->opening = NULL;
    }
}

void conn_open_from(struct conn *c, struct text bytes)
{
    if (c->is.proxied) {
        conn_pass_proxy(c, bytes, false);
    } else {
        conn_open_bytes(c, bytes);
    }
    conn_decide(c, false);
}

static enum wire_protocol conn_detect(const struct conn *c, struct text bytes, bool over)
{
    enum wire_protocol protocol = detect_protocol(bytes, over);
    bool decided = protocol != WIRE_UNDECIDED;
    // What ALPN has bound a peer to holds, and there is no TLS within TLS.
    bool other = c->tls && (protocol == WIRE_TLS ||
                            (tls_bound(c->tls) != WIRE_UNDECIDED && tls_bound(c->tls) != protocol));
    return decided && other ? WIRE_OTHER : protocol;
}

void conn_decide(struct conn *c, bool over)
{
    struct input *in = &c->input;
    if (c->is.proxied && over) {
        conn_pass_proxy(c, TEXT(""), true);
    }
    struct text rest = framer_rest(&in->framer);
    bool undecided = c->state == CONN_OPENING && !c->is.proxied && c->reason == CLOSE_REASON_COUNT;
    if (undecided && c->protocol == WIRE_HTTP && (c->tls || !c->is.tls_due)) {
        conn_http_read(c);
    } else if (undecided) {
        enum wire_protocol protocol = conn_detect(c, rest, over);
        if (protocol != WIRE_UNDECIDED && c->is.tls_due && !c->tls) {
            conn_close(c, CLOSE_NO_TLS);
        } else if (protocol != WIRE_UNDECIDED) {
            conn_follow_protocol(c, protocol);
        } else if (rest.len >= conn_limits(c)->undecided_bytes) {
            conn_close(c, CLOSE_OPENING_TOO_LONG);
        } else if (over && rest.len) {
            conn_close(c, CLOSE_UNDECIDED);
        }
    }
    if (c->state == CONN_OPEN && over && !in->eof) {
        framer_pause(&in->framer);
    }
}
