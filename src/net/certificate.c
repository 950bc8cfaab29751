#include "net/certificate.h"

#include "base/must.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

enum {
    CHAIN_MAX = 10,
    VALID_S = 30 * 365 * 86400, // of one that was made
};

bool certificate_fingerprint(const struct x509_st *certificate, char hex[CERTIFICATE_HEX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!X509_digest(certificate, EVP_sha256(), digest, &len) || 2 * len >= CERTIFICATE_HEX) {
        return false;
    }
    for (unsigned i = 0; i < len; i++) {
        snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
    }
    return true;
}

void certificate_destroy(struct certificate *c)
{
    if (c) {
        X509_free(c->leaf);
        sk_X509_pop_free(c->chain, X509_free);
        EVP_PKEY_free(c->key);
        free(c);
    }
}

// Nobody is asked for a passphrase.
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

static bool chain_read(struct certificate *c, struct text pem, struct buf *why)
{
    BIO *bytes = BIO_new_mem_buf(pem.at, (int)pem.len);
    c->leaf = PEM_read_bio_X509(bytes, NULL, no_passphrase, NULL);
    c->chain = sk_X509_new_null();
    X509 *above;
    while (c->leaf && sk_X509_num(c->chain) < CHAIN_MAX &&
           (above = PEM_read_bio_X509(bytes, NULL, no_passphrase, NULL))) {
        sk_X509_push(c->chain, above);
    }
    BIO_free(bytes);
    ERR_clear_error(); // the end of the file is an error to PEM_read_bio_X509()
    if (!c->leaf) {
        buf_add(why, TEXT("There is no certificate in PEM form in it (\"-----BEGIN "
                          "CERTIFICATE-----\")."));
    }
    return c->leaf != NULL;
}

static bool key_read(struct certificate *c, struct text pem, struct buf *why)
{
    BIO *bytes = BIO_new_mem_buf(pem.at, (int)pem.len);
    c->key = PEM_read_bio_PrivateKey(bytes, NULL, no_passphrase, NULL);
    BIO_free(bytes);
    ERR_clear_error();
    if (!c->key) {
        buf_add(why, TEXT("There is no key in PEM form in it that can be read without a "
                          "passphrase (\"-----BEGIN PRIVATE KEY-----\")."));
        return false;
    }
    if (X509_check_private_key(c->leaf, c->key) != 1) {
        ERR_clear_error();
        buf_add(why, TEXT("The key is not the one of the certificate."));
        return false;
    }
    return true;
}

static bool details_read(struct certificate *c)
{
    struct tm end;
    if (!ASN1_TIME_to_tm(X509_get0_notAfter(c->leaf), &end)) {
        return false;
    }
    c->expires_s = timegm(&end);
    return certificate_fingerprint(c->leaf, c->fingerprint);
}

struct certificate *certificate_read(struct text certificate_pem, struct text key_pem,
                                     struct buf *why)
{
    struct certificate *c = mem_alloc(sizeof *c);
    if (!chain_read(c, certificate_pem, why) || !key_read(c, key_pem, why)) {
        certificate_destroy(c);
        return NULL;
    }
    if (!details_read(c)) {
        buf_add(why, TEXT("The certificate is not as X.509 defines it."));
        certificate_destroy(c);
        return NULL;
    }
    return c;
}

static bool serial_set(X509 *leaf)
{
    unsigned char number[16];
    if (RAND_bytes(number, sizeof number) != 1) {
        return false;
    }
    number[0] = (unsigned char)((number[0] & 0x7F) | 0x40); // positive, and its first byte not 0
    BIGNUM *big = BN_bin2bn(number, sizeof number, NULL);
    bool set = big && BN_to_ASN1_INTEGER(big, X509_get_serialNumber(leaf));
    BN_free(big);
    return set;
}

static bool extension_add(X509 *leaf, int kind, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, leaf, leaf, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    bool added = extension && X509_add_ext(leaf, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

// What a certificate of a server is to say (RFC 5280, 4.2.1).
static bool extensions_add(X509 *leaf)
{
    return extension_add(leaf, NID_basic_constraints, "critical,CA:FALSE") &&
           extension_add(leaf, NID_key_usage, "critical,digitalSignature") &&
           extension_add(leaf, NID_ext_key_usage, "serverAuth") &&
           extension_add(leaf, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") &&
           extension_add(leaf, NID_subject_key_identifier, "hash");
}

static bool leaf_fill(struct certificate *c, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(c->leaf);
    return X509_set_version(c->leaf, 2) && serial_set(c->leaf) &&
           X509_gmtime_adj(X509_getm_notBefore(c->leaf), -86400) &&
           X509_gmtime_adj(X509_getm_notAfter(c->leaf), VALID_S) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                      -1, 0) &&
           X509_set_issuer_name(c->leaf, subject) && X509_set_pubkey(c->leaf, c->key) &&
           extensions_add(c->leaf) && X509_sign(c->leaf, c->key, EVP_sha256());
}

struct certificate *certificate_make(const char *name)
{
    struct certificate *c = mem_alloc(sizeof *c);
    c->key = EVP_EC_gen("P-256");
    c->leaf = X509_new();
    if (!c->key || !c->leaf || !leaf_fill(c, name) || !details_read(c)) {
        ERR_clear_error();
        certificate_destroy(c);
        return NULL;
    }
    return c;
}

// Takes the BIO.
static bool bytes_take(BIO *bytes, bool written, struct buf *pem)
{
    char *at;
    long len = BIO_get_mem_data(bytes, &at);
    bool taken = written && len > 0 && buf_add(pem, (struct text){at, (size_t)len});
    if (len > 0) {
        OPENSSL_cleanse(at, (size_t)len);
    }
    BIO_free(bytes);
    return taken;
}

bool certificate_write(const struct certificate *c, struct buf *pem)
{
    BIO *bytes = BIO_new(BIO_s_mem());
    return bytes_take(bytes, PEM_write_bio_X509(bytes, c->leaf), pem);
}

bool certificate_write_key(const struct certificate *c, struct buf *pem)
{
    BIO *bytes = BIO_new(BIO_s_mem());
    return bytes_take(bytes, PEM_write_bio_PrivateKey(bytes, c->key, NULL, NULL, 0, NULL, NULL),
                      pem);
}
