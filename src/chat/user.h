// People and bots by name. A name is unique among all who are online, in every protocol,
// ignoring case and look-alikes.
#pragma once
#include "base/clock.h"
#include "base/hash.h"
#include "chat/event.h"
#include "chat/name.h"
#include "chat/notes.h"

struct account;
struct core;
struct session;

enum user_mode {
    USER_INVISIBLE = 1 << 0,     // not shown to those who share no room
    USER_WALLOPS = 1 << 1,       // reads what operators tell everybody
    USER_BOT = 1 << 2,           // a program
    USER_ACCOUNTS_ONLY = 1 << 3, // takes private messages from registered people only
    USER_NO_CTCP = 1 << 4,
};

struct user {
    struct text name;             // as written; owned
    struct text key;              // folded; owned
    struct text skeleton;         // owned
    struct text login;            // owned; empty: none given
    struct text real_name;        // owned; empty: none given
    struct text account;          // owned; empty: a guest
    uint64_t cloak;               // a keyed hash of its address
    struct address_bytes address; // :: on a Unix socket
    uint32_t modes;               // bits of enum user_mode
    struct identity identity;
    uint32_t number;                // in segment_line.user
    bool is_operator;               // of the server
    bool away_absent;               // away only because nobody is connected (chat/stay.h)
    bool nameless;                  // a relay peer: a port instead of a name, not in the registry
    char *away;                     // NULL: here
    struct notes notes[NOTES_MAIL]; // a guest's (chat/notes.h)
    struct moment since;            // its sign-in
    struct moment spoke;            // when it said something last, or its sign-in
    struct session *sessions;       // linked by user_next
    UT_hash_handle by_key;
    UT_hash_handle by_skeleton;
};

struct user_registry {
    struct user *by_key;
    struct user *by_skeleton;
    struct user **sorted; // by key
    size_t count;
    size_t most; // there ever were
    size_t size;
};

// Whether somebody may be called so: name_check(), and not as the server is.
enum name_fault user_name_check(const struct core *core, struct text name);
// Makes a user of this name, who comes from `address`. NULL with *fault when the name is not
// allowed, NULL with NAME_OK when it is taken.
struct user *user_create(struct core *core, struct text name, struct text address,
                         enum name_fault *fault);
// Makes a relay peer's user, whose name is its port.
struct user *user_create_nameless(struct core *core, struct text name, struct text address);
// The user is logged in to this account from now on; NULL: to none.
void user_set_account(struct core *core, struct user *user, const struct account *account);
// The user as others are told of it; valid until it changes.
struct actor user_actor(const struct user *user);
void user_destroy(struct core *core, struct user *user);
// As user_create() for another name of the same user; false and the old name stays.
bool user_rename(struct core *core, struct user *user, struct text name, enum name_fault *fault);
// Who is online under this name, whatever the case; NULL if nobody.
struct user *user_find(struct core *core, struct text name);
// Who is online under this name or one that looks like it; NULL if nobody.
struct user *user_holder(struct core *core, struct text name);
// Somebody who is online and is this; NULL if nobody is.
struct user *user_of(const struct core *core, struct identity who);
// How many users stand before `key` in alphabetical order: a place to go on from.
size_t user_registry_rank(const struct user_registry *registry, struct text key);
void user_registry_finish(struct user_registry *registry);
