// Backups: one file with everything that a store in SQLite keeps, which may be moved anywhere and
// is put back by restoring it. It is an SQLite database, sealed so that any damage is found.
#pragma once
#include "store/store_sqlite.h"

#include <stdatomic.h>

struct store_backup {
    uint64_t bytes;
    uint64_t messages;
    int64_t newest_ms; // time of the newest message; 0: there is none
    char kept[4096];   // restored: where the database that was replaced is; empty: there was none
};

struct store_backup_options {
    const char *folder; // the data folder
    const char *path;   // of the backup
    const char *vfs;    // as in struct store_sqlite_options (tests)
    // This process has the folder open. Else it is locked meanwhile, and -EBUSY if a server has it.
    bool running;
    const atomic_bool *stop; // NULL, or: give up with -ECANCELED when it becomes true
};

// All of these may take minutes; any thread. 0, or -errno with `error` filled, and then nothing has
// been changed.

// Everything that was acknowledged when this was called is in the backup. While it is written the
// store goes on; its log is not begun anew and grows by what is written meanwhile (where `running`,
// call store_sqlite_back_up() instead). A file that is there is never replaced: -EEXIST.
int store_backup_write(const struct store_backup_options *options, struct store_backup *made,
                       struct store_sqlite_error *error);

// Whether the database of the folder is whole; or, with a path, whether that file is a whole
// backup.
int store_backup_check(const struct store_backup_options *options, struct store_backup *found,
                       struct store_sqlite_error *error);

// Puts the backup in the place of the folder's database, which stays beside it under another name.
// Not `running`. Refuses what store_backup_check() finds fault with, and backups of a newer
// hobnobd.
int store_backup_restore(const struct store_backup_options *options, struct store_backup *restored,
                         struct store_sqlite_error *error);
