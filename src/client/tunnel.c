#include "client/tunnel.h"

#include "base/must.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct tunnel {
    SSL_CTX *rules;
    SSL *ssl;
    const char *why;
    bool open;
};

static void host_set(SSL *ssl, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
    } else {
        SSL_set1_host(ssl, host);
        SSL_set_tlsext_host_name(ssl, host);
    }
}

struct tunnel *tunnel_create(int socket, const char *host)
{
    struct tunnel *t = mem_alloc(sizeof *t);
    t->rules = SSL_CTX_new(TLS_client_method());
    must(t->rules && SSL_CTX_set_min_proto_version(t->rules, TLS1_2_VERSION));
    SSL_CTX_set_default_verify_paths(t->rules);
    // Whom nobody has signed may still be known: the caller decides.
    SSL_CTX_set_verify(t->rules, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(t->rules, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    t->ssl = SSL_new(t->rules);
    must(t->ssl && SSL_set_fd(t->ssl, socket));
    host_set(t->ssl, host);
    SSL_set_connect_state(t->ssl);
    ERR_clear_error();
    return t;
}

void tunnel_destroy(struct tunnel *t)
{
    if (t) {
        SSL_free(t->ssl);
        SSL_CTX_free(t->rules);
        free(t);
    }
}

static enum tunnel_state failure(struct tunnel *t, int error)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    t->why = reason ? reason : "the connection ended";
    // Any whole record says that TLS is spoken there.
    bool foreign = error == SSL_ERROR_SYSCALL ||
                   ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER ||
                   ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING ||
                   ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST;
    return foreign ? TUNNEL_FOREIGN : TUNNEL_BROKEN;
}

enum tunnel_state tunnel_shake(struct tunnel *t)
{
    ERR_clear_error();
    int result = SSL_do_handshake(t->ssl);
    if (result == 1) {
        t->open = true;
        return TUNNEL_OPEN;
    }
    int error = SSL_get_error(t->ssl, result);
    enum tunnel_state state = error == SSL_ERROR_WANT_READ    ? TUNNEL_READS
                              : error == SSL_ERROR_WANT_WRITE ? TUNNEL_WRITES
                                                              : failure(t, error);
    ERR_clear_error();
    return state;
}

struct tunnel_peer tunnel_peer(const struct tunnel *t)
{
    struct tunnel_peer peer = {.is_signed = SSL_get_verify_result(t->ssl) == X509_V_OK};
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    X509 *certificate = SSL_get0_peer_certificate(t->ssl);
    if (certificate && X509_digest(certificate, EVP_sha256(), digest, &len)) {
        for (unsigned i = 0; i < len && 2 * i + 2 < TUNNEL_FINGERPRINT; i++) {
            snprintf(peer.fingerprint + (size_t)2 * i, 3, "%02x", digest[i]);
        }
    }
    return peer;
}

const char *tunnel_why(const struct tunnel *t)
{
    return t->why ? t->why : "";
}

// What recv() and send() would say.
static ssize_t result_of(struct tunnel *t, int result)
{
    if (result > 0) {
        return result;
    }
    int error = SSL_get_error(t->ssl, result);
    if (error == SSL_ERROR_ZERO_RETURN) {
        return 0;
    }
    bool waits = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    t->open = t->open && waits;
    ERR_clear_error();
    errno = waits ? EAGAIN : ECONNRESET;
    return -1;
}

ssize_t tunnel_receive(struct tunnel *t, char *bytes, size_t size)
{
    ERR_clear_error();
    return result_of(t, SSL_read(t->ssl, bytes, (int)size));
}

ssize_t tunnel_send(struct tunnel *t, struct text bytes)
{
    ERR_clear_error();
    ssize_t sent = result_of(t, SSL_write(t->ssl, bytes.at, (int)bytes.len));
    if (sent == 0) {
        errno = EPIPE;
    }
    return sent ? sent : -1;
}

void tunnel_end(struct tunnel *t)
{
    if (t->open) {
        ERR_clear_error();
        (void)SSL_shutdown(t->ssl);
        ERR_clear_error();
        t->open = false;
    }
}
