// What the core holds. Only files of this folder include it.
#pragma once
#include "chat/account.h"
#include "chat/cloak.h"
#include "chat/core.h"
#include "chat/departed.h"
#include "chat/mask_list.h"
#include "chat/protocol.h"
#include "chat/user.h"

struct erasure;
struct presence;
struct rename;

// What a store request's cookie points at, in its lowest bits.
enum {
    COOKIE_PENDING = 0,
    COOKIE_ROOM = 1,
    COOKIE_READING = 2,
    COOKIE_RECORD = 3, // an errand, or nothing
    COOKIE_ERASURE = 4,
    COOKIE_MASK = 7
};

struct core {
    struct core_config config;
    char *server_name; // owned
    struct store *store;
    const struct output *output;
    struct moment now;
    struct session **sessions; // by handle.index
    size_t session_size;
    size_t session_count;
    size_t named_count; // of these have a user
    struct user_registry users;
    struct account_registry accounts;
    struct attempts *attempts; // of passwords and names
    struct attempts *floods;   // what is counted in rooms (chat/flood.h)
    struct erasure *erasure;   // of an account; NULL: none is under way
    struct departed_ring departed;
    struct watched *watched; // names, by key
    struct room *rooms;      // by key
    struct room *displaced;  // by place, those where that is not the key
    struct rename *renaming; // the one room that is about to have another name; NULL: none is
    size_t room_count;
    struct room *idle;         // rooms that may be empty, for longest first
    bool let_rooms_go;         // there may be rooms in the store that are not in memory
    struct rendition *dirty;   // with lines not yet sealed, linked by dirty_next
    struct session *owed;      // with lines to credit at the end of the turn
    struct session *ignoring;  // those who ignore somebody
    struct session *answering; // what is sent to it is an answer; NULL: to nobody
    struct pending *submitted; // the last one of the line being dealt with
    struct session *running;   // whose line that is; NULL: none is
    struct change *changes;    // on their way to the store, oldest first
    struct change *last_change;
    struct presence *presence; // rooms that hold presence back
    struct session *stalled;   // to be gone on with at the end of the turn
    size_t uncommitted_bytes;
    size_t uncommitted_messages; // of these are messages
    uint32_t last_session;
    uint32_t last_user;
    uint32_t last_room;
    uint32_t last_feed;
    uint32_t last_once;
    uint64_t last_id;      // of what was kept and shown since the start, or before (chat/device.h)
    uint64_t last_passing; // the last id of session_passing_id()
    uint32_t stay_count;   // accounts that stay (chat/stay.h)
    int64_t ban_end_ms;    // the time of day when the first ban of a room ends; 0: none does
    int64_t stays_due_ms;  // when they are looked at next; 0: not yet
    struct cloak {
        unsigned char key[CLOAK_KEY_BYTES];
        bool known;
    } cloak;
    int64_t retain_ms;              // when the store is asked next to let go of what is too old
    bool disk_low;                  // guests' messages are refused
    struct rule_list bans;          // of the server (chat/bans.h)
    struct invitation *invitations; // by digest
    struct text claim;              // owned: what makes an account the owner; empty: nothing does
    bool shutting_down;
};

struct errand;
// Asks the store to keep a record; whether it does is told to `errand` (NULL: to the operator, if
// it does not).
void core_keep(struct core *core, const struct record *record, struct errand *errand);
// Tells the operator that something which nobody waits for could not be kept (0: it could).
void core_tell_unkept(struct core *core, int error);
