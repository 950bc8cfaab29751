// Copies of a database into a file of its own: backups, and what is put back. While it is being
// written the file is called `path`.new. What has the name `path` is whole, has been read back and
// checked, and is on stable storage.
#pragma once
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct copy_options {
    const char *path;        // of the copy
    const char *vfs;         // NULL, or the VFS for its file (tests)
    const atomic_bool *stop; // NULL, or: give up with -ECANCELED when it becomes true
    bool replaces;           // a file that is there; else -EEXIST
    bool sealed;             // sqlite_seal.h
};

// Copies one state of `database`, as it is when this begins, whoever writes meanwhile; that state
// is held until the end. 0 or -errno: -EUCLEAN if the copy is damaged, as what it was made from
// must be; -ENOSPC, also before anything is written.
int copy_write(sqlite3 *database, const struct copy_options *options);

// Whether SQLite finds the database whole: 0, -EUCLEAN, -ECANCELED or -errno.
int copy_check(sqlite3 *database, const atomic_bool *stop);

// Makes the folder that holds `path` durable. 0 or -errno.
int copy_sync_folder(const char *path);
