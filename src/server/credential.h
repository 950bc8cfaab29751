// Who the server is in TLS: the certificate that its owner has given, or one that it makes at its
// first start and keeps in the data folder.
#pragma once
#include "server/config.h"

struct credential;
struct tls_context;

// NULL and a sentence in `why` if a given certificate cannot be used, or the server's own cannot
// be kept.
struct credential *credential_create(const struct config *c, struct buf *why);
// Whether a given one could be used; makes none. False and a sentence in `why`.
bool credential_check(const struct config *c, struct buf *why);
// NULL is allowed.
void credential_destroy(struct credential *credential);

// Reads it again, if it is a given one. On failure the old one stays and `why` says why.
bool credential_reload(struct credential *credential, const struct config *c, struct buf *why);
// The files of a given one are others than those that were read last, or were tried last, and
// have been so since the call before.
bool credential_has_changed(struct credential *credential, const struct config *c);
// Other keys for tickets, so that who gets hold of them cannot read what was said before: every
// 12 hours of `now_ms`, which does not jump, from the first call on. True if they are others now:
// credential_tls() is.
bool credential_turn_tickets(struct credential *credential, int64_t now_ms);

struct tls_context *credential_tls(const struct credential *credential);
// SHA-256 in hexadecimal.
const char *credential_fingerprint(const struct credential *credential);
bool credential_is_given(const struct credential *credential);
int64_t credential_expires_s(const struct credential *credential);
