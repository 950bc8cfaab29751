// SQLite stores for tests, in a folder of their own that goes at the end.
#pragma once
#include "store/store_sqlite.h"
#include "support/store_cases.h"

// Makes hobnob-store-XXXXXX in $TMPDIR or /tmp and opens stores there.
extern const struct store_kind store_sqlite_kind;
// The folder of the store that was made last.
const char *store_sqlite_folder(void);
// The path of a file there; valid until the next call.
const char *store_sqlite_path(const char *file);
// Makes a new, empty folder; removes the last one.
void store_sqlite_new_folder(void);
void store_sqlite_remove_folder(void);

// Opens a store in the folder; fails the test if that does not work.
struct store *store_sqlite_open_here(const char *vfs, bool unsynced);
// The same, but gives what it said.
struct store *store_sqlite_try_here(const char *vfs, struct store_sqlite_error *error);
// Waits until answers wait to be collected. Ends the program after a minute without any.
void store_sqlite_wait(struct store *s);
