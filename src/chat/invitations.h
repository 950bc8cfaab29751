// Invitations as codes, for so many people and so long: into a room that is closed to others, or
// to register a name where that needs one. Only a digest of a code is kept, as a record.
#pragma once
#include "base/digest.h"
#include "base/hash.h"
#include "base/text.h"

struct core;
struct record;
struct room;
struct session;

enum {
    INVITATIONS_MAX = 1000,
    INVITATION_CODE_LEN = 16, // of 32 letters and digits: 80 random bits
    INVITATION_NAME_LEN = 8,  // of the digest, by which it is told from others
    INVITATION_USES_MAX = 10000,
};

struct invitation {
    char digest[DIGEST_HEX + 1];
    struct text place; // of the room, in the store; owned; empty: it is for registering
    struct text by;    // who has made it; owned
    uint32_t uses;     // that are left
    uint32_t reserved; // of these, by what is not kept yet
    bool ending;       // opens nothing
    int64_t made_ms;
    int64_t until_ms;
    UT_hash_handle hh;
};

struct invitation_wish {
    struct room *room; // NULL: to register
    uint32_t uses;
    int64_t for_ms;
};

// Reads "[#room] [uses] [time]" in any order. Once, and for a week, where nothing is said. False if
// a word is none of these: `why` gets a sentence.
struct buf;
bool invitation_read(struct session *session, struct text words, struct invitation_wish *wish,
                     struct buf *why);
// Makes one and tells its code. Else the sentence that says why not.
const char *session_invite_by_code(struct session *session, const struct invitation_wish *wish,
                                   char code[INVITATION_CODE_LEN + 1]);
// The one after `one` (NULL: the first) that the session may see: of the rooms that it operates,
// or all for moderators of the server.
const struct invitation *session_next_invitation(struct session *session,
                                                 const struct invitation *one);
// Ends the one whose name is this; false if the session may see none.
bool session_end_invitation(struct session *session, struct text name);
// "3fa9c1d2 into #den, for 3, until 2026-01-08 14:30 UTC (by Ann)"
void invitation_say(const struct core *core, const struct invitation *one, struct buf *out);

// Remembers a code for registering; false if it opens nothing.
bool session_redeem(struct session *session, struct text code);

// For the core's parts. The one that the code opens the room with; NULL: none.
struct invitation *invitation_into(const struct core *core, const struct room *room,
                                   struct text code);
// Uses that one, if the session needs it to come in. True: the session waits until that is kept,
// and then comes in.
bool invitation_spend(struct session *session, const struct room *room, struct text code);
// Registering: sets aside one use of what was redeemed, which there has to be, and gives its
// digest. It is used, or given back; before the account's record is written it is spent, so that it
// lets nobody else in should the server end between the two.
bool session_has_invitation(const struct session *session);
const char *invitation_reserve(struct session *session);
void invitation_spend_reserved(struct core *core, const char *digest);
void invitation_settle(struct core *core, const char *digest, bool used);
// They let nobody into the room, or again, because it is about to be nobody's, or that could not be
// kept.
void invitations_close_room(struct core *core, const struct room *room, bool closed);
// A room is another one's from here on, or nobody's: what let into it lets in no more.
void invitations_forget_room(struct core *core, const struct room *room);
#define INVITATION_KIND "invitation"
// False if it cannot be understood; it opens nothing.
bool invitation_load(struct core *core, const struct record *record);
void invitations_finish(struct core *core);
// invitation_record.c
void invitation_write(const struct invitation *one, struct buf *out);
bool invitation_parse(struct text json, struct invitation *one);
