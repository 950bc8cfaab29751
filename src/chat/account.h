// Accounts: registered names. Their number is their identity for ever; the name belongs to
// them in every protocol, ignoring case and look-alikes. All of them are in memory, and each
// change is written to the store as a record of the kind "account".
#pragma once
#include "base/hash.h"
#include "chat/name.h"
#include "chat/notes.h"
#include "store/store.h"

struct account_key;
struct core;

enum role { ROLE_MEMBER, ROLE_MODERATOR, ROLE_ADMIN, ROLE_OWNER, ROLE_COUNT };

enum account_flag {
    ACCOUNT_SUSPENDED = 1 << 0,  // nobody logs in to it
    ACCOUNT_NEW = 1 << 1,        // not kept yet: its name is taken, that is all
    ACCOUNT_ALWAYS_ON = 1 << 2,  // wants to stay in its rooms (chat/stay.h),
    ACCOUNT_ALWAYS_OFF = 1 << 3, // or wants not to
    ACCOUNT_ERASING = 1 << 4,    // chat/erasure.h; suspended as well
};

struct account {
    uint64_t number;
    struct text name;          // as registered; owned
    struct text key;           // folded; owned
    struct text skeleton;      // owned
    struct text password;      // what the password is checked against; owned; empty: it has none
    struct text email;         // for the operator (chat/email.h); owned; empty: none was given
    uint32_t password_changes; // since the start: a check of an older one has come too late
    struct account_key *keys;  // certificates and tokens (chat/account_key.h)
    enum role role;            // that is kept; see account_role()
    enum role role_coming;     // on its way to the store; if none is, the same
    uint32_t flags;
    int64_t created_ms;
    struct notes notes[NOTES_KINDS];
    uint32_t rooms;          // that it has opened and that last
    uint32_t online;         // users that are logged in to it
    struct session *stay;    // keeps its user in the rooms (chat/stay.h); NULL: nothing does
    uint32_t mail_unsettled; // messages to it on their way to the store (chat/mail.h)
    UT_hash_handle by_key;
    UT_hash_handle by_skeleton;
    UT_hash_handle by_number;
};

struct account_registry {
    struct account *by_key;
    struct account *by_skeleton;
    struct account *by_number;
    struct account_key *keys; // of all accounts
    uint64_t last_number;
};

// One word: "owner".
const char *role_word(enum role role);
// The role that counts: one that is given does when it is kept, one that is taken away no more at
// once.
enum role account_role(const struct account *account);
// False if there is no such role.
bool role_find(struct text word, enum role *role);

// Takes an account or a counter that the store has kept; false if it cannot be understood. At
// start.
bool account_load(struct account_registry *registry, const struct record *record);
void accounts_finish(struct account_registry *registry);

// Makes an account of an allowed name, with ACCOUNT_NEW. NULL if the name, or one like it, belongs
// to an account.
struct account *account_create(struct account_registry *registry, struct text name, int64_t now_ms);
void account_destroy(struct account_registry *registry, struct account *account);
// The account of this name, whatever the case; NULL if there is none or it is new.
struct account *account_find(const struct account_registry *registry, struct text name);
struct account *account_by_number(const struct account_registry *registry, uint64_t number);
// The account, new ones too, to which this name belongs: its own or one that looks like it.
const struct account *account_of_name(const struct account_registry *registry, struct text name);
// The name of the account that somebody is; empty: a guest, or an account that is no more.
struct text account_name_of(const struct account_registry *registry, struct identity who);
struct identity account_identity(const struct account *account);

// Writes the value of its record.
void account_write(const struct account *account, struct buf *out);
