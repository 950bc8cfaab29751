// Argon2id (RFC 9106) by libsodium: what is kept of a password is its text form, with parameters
// and salt, and behind a blank, where they are wanted, keys for SCRAM (wire/scram.h). Takes a tenth
// of a second or so, and the memory.
#pragma once
#include "wire/scram.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    PASSWORD_ARGON_MAX = 128, // bytes of that form, with a zero
    PASSWORD_KEPT_MAX = PASSWORD_ARGON_MAX + SCRAM_KEPT_MAX,
};

struct password_cost {
    unsigned long long passes;
    size_t memory; // bytes
};

// What is to be made of a password, and what came of it.
struct password_try {
    struct password_cost cost;       // for what is made
    bool makes;                      // else it is compared
    bool scram;                      // what is kept has keys for SCRAM
    char against[PASSWORD_KEPT_MAX]; // with this
    bool matches;                    // or it is made
    char made[PASSWORD_KEPT_MAX];    // empty, or what is to be kept from here on
};

// Without the memory for it nothing matches, and nothing is made.
void password_work(struct password_try *t, const char *password, size_t len);
// Nobody's: nothing matches it, and to find that out costs as much as with somebody's.
void password_nobody(const struct password_cost *cost, char kept[PASSWORD_KEPT_MAX]);
