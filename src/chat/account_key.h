// What lets somebody in to an account besides its password: the certificates that it knows, and
// resume tokens, which clients are given so that they come back without a password and the server
// need not work on one. Of both a digest is kept, in the account's record. No digest belongs to two
// accounts.
#pragma once
#include "base/digest.h"
#include "chat/account.h"

enum key_kind { KEY_CERTIFICATE = 'c', KEY_TOKEN = 't' };

enum {
    ACCOUNT_CERTIFICATES_MAX = 10,
    ACCOUNT_TOKENS_MAX = 20,
    KEY_NAME_LEN = 8, // the first digits of a digest, by which people name it
};

enum key_state {
    KEY_NEW,   // on its way to the store: opens nothing yet
    KEY_KEPT,  // opens
    KEY_ENDED, // opens nothing any more; on its way out of the store
};

struct account_key {
    struct account_key *prev, *next; // of the account's, the oldest first
    struct account *account;
    char id[1 + DIGEST_HEX + 1]; // its kind and its digest in hexadecimal
    enum key_state state;
    int64_t added_ms;
    int64_t used_ms; // a day late at most
    UT_hash_handle by_id;
};

enum key_kind key_kind(const struct account_key *key);
// In hexadecimal.
struct text key_digest(const struct account_key *key);

// Adds one, with KEY_NEW. NULL if somebody has it, or it is no digest.
struct account_key *key_add(struct account_registry *registry, struct account *account,
                            enum key_kind kind, struct text digest, int64_t now_ms);
void key_destroy(struct account_registry *registry, struct account_key *key);
void keys_destroy(struct account_registry *registry, struct account *account);
// The one of this id or digest, in whatever state; NULL: none.
struct account_key *key_of_id(const struct account_registry *registry, const char *id);
struct account_key *key_find(const struct account_registry *registry, enum key_kind kind,
                             struct text digest);
// The kept one of the account whose digest begins so, with KEY_NAME_LEN digits at least; NULL:
// none, or several.
struct account_key *key_named(const struct account *account, enum key_kind kind,
                              struct text beginning);
size_t keys_count(const struct account *account, enum key_kind kind);
// The account's kept key after `key` (NULL: its first); NULL: there is no more.
const struct account_key *key_next(const struct account *account, enum key_kind kind,
                                   const struct account_key *key);

// Appends the name and the days of a key: "3fa9c1d2 (added 2026-01-01, last used 2026-01-02)".
void key_say(const struct account_key *key, struct buf *out);
// A token opens nothing once nobody has used it for so long.
bool key_has_expired(const struct account_key *key, int64_t now_ms);
