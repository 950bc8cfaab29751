// A server's certificate with its chain and key: read from PEM, or made.
#pragma once
#include "base/buf.h"

enum { CERTIFICATE_HEX = 65 }; // of a SHA-256, with its NUL

struct certificate {
    struct x509_st *leaf;
    struct stack_st_X509 *chain; // above the leaf; NULL: none
    struct evp_pkey_st *key;
    int64_t expires_s; // since 1970
    char fingerprint[CERTIFICATE_HEX];
};

// Reads a certificate, with those above it behind it, and its key. NULL and a sentence in `why`
// if something is wrong: no certificate, no key, a key with a passphrase, or one of another
// certificate.
struct certificate *certificate_read(struct text certificate_pem, struct text key_pem,
                                     struct buf *why);
// A self-signed one for `name`, ECDSA on P-256, that is valid for decades. NULL if the system
// cannot make one.
struct certificate *certificate_make(const char *name);
// Appends it, or its key, as PEM.
bool certificate_write(const struct certificate *c, struct buf *pem);
bool certificate_write_key(const struct certificate *c, struct buf *pem);
// NULL is allowed.
void certificate_destroy(struct certificate *c);

// SHA-256 in hexadecimal.
bool certificate_fingerprint(const struct x509_st *certificate, char hex[CERTIFICATE_HEX]);
