#include "store/sqlite_database.h"

#include "base/must.h"

#include <errno.h>

enum { BUSY_MS = 5000 };

int database_error(sqlite3 *database)
{
    int code = sqlite3_errcode(database) & 0xff;
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) {
        return 0;
    }
    if (code == SQLITE_NOMEM) {
        mem_alloc(SIZE_MAX / 2); // ends the process with its sentence, as everywhere
    }
    int system = sqlite3_system_errno(database);
    bool full =
        code == SQLITE_FULL || (code == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT));
    return full ? -ENOSPC : -EIO;
}

bool database_lost_sync(sqlite3 *database)
{
    int code = sqlite3_extended_errcode(database);
    return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

int database_open(const char *path, const char *vfs, int flags, sqlite3 **database)
{
    int code = sqlite3_open_v2(path, database, flags, vfs);
    if (code == SQLITE_OK) {
        // Whoever looks at the file with another program holds a lock now and then.
        sqlite3_busy_timeout(*database, BUSY_MS);
        return 0;
    }
    int error = database_error(*database);
    sqlite3_close(*database);
    *database = NULL;
    return error;
}

int database_run(sqlite3 *database, const char *sql)
{
    return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
                                                                      : database_error(database);
}

int database_number(sqlite3 *database, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement;
    *number = 0;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK) {
        return database_error(database);
    }
    int row = statement_row(statement);
    if (row == 1) {
        *number = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return row < 0 ? row : 0;
}

int database_prepare(sqlite3 *database, const char *const sql[], sqlite3_stmt *statements[],
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        statements[i] = NULL;
    }
    for (size_t i = 0; i < count; i++) {
        int code = sqlite3_prepare_v3(database, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                      &statements[i], NULL);
        if (code != SQLITE_OK) {
            return database_error(database);
        }
    }
    return 0;
}

void statements_finalize(sqlite3_stmt *statements[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_finalize(statements[i]);
    }
}

void statement_bind(sqlite3_stmt *statement, int parameter, struct text t)
{
    // NULL would bind SQL's NULL. The caller's bytes live until the statement has run.
    sqlite3_bind_text64(statement, parameter, t.at ? t.at : "", t.len, SQLITE_STATIC, SQLITE_UTF8);
}

struct text statement_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *at = sqlite3_column_text(statement, column);
    return (struct text){at ? (const char *)at : "",
                         (size_t)sqlite3_column_bytes(statement, column)};
}

int statement_row(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        return code == SQLITE_ROW;
    }
    return database_error(sqlite3_db_handle(statement));
}

int statement_run(sqlite3_stmt *statement)
{
    int row = statement_row(statement);
    must(row <= 0);
    sqlite3_reset(statement);
    return row;
}
