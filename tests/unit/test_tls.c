// The filter alone, over memory.
#include "base/must.h"
#include "net/certificate.h"
#include "net/tls.h"
#include "support/test.h"
#include "support/tls_client.h"

enum { TLS_1_2 = 0x0303, TLS_1_3 = 0x0304 };

static struct certificate *own;

struct pair {
    struct tls_context *context;
    struct tls *server;
    struct tls_client *client;
    struct buf plain;
    struct buf out;
    enum tls_state state;
};

static void pair_init(struct pair *p, enum wire_protocol protocol, struct tls_client_wish wish)
{
    struct buf why;
    buf_init(&why, 1024);
    *p = (struct pair){.context = tls_context_create(own, &why)};
    check(p->context != NULL);
    p->server = tls_create(p->context, protocol);
    p->client = tls_client_in_memory(&wish);
    buf_init(&p->plain, 1 << 20);
    buf_init(&p->out, 1 << 20);
    buf_finish(&why);
}

static void pair_finish(struct pair *p)
{
    tls_destroy(p->server);
    tls_context_unref(p->context);
    tls_client_destroy(p->client);
    buf_finish(&p->plain);
    buf_finish(&p->out);
}

// Carries bytes to and fro, `step` of the client's at a time, until nothing is left.
static void pair_talk(struct pair *p, size_t step)
{
    struct text out = tls_client_outgoing(p->client);
    while (out.len || p->out.len) {
        struct text part = text_head(out, step);
        if (part.len) {
            p->state = tls_receive(p->server, part, &p->plain, &p->out);
            tls_client_sent(p->client, part.len);
        }
        tls_client_feed(p->client, buf_text(&p->out));
        buf_reset(&p->out);
        out = tls_client_outgoing(p->client);
    }
}

static void input_split_at_any_byte_is_the_same(void)
{
    for (size_t step = 1; step < 40; step += 3) {
        for (int version = TLS_1_2; version <= TLS_1_3; version++) {
            struct pair p;
            pair_init(&p, WIRE_UNDECIDED, (struct tls_client_wish){.version = version});
            pair_talk(&p, step);
            check(p.state == TLS_OPEN && tls_has_opened(p.server));
            tls_client_send(p.client, TEXT("hello\n"));
            tls_client_send(p.client, TEXT("world\n"));
            tls_client_end(p.client);
            pair_talk(&p, step);
            check_text(buf_text(&p.plain), "hello\nworld\n");
            check_number(p.state, TLS_ENDED);
            pair_finish(&p);
        }
    }
}

static void nothing_is_said_before_hands_are_shaken(void)
{
    struct pair p;
    pair_init(&p, WIRE_UNDECIDED, (struct tls_client_wish){0});
    check(!tls_send(p.server, TEXT("hello\n"), &p.out));
    tls_end(p.server, &p.out);
    check_number(p.out.len, 0);
    pair_finish(&p);
}

static void close_notify_is_said_once(void)
{
    struct pair p;
    pair_init(&p, WIRE_UNDECIDED, (struct tls_client_wish){0});
    pair_talk(&p, SIZE_MAX);
    check(tls_send(p.server, TEXT("bye\n"), &p.out));
    tls_end(p.server, &p.out);
    size_t len = p.out.len;
    check(len > 0);
    tls_end(p.server, &p.out);
    check_number(p.out.len, len);
    tls_client_feed(p.client, buf_text(&p.out));
    tls_client_expect(p.client, "bye\n");
    check(tls_client_ends(p.client));
    pair_finish(&p);
}

static void rubbish_breaks_it_at_any_time(void)
{
    for (size_t at = 0; at < 400; at += 7) {
        struct pair p;
        pair_init(&p, WIRE_UNDECIDED, (struct tls_client_wish){0});
        struct text hello = tls_client_outgoing(p.client);
        size_t before = at < hello.len ? at : hello.len;
        check_number(tls_receive(p.server, text_head(hello, before), &p.plain, &p.out),
                     TLS_SHAKING);
        char rubbish[512];
        memset(rubbish, 0xA5, sizeof rubbish);
        check_number(
            tls_receive(p.server, (struct text){rubbish, sizeof rubbish}, &p.plain, &p.out),
            TLS_BROKEN);
        check_number(p.plain.len, 0);
        check(*tls_why(p.server));
        // It stays broken.
        check_number(tls_receive(p.server, hello, &p.plain, &p.out), TLS_BROKEN);
        pair_finish(&p);
    }
}

static void a_certificate_is_known_also_when_resumed(void)
{
    struct certificate *client = certificate_make("ann");
    for (int version = TLS_1_2; version <= TLS_1_3; version++) {
        struct tls_client_wish wish = {.version = version, .own = client};
        struct pair p;
        pair_init(&p, WIRE_UNDECIDED, wish);
        pair_talk(&p, SIZE_MAX);
        check_text(text_of(tls_peer_certificate(p.server)), client->fingerprint);
        check(tls_send(p.server, TEXT("hi"), &p.out));
        tls_client_feed(p.client, buf_text(&p.out));
        buf_reset(&p.out);
        tls_client_expect(p.client, "hi");
        tls_client_end(p.client); // one that ended badly is not resumed
        wish.session = tls_client_session(p.client);
        check_number(tls_client_session_early_bytes(wish.session), 0);
        tls_destroy(p.server);
        tls_client_destroy(p.client);
        p.server = tls_create(p.context, WIRE_UNDECIDED);
        p.client = tls_client_in_memory(&wish);
        pair_talk(&p, SIZE_MAX);
        check(tls_client_resumed(p.client));
        check_text(text_of(tls_peer_certificate(p.server)), client->fingerprint);
        pair_finish(&p);
        // Another context has other keys for tickets.
        pair_init(&p, WIRE_UNDECIDED, wish);
        pair_talk(&p, SIZE_MAX);
        check_number(p.state, TLS_OPEN);
        check(!tls_client_resumed(p.client));
        pair_finish(&p);
        tls_client_session_free(wish.session);
    }
    certificate_destroy(client);
}

static void alpn_is_answered_by_what_the_listener_is_for(void)
{
    static const struct {
        enum wire_protocol listener;
        const char *offered;
        enum wire_protocol bound; // WIRE_OTHER: refused
    } cases[] = {
        {WIRE_UNDECIDED, NULL, WIRE_UNDECIDED},
        {WIRE_UNDECIDED, "irc", WIRE_IRC},
        {WIRE_UNDECIDED, "http/1.1", WIRE_HTTP},
        {WIRE_UNDECIDED, "h2", WIRE_OTHER},
        {WIRE_IRC, "irc", WIRE_IRC},
        {WIRE_IRC, "http/1.1", WIRE_OTHER},
        {WIRE_IRC, NULL, WIRE_UNDECIDED},
        {WIRE_PLAIN, "irc", WIRE_OTHER},
        {WIRE_UNDECIDED, "IRC", WIRE_OTHER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair p;
        pair_init(&p, cases[i].listener, (struct tls_client_wish){.alpn = cases[i].offered});
        pair_talk(&p, SIZE_MAX);
        bool refused = cases[i].bound == WIRE_OTHER;
        check_number(p.state, refused ? TLS_BROKEN : TLS_OPEN);
        check_number(tls_bound(p.server), refused ? WIRE_UNDECIDED : cases[i].bound);
        pair_finish(&p);
    }
}

static struct certificate *read_back(const char *certificate, const char *key, const char *says)
{
    struct buf why;
    buf_init(&why, 1024);
    struct certificate *c = certificate_read(text_of(certificate), text_of(key), &why);
    buf_add_char(&why, '\0');
    if (!!c == !!says || (says && !strstr(why.at, says))) {
        test_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", why.at, says ? says : "");
    }
    buf_finish(&why);
    return c;
}

static char *pem_of(const struct certificate *c,
                    bool (*write)(const struct certificate *, struct buf *))
{
    struct buf pem;
    buf_init(&pem, 1 << 16);
    check(write(c, &pem));
    char *copy = text_copy(buf_text(&pem));
    buf_finish(&pem);
    return copy;
}

static void a_made_certificate_is_kept_as_pem(void)
{
    struct certificate *other = certificate_make("other");
    char *certificate = pem_of(own, certificate_write);
    char *key = pem_of(own, certificate_write_key);
    char *other_key = pem_of(other, certificate_write_key);
    struct certificate *again = read_back(certificate, key, NULL);
    check_text(text_of(again->fingerprint), own->fingerprint);
    check_number(again->expires_s, own->expires_s);
    read_back(certificate, other_key, "The key is not the one of the certificate.");
    read_back("nonsense", key, "no certificate in PEM form");
    read_back(certificate, "", "no key in PEM form");
    read_back(key, certificate, "no certificate in PEM form");
    for (size_t len = 1; len < strlen(certificate) - 26; len += 31) {
        char *cut = text_copy(text_head(text_of(certificate), len));
        read_back(cut, key, "no certificate in PEM form");
        free(cut);
    }
    certificate_destroy(again);
    certificate_destroy(other);
    free(certificate);
    free(key);
    free(other_key);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    own = certificate_make("hobnob");
    must(own != NULL);
    TEST(input_split_at_any_byte_is_the_same);
    TEST(nothing_is_said_before_hands_are_shaken);
    TEST(close_notify_is_said_once);
    TEST(rubbish_breaks_it_at_any_time);
    TEST(a_certificate_is_known_also_when_resumed);
    TEST(alpn_is_answered_by_what_the_listener_is_for);
    TEST(a_made_certificate_is_kept_as_pem);
    certificate_destroy(own);
    return test_end();
}
