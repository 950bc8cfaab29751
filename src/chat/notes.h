// Small texts by key that belong to somebody or to a room: metadata that clients set, how far
// people have read, and which messages wait for an account. Those of accounts and rooms are
// records of the store as well; a guest's end with the guest.
#pragma once
#include "base/hash.h"
#include "base/text.h"

struct account;
struct core;
struct record;
struct room;
struct session;
struct user;

struct note {
    struct text key;   // owned
    struct text value; // owned; may be empty
    uint32_t order;    // above that of the one before
    UT_hash_handle hh;
};

struct notes {
    struct note *by_key; // in the order in which they were made
};

// Those from NOTES_MAIL (chat/mail.h) on only accounts have.
enum notes_kind {
    NOTES_METADATA,
    NOTES_READ,
    NOTES_MAIL,
    NOTES_SEEN, // when each of its devices was connected last; chat/stay.h
    NOTES_STAY, // rooms by their places: as people write them; the same
    NOTES_KINDS
};
enum {
    NOTES_METADATA_MAX = 50,
    NOTES_READ_MAX = 1000,
    NOTES_MAIL_MAX = 20000, // limits.mail_per_account comes first
    NOTES_SEEN_MAX = 20,
    NOTES_STAY_MAX = 10000, // limits.rooms_per_user comes first
    NOTE_KEY_MAX = 256,
    NOTE_VALUE_MAX = 300
};

// One word: "metadata".
const char *notes_word(enum notes_kind kind);
// The value; its `at` is NULL if there is none.
struct text notes_get(const struct notes *notes, struct text key);
// `value.at` NULL: none any more. False if there are `most` already.
bool notes_set(struct notes *notes, struct text key, struct text value, size_t most);
size_t notes_count(const struct notes *notes);
void notes_clear(struct notes *notes);

// Whose: a room, an account, or else a user.
struct notes_owner {
    struct room *room;
    struct account *account;
    struct user *user;
};

struct notes *session_notes(const struct session *session, struct notes_owner owner,
                            enum notes_kind kind);
// What a session sets. It holds when it is kept (chat/change.h), which of a guest is at once; then
// `kept` is called, with the texts that were given and the owner if that is still there.
struct note_wish {
    struct notes_owner owner; // no account
    enum notes_kind kind;
    struct text key; // at most NOTE_KEY_MAX bytes, and no blank
    struct text value;
    struct text about; // for `kept`
    void (*kept)(struct session *, const struct note_wish *);
};
// False if there are as many as there can be, with those that are on their way.
bool session_set_note(struct session *session, const struct note_wish *wish);

// For the core's parts. As notes_set(), kept; nobody waits for it.
bool notes_keep(struct core *core, struct notes_owner owner, enum notes_kind kind, struct text key,
                struct text value);
// The same, and the store's answer has this cookie.
bool notes_keep_for(struct core *core, struct notes_owner owner, enum notes_kind kind,
                    struct text key, struct text value, uint64_t cookie);
// Takes a record if it is of a kind that belongs here. False: whom it belongs to is not there.
bool notes_load(struct core *core, const struct record *record);
// An account, or a room, is no more: its records go.
void notes_forget_account(struct core *core, struct account *account);
void notes_forget_room(struct core *core, struct room *room);
