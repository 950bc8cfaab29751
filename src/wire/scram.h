// SCRAM-SHA-256 (RFC 5802, RFC 7677): the server's side, without channel binding, and what is kept
// of a password for it. Texts of people are compared as bytes, without SASLprep.
#pragma once
#include "base/buf.h"

enum {
    SCRAM_DIGEST = 32,
    SCRAM_SALT = 16,
    SCRAM_NONCE = 18,
    SCRAM_ROUNDS = 100000,
    SCRAM_KEPT_MAX = 192, // of what scram_write() writes
};

struct scram_keys {
    uint32_t rounds;
    unsigned char salt[SCRAM_SALT];
    unsigned char stored[SCRAM_DIGEST];
    unsigned char server[SCRAM_DIGEST];
};

// Derives the other keys from the password, the rounds and the salt; takes some tenths of a second.
void scram_derive(struct scram_keys *keys, struct text password);
// As it is kept: "SCRAM-SHA-256$<rounds>:<salt>$<stored key>:<server key>", in base64.
void scram_write(const struct scram_keys *keys, struct buf *out);
bool scram_read(struct text kept, struct scram_keys *keys);

// One exchange.
struct scram;
struct scram *scram_create(void);
void scram_destroy(struct scram *scram); // NULL is fine

// Takes the client's first message; false if it is none.
bool scram_first(struct scram *scram, struct text message);
// Whom it names, until the exchange ends.
struct text scram_name(const struct scram *scram);
// Appends the server's first message, once.
void scram_challenge(struct scram *scram, const struct scram_keys *keys,
                     const unsigned char nonce[SCRAM_NONCE], struct buf *out);
// Takes the client's final message. True if it proves that the client knows the password; then the
// server's final message is appended.
bool scram_final(struct scram *scram, struct text message, struct buf *out);
