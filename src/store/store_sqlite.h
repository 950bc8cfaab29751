// A store in one SQLite file, `hobnob.db` in the data folder (WAL, synchronous=FULL).
// Two threads of its own: one writes (all that is queued is one transaction; between
// transactions it fills the full-text index in slices of at most 2 ms and makes bounded
// checkpoints), one reads pages through a read-only connection.
#pragma once
#include "store/store.h"

struct store_sqlite_options {
    const char *folder;          // made with mode 0700 if it is not there
    const char *vfs;             // NULL, or the name of a registered SQLite VFS (tests)
    void (*wake)(void *context); // called on a thread of the store's: answers wait
    void *wake_context;
    // For tests alone:
    bool unsynced; // acknowledge without waiting for the disk (synchronous=OFF)
    bool eager;    // index at once instead of when there is enough to do
};

// How the store is doing; numbers since it was opened.
struct store_sqlite_figures {
    uint64_t commits;
    uint64_t committed;   // messages
    uint64_t not_indexed; // messages that searches read one by one
    bool trimming;        // what store_retain() asked for is not done
    uint64_t checkpoints;
    int64_t checkpoint_max_us; // the longest one: commits wait for it
    int64_t slice_max_us;      // the longest piece of indexing, likewise
    int64_t writer_cpu_us;     // processor time of the writing thread
};

struct store_sqlite_error {
    int code;           // -errno; -EBUSY: another process uses the folder
    char sentence[512]; // for people
};

// Opens or makes the database; a file of an older schema is backed up beside itself
// (hobnob.db.schema-<N>.bak) and then brought up to date; one of a newer schema is refused.
// NULL and `error` filled on failure. After a failed fsync nothing more is ever
// acknowledged; reading goes on.
struct store *store_sqlite_open(const struct store_sqlite_options *options,
                                struct store_sqlite_error *error);

// May be called at any time, for a store that store_sqlite_open() gave.
void store_sqlite_figures(struct store *store, struct store_sqlite_figures *figures);

// Somebody else reads one state of the database for long (a backup), or has ended that: the log
// grows meanwhile, and pages of history do not wait for it to be begun anew. Any thread.
void store_sqlite_hold(struct store *store, bool begins);
