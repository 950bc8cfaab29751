// TLS through the whole of net: sockets, I/O thread, protocols.
#include "base/must.h"
#include "net/certificate.h"
#include "net/tls.h"
#include "support/net_rig.h"
#include "support/test.h"
#include "support/tls_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { TLS_1_1 = 0x0302, TLS_1_2 = 0x0303, TLS_1_3 = 0x0304 };

struct talker {
    int socket;
    struct tls_client *tls;
};

static struct tls_context *context_make(char fingerprint[65])
{
    struct buf why;
    buf_init(&why, 1024);
    struct certificate *c = certificate_make("hobnob");
    check(c != NULL);
    struct tls_context *context = tls_context_create(c, &why);
    check(context != NULL);
    if (fingerprint) {
        memcpy(fingerprint, c->fingerprint, sizeof c->fingerprint);
    }
    certificate_destroy(c);
    buf_finish(&why);
    return context;
}

static void start(struct rig *r, const char *listener)
{
    r->config.tls = context_make(NULL);
    r->config.served |= 1u << WIRE_IRC;
    rig_start(r, listener);
}

static void finish(struct rig *r)
{
    rig_expect_connections(r, 0);
    rig_finish(r);
    tls_context_unref(r->config.tls);
}

static struct talker talker_connect(struct rig *r, const struct tls_client_wish *wish)
{
    struct talker t = {.socket = rig_connect(r)};
    t.tls = tls_client_connect(t.socket, wish);
    check(t.tls != NULL);
    return t;
}

static void talker_go(struct talker *t)
{
    tls_client_destroy(t->tls);
    close(t->socket);
}

// Something comes, that is not the end.
static void expect_bytes(int socket)
{
    char bytes[65536];
    struct timeval wait = {.tv_sec = 10};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    check(recv(socket, bytes, sizeof bytes, 0) > 0);
}

static void say(struct talker *t, const char *text)
{
    tls_client_send(t->tls, text_of(text));
}

static void each_protocol_is_found_inside(void)
{
    for (int version = TLS_1_2; version <= TLS_1_3; version++) {
        struct rig r;
        rig_init(&r);
        start(&r, "any");
        struct talker ann = talker_connect(&r, &(struct tls_client_wish){.version = version});
        check_number(tls_client_version(ann.tls), version);
        say(&ann, "Ann\nhello\n");
        rig_expect(&r, "opened 0 plain");
        check(r.peer.secure);
        check_text(text_of(r.certificate), "");
        rig_expect(&r, "line 0 whole Ann");
        rig_expect(&r, "line 0 whole hello");
        rig_reply(&r, 0, "Welcome\n");
        tls_client_expect(ann.tls, "Welcome\n");
        struct talker bob = talker_connect(&r, &(struct tls_client_wish){.version = version});
        say(&bob, "NICK bob\r\n");
        rig_expect(&r, "opened 1 irc");
        rig_expect(&r, "line 1 whole NICK bob");
        int cid = rig_connect(&r);
        client_send(cid, "Cid\n");
        rig_expect(&r, "opened 2 plain");
        check(!r.peer.secure && r.peer.may_secure);
        rig_expect(&r, "line 2 whole Cid");
        for (uint32_t i = 0; i < 3; i++) {
            rig_close(&r, i);
        }
        check(tls_client_ends(ann.tls));
        check(tls_client_ends(bob.tls));
        talker_go(&ann);
        talker_go(&bob);
        close(cid);
        finish(&r);
    }
}

static void a_message_that_ends_by_pausing_is_one(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    struct talker ann = talker_connect(&r, NULL);
    say(&ann, "Ann");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 paused Ann");
    rig_reply(&r, 0, "Welcome\n");
    tls_client_expect(ann.tls, "Welcome");
    rig_close(&r, 0);
    talker_go(&ann);
    finish(&r);
}

static void a_client_certificate_names_the_peer(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    struct certificate *own = certificate_make("ann");
    for (int version = TLS_1_2; version <= TLS_1_3; version++) {
        struct tls_client_wish wish = {.version = version, .own = own};
        struct talker ann = talker_connect(&r, &wish);
        say(&ann, "Ann\n");
        rig_expect(&r, version == TLS_1_2 ? "opened 0 plain" : "opened 1 plain");
        check_text(text_of(r.certificate), own->fingerprint);
        rig_expect(&r, version == TLS_1_2 ? "line 0 whole Ann" : "line 1 whole Ann");
        rig_close(&r, r.conns - 1);
        talker_go(&ann);
    }
    certificate_destroy(own);
    finish(&r);
}

static void a54_alpn_binds_the_choice(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    // IRC is there at once, whatever comes.
    struct talker ann = talker_connect(&r, &(struct tls_client_wish){.alpn = "irc"});
    check_text(tls_client_alpn(ann.tls), "irc");
    rig_expect(&r, "opened 0 irc");
    say(&ann, "hello\n");
    rig_expect(&r, "line 0 whole hello");
    rig_close(&r, 0);
    talker_go(&ann);
    // HTTP is HTTP, which is not served, or nothing.
    static const struct tls_client_wish http = {.alpn = "http/1.1"};
    struct talker bob = talker_connect(&r, &http);
    say(&bob, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    tls_client_expect(bob.tls, "bye http unsupported\n");
    check(tls_client_ends(bob.tls));
    talker_go(&bob);
    struct talker cid = talker_connect(&r, &http);
    say(&cid, "NICK cid\r\nUSER cid 0 * :Cid\r\n");
    rig_expect_refused(&r, 2, CLOSE_NOT_CHAT);
    talker_go(&cid);
    int dan = rig_connect(&r);
    check(!tls_client_connect(dan, &(struct tls_client_wish){.alpn = "h2"}));
    rig_expect_refused(&r, 3, CLOSE_TLS);
    close(dan);
    finish(&r);
}

static void a54_there_is_no_tls_within_tls(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    struct talker ann = talker_connect(&r, NULL);
    say(&ann, "\x16\x03\x01\x02\x01\x01");
    rig_expect_refused(&r, 1, CLOSE_NOT_CHAT);
    talker_go(&ann);
    finish(&r);
}

static void old_versions_are_refused(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    int client = rig_connect(&r);
    check(!tls_client_connect(client, &(struct tls_client_wish){.version = TLS_1_1}));
    rig_expect_refused(&r, 1, CLOSE_TLS);
    close(client);
    finish(&r);
}

static void renegotiation_is_refused(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    struct talker ann = talker_connect(&r, &(struct tls_client_wish){.version = TLS_1_2});
    say(&ann, "Ann\n");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    check(!tls_client_renegotiates(ann.tls));
    rig_close(&r, 0);
    talker_go(&ann);
    finish(&r);
}

static void a_pinned_listener_speaks_tls_alone(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "tls+plain");
    struct talker ann = talker_connect(&r, NULL);
    rig_expect(&r, "opened 0 plain");
    check(r.peer.secure);
    rig_close(&r, 0);
    talker_go(&ann);
    int bob = rig_connect(&r);
    client_send(bob, "Bob\n");
    client_expect(bob, "bye plain no_tls\n");
    client_expect_end(bob);
    close(bob);
    rig_expect_refused(&r, 1, CLOSE_NO_TLS);
    finish(&r);
}

static void a_plain_listener_speaks_none(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "plain");
    int ann = rig_connect(&r);
    rig_expect(&r, "opened 0 plain");
    check(!r.peer.secure && !r.peer.may_secure);
    rig_close(&r, 0);
    close(ann);
    finish(&r);
}

static void a_proxy_header_comes_before_tls(void)
{
    static const char *const listeners[] = {"any", "tls+plain"};
    for (size_t i = 0; i < 2; i++) {
        struct rig r;
        rig_init(&r);
        struct net_trust *trust = net_trust_create();
        check(net_trust_add(trust, TEXT("127.0.0.1")));
        r.config.proxy_from = trust;
        start(&r, listeners[i]);
        net_trust_destroy(trust);
        struct talker ann = {.socket = rig_connect(&r)};
        client_send(ann.socket, "PROXY TCP4 192.0.2.7 192.0.2.1 4711 5000\r\n");
        ann.tls = tls_client_connect(ann.socket, NULL);
        check(ann.tls != NULL);
        say(&ann, "Ann\n");
        rig_expect(&r, "opened 0 plain");
        check_text(text_of(r.peer.address), "192.0.2.7");
        check(r.peer.secure);
        rig_expect(&r, "line 0 whole Ann");
        rig_close(&r, 0);
        talker_go(&ann);
        finish(&r);
    }
}

static void half_closed_it_still_reads(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    struct talker ann = talker_connect(&r, NULL);
    say(&ann, "Ann\nlast words");
    tls_client_end(ann.tls);
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    rig_expect(&r, "line 0 whole last words");
    rig_expect(&r, "ended 0 eof");
    rig_reply(&r, 0, "goodbye\n");
    rig_close(&r, 0);
    tls_client_expect(ann.tls, "goodbye\n");
    check(tls_client_ends(ann.tls));
    talker_go(&ann);
    finish(&r);
}

// Whoever cuts a connection cannot make a shorter line of a longer one.
static void half_a_line_does_not_count_without_close_notify(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    struct talker ann = talker_connect(&r, NULL);
    say(&ann, "Ann\nI love you not");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    shutdown(ann.socket, SHUT_WR);
    rig_expect(&r, "ended 0 eof");
    rig_close(&r, 0);
    talker_go(&ann);
    finish(&r);
}

// Wherever the client leaves, nothing stays.
static void a_close_at_any_byte_of_the_handshake_leaves_nothing(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    struct tls_client *client = tls_client_in_memory(NULL);
    struct text hello = tls_client_outgoing(client);
    for (size_t at = 1; at <= hello.len; at += 5) {
        int socket = rig_connect(&r);
        client_send_bytes(socket, text_head(hello, at));
        if (at % 2) {
            close(socket);
        } else {
            client_reset(socket);
        }
    }
    rig_expect_connections(&r, 0);
    check_number(r.conns, 0);
    int socket = rig_connect(&r);
    client_send_bytes(socket, hello);
    expect_bytes(socket);
    close(socket);
    tls_client_destroy(client);
    finish(&r);
}

static void rubbish_after_hello_is_answered_with_an_alert(void)
{
    struct rig r;
    rig_init(&r);
    start(&r, "any");
    struct tls_client *client = tls_client_in_memory(NULL);
    struct text hello = tls_client_outgoing(client);
    int socket = rig_connect(&r);
    client_send_bytes(socket, hello);
    expect_bytes(socket);
    client_send(socket, "this is no record of TLS at all");
    expect_bytes(socket); // the alert
    client_expect_end(socket);
    rig_expect_refused(&r, 1, CLOSE_TLS);
    close(socket);
    // The same once it is open.
    struct talker ann = talker_connect(&r, NULL);
    say(&ann, "Ann\n");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    client_send(ann.socket, "this is no record of TLS at all");
    rig_expect(&r, "ended 0 tls");
    talker_go(&ann);
    tls_client_destroy(client);
    finish(&r);
}

static void much_is_sent_whole_to_one_who_reads_late(void)
{
    enum { BLOCKS = 45, BLOCK = 10000 };
    struct rig r;
    rig_init(&r);
    r.config.limits.send_buffer_bytes = 8192;
    start(&r, "any");
    struct talker ann = talker_connect(&r, NULL);
    say(&ann, "Ann\n");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    char *block = mem_alloc(BLOCK + 1);
    for (int i = 0; i < BLOCKS; i++) {
        memset(block, 'a' + i % 26, BLOCK - 1);
        block[BLOCK - 1] = '\n';
        rig_reply(&r, 0, block);
    }
    rig_sync(&r); // all of it waits, or as much as does not fit the sockets
    char *got = tls_client_read(ann.tls, (size_t)BLOCKS * BLOCK);
    for (int i = 0; i < BLOCKS; i++) {
        memset(block, 'a' + i % 26, BLOCK - 1);
        check(memcmp(got + (size_t)i * BLOCK, block, BLOCK) == 0);
    }
    free(got);
    free(block);
    rig_close(&r, 0);
    check(tls_client_ends(ann.tls));
    talker_go(&ann);
    finish(&r);
}

static void who_does_not_read_loses_its_place_and_then_its_connection(void)
{
    struct rig r;
    rig_init(&r);
    r.config.limits.send_buffer_bytes = 4096;
    r.config.limits.backlog_bytes = 16384;
    r.config.limits.linger_ms = 100;
    start(&r, "any");
    struct talker ann = talker_connect(&r, NULL);
    say(&ann, "Ann\n");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    net_subscribe(r.net, r.handles[0], 1, 1, 1);
    char line[4000];
    memset(line, 'x', sizeof line - 2);
    line[sizeof line - 2] = '\n';
    line[sizeof line - 1] = '\0';
    size_t before = rig_memory();
    for (uint64_t i = 0; r.told.len == r.read; i++) {
        check(i < 100000); // the peer's own socket takes some megabytes
        rig_append(&r, 1, line, 2, i);
        net_publish(r.net);
        rig_sync(&r);
    }
    check(text_starts(text_skip(buf_text(&r.told), r.read), TEXT("lagged 0 1 ")));
    r.read = r.told.len;
    check(rig_memory() < before + 1024 * 1024);
    for (int i = 0; i < 200; i++) {
        rig_reply(&r, 0, line);
    }
    rig_expect_past(&r, "drained 0", "ended 0 slow"); // the first may find room in the socket
    talker_go(&ann);
    finish(&r);
}

static void a30_half_open_handshakes_end_at_the_deadline(void)
{
    enum { CLIENTS = 200 };
    struct rig r;
    rig_init(&r);
    r.config.limits.first_byte_decided_ms = 300;
    start(&r, "any");
    struct talker ann = talker_connect(&r, NULL);
    say(&ann, "Ann\n");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    struct tls_client *client = tls_client_in_memory(NULL);
    struct text hello = tls_client_outgoing(client);
    int sockets[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++) {
        sockets[i] = rig_connect(&r);
        // Some stop in the middle of hello, some after it.
        client_send_bytes(sockets[i], text_head(hello, 2 + (i % 2 ? hello.len : i)));
    }
    rig_expect_refused(&r, CLIENTS, CLOSE_UNDECIDED);
    // Those inside are not concerned, and neither is one that has shaken hands and thinks.
    say(&ann, "hello\n");
    rig_expect(&r, "line 0 whole hello");
    for (size_t i = 0; i < CLIENTS; i++) {
        close(sockets[i]);
    }
    rig_close(&r, 0);
    talker_go(&ann);
    tls_client_destroy(client);
    finish(&r);
}

// Going on counts for nothing: hello has to be whole in time.
static void a30_a_byte_now_and_then_does_not_help(void)
{
    enum { CLIENTS = 30 };
    struct rig r;
    rig_init(&r);
    r.config.limits.first_byte_decided_ms = 300;
    start(&r, "any");
    struct tls_client *client = tls_client_in_memory(NULL);
    struct text hello = tls_client_outgoing(client);
    int sockets[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++) {
        sockets[i] = rig_connect(&r);
    }
    unsigned closed = 0;
    for (size_t at = 0; closed < CLIENTS; at++) {
        check(at + 1 < hello.len); // 20 ms for each byte: that would be seconds
        closed = 0;
        for (size_t i = 0; i < CLIENTS; i++) {
            closed += send(sockets[i], hello.at + at, 1, MSG_NOSIGNAL) < 0;
        }
        rig_expect_silence(&r, 20);
    }
    rig_expect_refused(&r, CLIENTS, CLOSE_UNDECIDED);
    for (size_t i = 0; i < CLIENTS; i++) {
        close(sockets[i]);
    }
    tls_client_destroy(client);
    finish(&r);
}

static void a_person_may_think_after_the_handshake(void)
{
    struct rig r;
    rig_init(&r);
    r.config.limits.first_byte_decided_ms = 200;
    start(&r, "any");
    struct talker ann = talker_connect(&r, NULL);
    struct talker bob = talker_connect(&r, NULL);
    say(&bob, "CAP"); // half a line begins the time anew
    rig_expect_refused(&r, 1, CLOSE_UNDECIDED);
    rig_expect_silence(&r, 100);
    say(&ann, "Ann\n");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    rig_close(&r, 0);
    talker_go(&ann);
    talker_go(&bob);
    finish(&r);
}

static void another_certificate_drops_nobody(void)
{
    char first[65], second[65], shown[65];
    struct rig r;
    rig_init(&r);
    r.config.tls = context_make(first);
    rig_start(&r, "any");
    struct talker ann = talker_connect(&r, NULL);
    say(&ann, "Ann\n");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    struct tls_context *other = context_make(second);
    tls_context_unref(r.config.tls);
    r.config.tls = other;
    net_configure(r.net, &r.config);
    rig_sync(&r);
    struct talker bob = talker_connect(&r, NULL);
    tls_client_server(ann.tls, shown);
    check_text(text_of(shown), first);
    tls_client_server(bob.tls, shown);
    check_text(text_of(shown), second);
    say(&ann, "still here\n");
    rig_expect(&r, "line 0 whole still here");
    rig_reply(&r, 0, "so it is\n");
    tls_client_expect(ann.tls, "so it is\n");
    rig_close(&r, 0);
    talker_go(&ann);
    talker_go(&bob);
    finish(&r);
}

static void limits_count_what_is_meant(void)
{
    struct rig r;
    rig_init(&r);
    r.config.limits.opening_bytes = 4096;
    start(&r, "any");
    struct talker ann = talker_connect(&r, NULL);
    char *much = mem_alloc(5001);
    memset(much, 'x', 5000);
    much[10] = '\n';
    say(&ann, much);
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole xxxxxxxxxx");
    rig_expect(&r, "ended 0 opening_too_long");
    free(much);
    talker_go(&ann);
    finish(&r);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(each_protocol_is_found_inside);
    TEST(a_message_that_ends_by_pausing_is_one);
    TEST(a_client_certificate_names_the_peer);
    TEST(a54_alpn_binds_the_choice);
    TEST(a54_there_is_no_tls_within_tls);
    TEST(old_versions_are_refused);
    TEST(renegotiation_is_refused);
    TEST(a_pinned_listener_speaks_tls_alone);
    TEST(a_plain_listener_speaks_none);
    TEST(a_proxy_header_comes_before_tls);
    TEST(half_closed_it_still_reads);
    TEST(half_a_line_does_not_count_without_close_notify);
    TEST(a_close_at_any_byte_of_the_handshake_leaves_nothing);
    TEST(rubbish_after_hello_is_answered_with_an_alert);
    TEST(much_is_sent_whole_to_one_who_reads_late);
    TEST(who_does_not_read_loses_its_place_and_then_its_connection);
    TEST(a30_half_open_handshakes_end_at_the_deadline);
    TEST(a30_a_byte_now_and_then_does_not_help);
    TEST(a_person_may_think_after_the_handshake);
    TEST(another_certificate_drops_nobody);
    TEST(limits_count_what_is_meant);
    return test_end();
}
