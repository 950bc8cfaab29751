// What backing up and restoring share (store_backup.h).
#pragma once
#include "store/store_backup.h"

#include <limits.h>
#include <sqlite3.h>

// FOLDER/hobnob.db and then `end`.
void backup_path(char path[PATH_MAX], const char *folder, const char *end);
// Locks the folder unless this process has it open; `database`, if given, must be there. *lock is
// to be closed if it is not -1. 0, or -errno with `error` filled; so do the others.
int backup_lock(const struct store_backup_options *options, const char *database, int *lock,
                struct store_sqlite_error *error);
// Opens for reading alone. sqlite3_close() must follow in either case.
int backup_open(const char *path, const char *vfs, sqlite3 **database,
                struct store_sqlite_error *error);
// Whether this program can use the database, and SQLite finds it whole.
int backup_check(sqlite3 *database, const char *path, const atomic_bool *stop,
                 struct store_sqlite_error *error);
// Whether the file is as it was when it was made.
int backup_check_file(const char *path, const atomic_bool *stop, struct store_sqlite_error *error);
// Counts what is in a database that has been checked; a file of version 0 has no messages.
void backup_count(const char *path, struct store_backup *found);
// Fills `error` for a failure of "The backup", "Reading" ... at `path`; returns `code`.
int backup_say(struct store_sqlite_error *error, int code, const char *what, const char *path);
