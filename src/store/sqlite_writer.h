// The only connection that writes: commits messages and records, and between the commits fills the
// index and makes checkpoints. One thread at a time; nothing here waits for another one.
#pragma once
#include "store/sqlite_index.h"
#include "store/sqlite_log.h"
#include "store/sqlite_place.h"
#include "store/sqlite_trim.h"
#include "store/store_sqlite.h"

struct submission {
    struct message *message; // owned; gets its id and seq. NULL: it is
    struct record *record;   // this record; owned
    uint64_t cookie;
    int refused; // a redaction or an erasure: -ENOENT or -EACCES
};

enum { WRITER_STATEMENTS = 11 };

struct sqlite_writer {
    sqlite3 *database;
    sqlite3_stmt *statements[WRITER_STATEMENTS];
    struct places places;
    struct sqlite_index index;
    struct sqlite_trim trim;
    int64_t last_id;
    struct sqlite_log log;
    bool unsynced; // as in store_sqlite_options
    bool eager;
    bool synced;        // synchronous=FULL is set, as commits want it
    bool lost_sync;     // an fsync has failed: nothing is acknowledged any more
    bool upkeep_failed; // not tried again before the next commit has succeeded
    uint32_t epoch;
    struct store_sqlite_figures figures;
};

// Opens and, if need be, makes or updates the database. NULL with `error` filled.
struct sqlite_writer *sqlite_writer_open(const char *path,
                                         const struct store_sqlite_options *options,
                                         struct store_sqlite_error *error);
// NULL is allowed.
void sqlite_writer_close(struct sqlite_writer *writer);

// Commits all of them in one transaction, or none: 0, or -errno for all. A redaction or an
// erasure that cannot be done is refused for itself.
int sqlite_writer_commit(struct sqlite_writer *writer, struct submission *batch, size_t count);
struct store_sqlite_figures sqlite_writer_figures(const struct sqlite_writer *writer);

enum upkeep { UPKEEP_NONE, UPKEEP_LATER, UPKEEP_MORE };
// One piece of work that may wait, of at most about 2 ms of processor time. Then says whether
// there is more to do at once, or later, when it has been quiet for a moment (`quiet`).
enum upkeep sqlite_writer_upkeep(struct sqlite_writer *writer, bool quiet);
