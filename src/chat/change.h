// A change of what the server keeps: rules of rooms, who is what in them, bans, roles, invitations.
// It holds, and is told to anybody, only once it is on disk, with what the audit log says of it.
// Its session waits until then, and what is said to that in answer to the line waits too: it is
// told if the change is kept, else the protocol's not_changed() is called instead.
#pragma once
#include "chat/event.h"

struct room;
struct session;

// Stands first in a kind's own struct, which is freed with it.
struct change {
    struct session *session; // who makes it
    struct room *room;       // in whose order it is told; NULL: it is told in none
    // Makes the change hold and tells it or, if it could not be kept (-errno), forgets it, and has
    // what holds instead kept once more, if it is not doomed. Lets go
    // of what the kind's own struct holds. Returns 0, or why the change does not hold.
    int (*end)(struct change *, int error);
    // Not the change itself but an earlier one of the same record could not be kept. That one
    // writes the record as it was, after this one's.
    bool doomed;
    char *did;             // owned: what the audit log says; NULL: nothing
    bool did_shown;        // to whoever watches the server, too
    char *record;          // owned: the kind and key of what is on its way
    struct change *before; // of those that are, and next
    struct change *next;
};

// `size` bytes, zeroed beyond the change.
struct change *change_begin(struct session *session, struct room *room, size_t size,
                            int (*end)(struct change *, int error));
// Says what is done: "has lifted the ban of Bob". Without `shown` only the audit log says it.
void change_note(struct change *change, bool shown, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Asks the store, and ends the change when it has answered.
void change_submit(struct change *change, const struct record *record);
// Ends it at once: nothing of it is kept.
void change_make(struct change *change);

// For the core's parts only.
// The store has answered (0 or -errno). Frees the change.
void change_answered(struct change *change, int error);
// The session's line is dealt with: what is said from here on has nothing to do with its changes.
void changes_line_ends(struct session *session);
// Whether what is said to the session is put aside until its changes are kept.
bool changes_put_aside(struct session *session, struct text block);
