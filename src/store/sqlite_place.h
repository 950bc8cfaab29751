// The places as the writer knows them by key: numbers, last sequence numbers, and how many bytes
// the texts are that are kept; read from the file when first needed.
#pragma once
#include "base/hash.h"
#include "store/store.h"

#include <sqlite3.h>

struct place {
    int64_t number;
    uint64_t last_seq;
    int64_t last_id;
    int64_t bytes;      // of the texts kept
    int64_t open_bytes; // of these, in messages behind the last milestone
    struct place *touched_next;
    bool touched;
    UT_hash_handle hh;
    size_t key_len;
    char key[];
};

// A message whose number is a multiple of MILESTONE_EVERY is one where a reader can start without
// following the chain from the newest one. It has the bytes of the texts kept of the
// MILESTONE_EVERY messages that end with it.
enum { MILESTONE_EVERY = 64, PLACE_STATEMENTS = 7 };

struct places {
    sqlite3 *database;
    sqlite3_stmt *statements[PLACE_STATEMENTS];
    struct place *by_key;
    struct place *touched; // what is known of them is not in the file yet
};

// 0 or -errno; places_finish() must follow in either case.
int places_init(struct places *places, sqlite3 *database);
void places_finish(struct places *places);

// Where a message stands in its place.
struct standing {
    int64_t place;
    int64_t before; // the id of the message before it, or 0
};

// Gives the message, whose id is known, its place's next number. The place is made if
// need be. 0 or -errno.
int places_number(struct places *places, struct message *message, struct standing *standing);
// Of message `seq` of the place, texts of so many bytes are no longer kept. 0 or -errno.
int places_lose(struct places *places, struct text key, uint64_t seq, size_t bytes);
// Writes what is known of places that were changed, before the transaction is committed. 0 or
// -errno.
int places_write(struct places *places);
// After a commit: forgets places when there are too many to be kept in memory.
void places_trim(struct places *places);
// After a rollback: what is known is in the file alone.
void places_forget(struct places *places);
