#include "support/tls_client.h"

#include "base/must.h"
#include "net/certificate.h"
#include "support/test.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { WAIT_S = 10 };

struct tls_client {
    SSL_CTX *context;
    SSL *ssl;
};

static void wish_apply(struct tls_client *c, const struct tls_client_wish *wish)
{
    // The test is about what the server refuses, not about what this machine would not ask for.
    SSL_CTX_set_security_level(c->context, 0);
    if (wish->version) {
        check(SSL_CTX_set_min_proto_version(c->context, wish->version));
        check(SSL_CTX_set_max_proto_version(c->context, wish->version));
    }
    if (wish->own) {
        check_number(SSL_CTX_use_cert_and_key(c->context, wish->own->leaf, wish->own->key,
                                              wish->own->chain, 1),
                     1);
    }
    if (wish->alpn) {
        unsigned char names[64];
        size_t len = strlen(wish->alpn);
        check(len + 1 < sizeof names);
        names[0] = (unsigned char)len;
        memcpy(names + 1, wish->alpn, len);
        check_number(SSL_CTX_set_alpn_protos(c->context, names, (unsigned)len + 1), 0);
    }
}

static struct tls_client *client_create(const struct tls_client_wish *wish)
{
    static const struct tls_client_wish nothing;
    const struct tls_client_wish *wished = wish ? wish : &nothing;
    struct tls_client *c = mem_alloc(sizeof *c);
    c->context = SSL_CTX_new(TLS_client_method());
    check(c->context != NULL);
    wish_apply(c, wished);
    c->ssl = SSL_new(c->context);
    check(c->ssl != NULL);
    if (wished->session) {
        check(SSL_set_session(c->ssl, wished->session));
    }
    SSL_set_connect_state(c->ssl);
    return c;
}

struct tls_client *tls_client_begin(int socket, const struct tls_client_wish *wish)
{
    struct tls_client *c = client_create(wish);
    struct timeval wait = {.tv_sec = WAIT_S};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    check(SSL_set_fd(c->ssl, socket));
    return c;
}

struct tls_client *tls_client_connect(int socket, const struct tls_client_wish *wish)
{
    struct tls_client *c = tls_client_begin(socket, wish);
    if (SSL_connect(c->ssl) == 1) {
        return c;
    }
    tls_client_destroy(c);
    return NULL;
}

void tls_client_destroy(struct tls_client *c)
{
    if (c) {
        SSL_free(c->ssl);
        SSL_CTX_free(c->context);
        free(c);
    }
}

void tls_client_send(struct tls_client *c, struct text bytes)
{
    check_number(SSL_write(c->ssl, bytes.at, (int)bytes.len), (long long)bytes.len);
}

char *tls_client_read(struct tls_client *c, size_t len)
{
    char *bytes = mem_alloc(len + 1);
    size_t have = 0;
    while (have < len) {
        int got = SSL_read(c->ssl, bytes + have, (int)(len - have));
        if (got <= 0) {
            test_fail(__FILE__, __LINE__, "the end came instead of %zu bytes after \"%.*s\"", len,
                      (int)(have < 200 ? have : 200), bytes);
        }
        have += (size_t)got;
    }
    return bytes;
}

void tls_client_expect(struct tls_client *c, const char *bytes)
{
    size_t len = strlen(bytes);
    char *got = tls_client_read(c, len);
    check_text(((struct text){got, len}), bytes);
    free(got);
}

bool tls_client_ends(struct tls_client *c)
{
    char bytes[256];
    int got = SSL_read(c->ssl, bytes, sizeof bytes);
    check_text(((struct text){bytes, got > 0 ? (size_t)got : 0}), "");
    return SSL_get_error(c->ssl, got) == SSL_ERROR_ZERO_RETURN;
}

void tls_client_end(struct tls_client *c)
{
    check(SSL_shutdown(c->ssl) >= 0);
}

bool tls_client_renegotiates(struct tls_client *c)
{
    return SSL_renegotiate(c->ssl) == 1 && SSL_do_handshake(c->ssl) == 1 &&
           SSL_renegotiate_pending(c->ssl) == 0;
}

bool tls_client_resumed(const struct tls_client *c)
{
    return SSL_session_reused(c->ssl);
}

void *tls_client_session(struct tls_client *c)
{
    return SSL_get1_session(c->ssl);
}

void tls_client_session_free(void *session)
{
    SSL_SESSION_free(session);
}

unsigned tls_client_session_early_bytes(const void *session)
{
    return SSL_SESSION_get_max_early_data(session);
}

struct text tls_client_alpn(const struct tls_client *c)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    SSL_get0_alpn_selected(c->ssl, &name, &len);
    return name ? (struct text){(const char *)name, len} : TEXT("");
}

void tls_client_server(const struct tls_client *c, char hex[65])
{
    X509 *certificate = SSL_get0_peer_certificate(c->ssl);
    check(certificate && certificate_fingerprint(certificate, hex));
}

int tls_client_version(const struct tls_client *c)
{
    return SSL_version(c->ssl);
}

struct tls_client *tls_client_in_memory(const struct tls_client_wish *wish)
{
    struct tls_client *c = client_create(wish);
    SSL_set_bio(c->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    (void)SSL_do_handshake(c->ssl);
    return c;
}

struct text tls_client_outgoing(struct tls_client *c)
{
    char *at = NULL;
    long len = BIO_get_mem_data(SSL_get_wbio(c->ssl), &at);
    return (struct text){at, len > 0 ? (size_t)len : 0};
}

void tls_client_sent(struct tls_client *c, size_t len)
{
    char *bytes = mem_alloc(len + 1);
    check_number(BIO_read(SSL_get_wbio(c->ssl), bytes, (int)len), (long long)len);
    free(bytes);
}

bool tls_client_feed(struct tls_client *c, struct text bytes)
{
    if (bytes.len) {
        check_number(BIO_write(SSL_get_rbio(c->ssl), bytes.at, (int)bytes.len),
                     (long long)bytes.len);
    }
    return SSL_is_init_finished(c->ssl) || SSL_do_handshake(c->ssl) == 1;
}
