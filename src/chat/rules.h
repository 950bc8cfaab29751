// What a room allows whom: its flags, key, size, and lists of masks. A room without rules
// is open to all.
#pragma once
#include "chat/flood_profile.h"
#include "chat/mask_list.h"

struct user;

enum rule_flag {
    RULE_INVITE_ONLY = 1 << 0,
    RULE_MODERATED = 1 << 1,
    RULE_NO_OUTSIDERS = 1 << 2, // who is not in may not speak
    RULE_SECRET = 1 << 3,       // not shown to those who are not in
    RULE_PRIVATE = 1 << 4,      // the same, by its older name
    RULE_TOPIC_LOCKED = 1 << 5,
    RULE_NO_CTCP = 1 << 6,
    RULE_NO_NOTICE = 1 << 7,
    RULE_NO_COLOURS = 1 << 8,
    RULE_ACCOUNTS_SPEAK = 1 << 9, // only those with an account
    RULE_ACCOUNTS_JOIN = 1 << 10,
};

enum rank {
    RANK_VOICE = 1 << 0,
    RANK_HALF_OPERATOR = 1 << 1,
    RANK_OPERATOR = 1 << 2,
    RANK_ADMIN = 1 << 3,
    RANK_FOUNDER = 1 << 4,
};

enum rule_list_kind { RULE_BANS, RULE_EXCEPTIONS, RULE_INVITATIONS, RULE_LISTS };

// What an account is in the room, whenever it is in.
struct rule_rank {
    uint64_t account;
    uint8_t ranks; // bits of enum rank
};

enum {
    RULE_MASKS_MAX = 100,
    RULE_SLOW_MAX_S = 24 * 60 * 60,
    RULE_KEY_MAX = 32,
    RULE_INVITED_MAX = 100,
    RULE_RANKS_MAX = 200,
};

struct rules {
    uint32_t flags;
    uint32_t limit;                 // members; 0: none
    uint32_t slow_s;                // what one waits between two messages; 0: nothing
    char flood[FLOOD_NAME_MAX + 1]; // its own profile, which need not be there; "": it has none
    struct text key;                // owned; empty: none
    struct rule_list lists[RULE_LISTS];
    uint32_t *invited; // user numbers
    size_t invited_count;
    struct rule_rank *ranks;
    size_t rank_count;
    bool kept; // they last while nobody is in, and over a restart
    int64_t created_ms;
};

struct rules *rules_create(int64_t now_ms);
// A copy, but for who is invited.
struct rules *rules_copy(const struct rules *rules);
void rules_destroy(struct rules *rules); // NULL is allowed
// Empty: the room has none of its own.
void rules_set_flood(struct rules *rules, struct text profile);
void rules_set_key(struct rules *rules, struct text key);

// Whether not everybody may come in, or read from outside.
bool rules_are_closed(const struct rules *rules);

// The ranks of an account, and another rank of it. False when the list is full.
uint8_t rules_ranks(const struct rules *rules, uint64_t account);
bool rules_set_rank(struct rules *rules, uint64_t account, enum rank rank, bool on);
// The account is no more: it has no rank, and `instead` stands for its name where it has set a
// mask. False if there was nothing of it.
bool rules_forget_account(struct rules *rules, uint64_t account, struct text name,
                          const char *instead);

// Adds a copy of what mask_is_good(); see rule_list_add().
bool rules_add(struct rules *rules, enum rule_list_kind kind, const struct rule_mask *mask);
// Removes it; false if it was not there.
bool rules_remove(struct rules *rules, enum rule_list_kind kind, struct text mask);
// Removes what has ended; whether there was any.
bool rules_expire(struct rules *rules, int64_t now_ms);
bool rules_match(const struct rules *rules, enum rule_list_kind kind, const struct actor *actor,
                 int64_t now_ms);
// Whether a ban keeps the person from speaking, if from nothing else, and no exception lets the
// person speak, if nothing else.
bool rules_silence(const struct rules *rules, const struct actor *actor, int64_t now_ms);

// One invitation lets one user in once.
void rules_invite(struct rules *rules, uint32_t user);
bool rules_is_invited(const struct rules *rules, uint32_t user);
void rules_uninvite(struct rules *rules, uint32_t user);
// Those who are invited by `from` are invited by these rules instead. `from` NULL: nobody is.
void rules_take_invited(struct rules *rules, struct rules *from);
