// The data folder: made, locked against a second hobnobd, and its files private.
#pragma once
#include "store/store_sqlite.h"

#include <sqlite3.h>

// Makes the folder and its parents where they are not there (mode 0700) and locks it. The
// lock is held as long as the descriptor is open, and goes with the process. Returns the
// descriptor, or -errno with `error` filled.
int folder_lock(const char *folder, struct store_sqlite_error *error);
// Makes an empty file with mode 0600 if there is none: SQLite gives the files that
// it makes beside a database the mode of the database. 0 or -errno.
int file_make_private(const char *path);
// Makes what is in the file or folder durable. 0 or -errno.
int file_sync(const char *path);
