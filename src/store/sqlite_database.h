// SQLite's calls as the store uses them: 0 or -errno, struct text, no formatting of SQL.
#pragma once
#include "base/text.h"

#include <sqlite3.h>

// Opens a connection; `flags` as for sqlite3_open_v2(). On failure *database is NULL.
int database_open(const char *path, const char *vfs, int flags, sqlite3 **database);
// Runs statements that give no rows.
int database_run(sqlite3 *database, const char *sql);
// Runs a statement that gives one number (0 when it gives no row).
int database_number(sqlite3 *database, const char *sql, int64_t *number);
// Prepares `count` statements, to be kept for the life of the connection. On failure
// those that there are must still be finalized; the others are NULL.
int database_prepare(sqlite3 *database, const char *const sql[], sqlite3_stmt *statements[],
                     size_t count);
void statements_finalize(sqlite3_stmt *statements[], size_t count);

// What the last failed call on the connection means: -ENOSPC, or -EIO for anything else
// that disk and file system can do. 0 after a success.
int database_error(sqlite3 *database);
// Whether the last call failed because data did not reach the disk (fsync).
bool database_lost_sync(sqlite3 *database);

void statement_bind(sqlite3_stmt *statement, int parameter, struct text t);
// Valid until the statement is stepped or reset.
struct text statement_text(sqlite3_stmt *statement, int column);
// Runs a bound statement that gives no rows and makes it ready for the next use.
int statement_run(sqlite3_stmt *statement);
// 1: a row; 0: no further row; or -errno. The statement must be reset when no more is wanted.
int statement_row(sqlite3_stmt *statement);
