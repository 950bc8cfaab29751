// BLAKE2b-256 (RFC 7693) of bytes that come in pieces: what `b2sum -l 256` prints of a file.
#pragma once
#include <stddef.h>

struct digest;

enum { DIGEST_HEX = 64 };

struct digest *digest_create(void);
void digest_add(struct digest *digest, const void *bytes, size_t len);
// Writes it in hexadecimal digits, with a NUL, and frees.
void digest_finish(struct digest *digest, char hex[DIGEST_HEX + 1]);
