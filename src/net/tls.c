#include "net/tls.h"

#include "base/must.h"
#include "net/certificate.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdatomic.h>

enum {
    UNSENT_MAX = 64 * 1024,
    CLIENT_CHAIN_MAX = 16 * 1024, // bytes
    TICKET_S = 12 * 3600,
};

struct tls_context {
    atomic_uint refs;
    SSL_CTX *rules;
    BIO_METHOD *pipe;
};

struct tls {
    struct tls_context *context;
    SSL *ssl;
    struct text in;  // not yet read; only while something is called
    struct buf *out; // the same
    struct buf unsent;
    const char *why;
    uint8_t state;    // enum tls_state
    uint8_t protocol; // enum wire_protocol: of the listener
    uint8_t bound;    // enum wire_protocol: by ALPN
    bool opened;
    char certificate[CERTIFICATE_HEX];
};

// Mozilla's list; of elliptic curves alone, since no client of TLS 1.2 needs others any more.
static const char ciphers[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                              "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                              "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char suites[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                             "TLS_CHACHA20_POLY1305_SHA256";
static const char groups[] = "X25519:P-256:P-384";

// OpenSSL's end of the pipe: reads from `in`, writes to `out`.

static int pipe_read(BIO *pipe, char *to, size_t size, size_t *got)
{
    struct tls *t = BIO_get_data(pipe);
    BIO_clear_retry_flags(pipe);
    struct text part = text_head(t->in, size);
    *got = part.len;
    if (part.len == 0) {
        BIO_set_retry_read(pipe);
        return 0;
    }
    memcpy(to, part.at, part.len);
    t->in = text_skip(t->in, part.len);
    return 1;
}

static int pipe_write(BIO *pipe, const char *from, size_t len, size_t *written)
{
    struct tls *t = BIO_get_data(pipe);
    BIO_clear_retry_flags(pipe);
    bool added = t->out && buf_add(t->out, (struct text){from, len});
    *written = added ? len : 0;
    return added;
}

static long pipe_control(BIO *pipe, int command, long number, void *pointer)
{
    (void)pipe, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *pipe_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pipe");
    must(method != NULL);
    BIO_meth_set_read_ex(method, pipe_read);
    BIO_meth_set_write_ex(method, pipe_write);
    BIO_meth_set_ctrl(method, pipe_control);
    return method;
}

// Clients may show a certificate, by which accounts know them. Who has signed it does not count.
static int any_certificate(X509_STORE_CTX *store, void *context)
{
    (void)context;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

static bool may_bind(const struct tls *t, enum wire_protocol protocol)
{
    return t->protocol == WIRE_UNDECIDED || t->protocol == (uint8_t)protocol;
}

static enum wire_protocol protocol_of(struct text name)
{
    return text_equal(name, TEXT("irc"))        ? WIRE_IRC
           : text_equal(name, TEXT("http/1.1")) ? WIRE_HTTP
                                                : WIRE_UNDECIDED;
}

// `offered` holds names, each behind a byte with its length, as OpenSSL has checked.
static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_len,
                           const unsigned char *offered, unsigned offered_len, void *context)
{
    (void)context;
    struct tls *t = SSL_get_app_data(ssl);
    struct text rest = {(const char *)offered, offered_len};
    while (rest.len) {
        struct text name = text_head(text_skip(rest, 1), (unsigned char)*rest.at);
        enum wire_protocol protocol = protocol_of(name);
        if (protocol != WIRE_UNDECIDED && may_bind(t, protocol)) {
            t->bound = (uint8_t)protocol;
            *chosen = (const unsigned char *)name.at;
            *chosen_len = (unsigned char)name.len;
            if (protocol == WIRE_HTTP) {
                // A browser would ask its user which one to show.
                SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
            }
            return SSL_TLSEXT_ERR_OK;
        }
        rest = text_skip(rest, 1 + name.len);
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static bool rules_set(SSL_CTX *rules)
{
    static const unsigned char whose[] = "hobnob";
    // Mozilla leaves the choice to the client; scanners want the server to make it. All are good,
    // and who is quicker with ChaCha20 gets that.
    SSL_CTX_set_options(rules, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(rules, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(rules, SSL_SESS_CACHE_OFF); // tickets alone
    SSL_CTX_set_timeout(rules, TICKET_S);
    SSL_CTX_set_max_cert_list(rules, CLIENT_CHAIN_MAX);
    SSL_CTX_set_verify(rules, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(rules, any_certificate, NULL);
    SSL_CTX_set_alpn_select_cb(rules, choose_protocol, NULL);
    return SSL_CTX_set_num_tickets(rules, 1) && SSL_CTX_set_max_early_data(rules, 0) &&
           SSL_CTX_set_min_proto_version(rules, TLS1_2_VERSION) &&
           SSL_CTX_set_cipher_list(rules, ciphers) && SSL_CTX_set_ciphersuites(rules, suites) &&
           SSL_CTX_set1_groups_list(rules, groups) &&
           SSL_CTX_set_session_id_context(rules, whose, sizeof whose - 1);
}

struct tls_context *tls_context_create(const struct certificate *certificate, struct buf *why)
{
    struct tls_context *c = mem_alloc(sizeof *c);
    atomic_init(&c->refs, 1);
    c->rules = SSL_CTX_new(TLS_server_method());
    c->pipe = pipe_method();
    must(c->rules && rules_set(c->rules));
    if (SSL_CTX_use_cert_and_key(c->rules, certificate->leaf, certificate->key, certificate->chain,
                                 1) != 1) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        buf_printf(why, "The certificate cannot be used: %s.", reason ? reason : "no reason known");
        ERR_clear_error();
        tls_context_unref(c);
        return NULL;
    }
    return c;
}

struct tls_context *tls_context_ref(struct tls_context *context)
{
    if (context) {
        atomic_fetch_add_explicit(&context->refs, 1, memory_order_relaxed);
    }
    return context;
}

void tls_context_unref(struct tls_context *context)
{
    if (context && atomic_fetch_sub_explicit(&context->refs, 1, memory_order_acq_rel) == 1) {
        SSL_CTX_free(context->rules);
        BIO_meth_free(context->pipe);
        free(context);
    }
}

struct tls *tls_create(struct tls_context *context, enum wire_protocol protocol)
{
    struct tls *t = mem_alloc(sizeof *t);
    t->context = tls_context_ref(context);
    t->protocol = (uint8_t)protocol;
    buf_init(&t->unsent, UNSENT_MAX);
    t->ssl = SSL_new(context->rules);
    BIO *pipe = BIO_new(context->pipe);
    must(t->ssl && pipe);
    BIO_set_data(pipe, t);
    BIO_set_init(pipe, 1);
    SSL_set_bio(t->ssl, pipe, pipe);
    SSL_set_app_data(t->ssl, t);
    SSL_set_accept_state(t->ssl);
    return t;
}

void tls_destroy(struct tls *t)
{
    if (t) {
        SSL_free(t->ssl);
        buf_finish(&t->unsent);
        tls_context_unref(t->context);
        free(t);
    }
}

static void certificate_note(struct tls *t)
{
    X509 *certificate = SSL_get0_peer_certificate(t->ssl);
    if (certificate && !certificate_fingerprint(certificate, t->certificate)) {
        t->certificate[0] = '\0';
    }
}

// After a call that gave nothing.
static void state_note(struct tls *t, int result)
{
    int error = SSL_get_error(t->ssl, result);
    if (error == SSL_ERROR_ZERO_RETURN) {
        t->state = TLS_ENDED;
    } else if (error != SSL_ERROR_WANT_READ) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());
        t->why = reason ? reason : "the connection is not as TLS defines it";
        t->state = TLS_BROKEN;
    }
}

static void opening_note(struct tls *t)
{
    if (t->state == TLS_SHAKING && SSL_is_init_finished(t->ssl)) {
        certificate_note(t);
        t->state = TLS_OPEN;
        t->opened = true;
    }
}

enum tls_state tls_receive(struct tls *t, struct text bytes, struct buf *plain, struct buf *out)
{
    char record[TLS_RECORD_BYTES];
    int got = 1;
    t->in = bytes;
    t->out = out;
    while (got > 0 && t->state < TLS_ENDED) {
        ERR_clear_error();
        got = SSL_read(t->ssl, record, sizeof record);
        opening_note(t);
        if (got > 0) {
            must(buf_add(plain, (struct text){record, (size_t)got}));
        } else {
            state_note(t, got);
        }
    }
    t->in = TEXT("");
    t->out = NULL;
    ERR_clear_error();
    return (enum tls_state)t->state;
}

bool tls_send(struct tls *t, struct text plain, struct buf *out)
{
    must(plain.len > 0 && plain.len <= TLS_RECORD_BYTES);
    if (t->state != TLS_OPEN && t->state != TLS_ENDED) {
        return false;
    }
    t->out = out;
    ERR_clear_error();
    int written = SSL_write(t->ssl, plain.at, (int)plain.len);
    t->out = NULL;
    if (written != (int)plain.len) {
        t->state = TLS_BROKEN;
        ERR_clear_error();
    }
    return t->state != TLS_BROKEN;
}

void tls_end(struct tls *t, struct buf *out)
{
    bool speaks = t->state == TLS_OPEN || t->state == TLS_ENDED;
    if (speaks && !(SSL_get_shutdown(t->ssl) & SSL_SENT_SHUTDOWN)) {
        t->out = out;
        ERR_clear_error();
        (void)SSL_shutdown(t->ssl);
        ERR_clear_error();
        t->out = NULL;
    }
}

enum tls_state tls_state(const struct tls *t)
{
    return (enum tls_state)t->state;
}

bool tls_has_opened(const struct tls *t)
{
    return t->opened;
}

enum wire_protocol tls_bound(const struct tls *t)
{
    return (enum wire_protocol)t->bound;
}

const char *tls_peer_certificate(const struct tls *t)
{
    return t->certificate[0] ? t->certificate : NULL;
}

const char *tls_why(const struct tls *t)
{
    return t->why ? t->why : "";
}

struct buf *tls_unsent(struct tls *t)
{
    return &t->unsent;
}
