// SQLite stores for tests, in a folder of their own that goes at the end.
#pragma once
#include "store/store_sqlite.h"
#include "support/store_cases.h"

#include <sys/types.h>

// Makes hobnob-store-XXXXXX in $TMPDIR or /tmp and opens stores there.
extern const struct store_kind store_sqlite_kind;
// The same, but each page is read only when the index has caught up.
extern const struct store_kind store_sqlite_indexed_kind;
// Waits for that.
void store_sqlite_await_index(struct store *s);
// The folder of the store that was made last.
const char *store_sqlite_folder(void);
// The path of a file there; valid until the next call.
const char *store_sqlite_path(const char *file);
// Makes a new, empty folder; removes the last one.
void store_sqlite_new_folder(void);
void store_sqlite_remove_folder(void);

// For store_sqlite_options.wake, so that store_sqlite_wait() works.
void store_sqlite_wake(void *context);
// Opens a store in the folder that indexes at once; fails the test if that does not work.
struct store *store_sqlite_open_here(const char *vfs, bool unsynced);
// What "PRAGMA integrity_check" and FTS5's own say of the closed database: "ok" or what is
// wrong. The index must have caught up.
const char *store_sqlite_integrity(void);
// Runs SQL on the closed database; fails the test if that does not work.
void store_sqlite_run(const char *sql);
// The same, but gives what it said.
struct store *store_sqlite_try_here(const char *vfs, struct store_sqlite_error *error);
// Waits until answers wait to be collected. Ends the program after a minute without any.
void store_sqlite_wait(struct store *s);
// Opening it must fail with this code and words in the sentence.
void store_sqlite_check_refused(int code, const char *words);
// What the SQL gives, of a file in the folder that nobody has open.
int64_t store_sqlite_number(const char *file, const char *sql);
// Puts bytes into a file in the folder, which is made if need be.
void store_sqlite_write_file(const char *name, const void *bytes, size_t len, off_t at);
