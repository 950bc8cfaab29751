#include "store/store_backup.h"

#include "store/sqlite_backup.h"
#include "store/sqlite_copy.h"
#include "store/sqlite_database.h"
#include "store/sqlite_error.h"
#include "store/sqlite_folder.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_seal.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

void backup_path(char path[PATH_MAX], const char *folder, const char *end)
{
    snprintf(path, PATH_MAX, "%s/hobnob.db%s", folder, end);
}

int backup_say(struct store_sqlite_error *error, int code, const char *what, const char *path)
{
    if (code == -ECANCELED) {
        return error_say(error, code, "%s was given up: the server is shutting down.", what);
    }
    if (code == -ENOSPC) {
        return error_say(error, code, "%s was not made: there is not enough room for %s.", what,
                         path);
    }
    return error_say(error, code, "%s failed: %s: %s.", what, path, strerror(-code));
}

int backup_lock(const struct store_backup_options *o, const char *database, int *lock,
                struct store_sqlite_error *error)
{
    *lock = -1;
    if (o->running) {
        return 0;
    }
    // Locking would make the folder.
    if (database && access(database, F_OK) < 0) {
        return error_say(error, -errno,
                         "There is no database in %s: %s. Name its folder with --data.", o->folder,
                         strerror(errno));
    }
    *lock = folder_lock(o->folder, error);
    if (*lock == -EBUSY) {
        *error = (struct store_sqlite_error){0};
        return error_say(error, -EBUSY, "A hobnobd runs on %s. Stop it first.", o->folder);
    }
    return *lock < 0 ? *lock : 0;
}

static void unlock(int lock)
{
    if (lock >= 0) {
        close(lock);
    }
}

int backup_open(const char *path, const char *vfs, sqlite3 **database,
                struct store_sqlite_error *error)
{
    int code = database_open(path, vfs, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, database);
    if (code < 0) {
        return backup_say(error, code, "Reading", path);
    }
    sqlite3_db_config(*database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL); // that is the writer's
    code = database_run(*database, "PRAGMA query_only = 1; PRAGMA cache_size = -8192");
    return code ? backup_say(error, code, "Reading", path) : 0;
}

// What a database has is partly in its log still.
static uint64_t bytes_of(const char *path, const char *suffix)
{
    char whole[PATH_MAX];
    struct stat status;
    int len = snprintf(whole, sizeof whole, "%s%s", path, suffix);
    bool there = len < PATH_MAX && stat(whole, &status) == 0;
    return there ? (uint64_t)status.st_size : 0;
}

void backup_count(const char *path, struct store_backup *found)
{
    sqlite3 *database;
    struct store_sqlite_error unused = {0};
    int64_t messages = 0;
    if (backup_open(path, NULL, &database, &unused) == 0) {
        database_number(database, "SELECT count(*) FROM message", &messages);
        database_number(database, "SELECT time_ms FROM message ORDER BY id DESC LIMIT 1",
                        &found->newest_ms);
    }
    sqlite3_close(database);
    found->messages = (uint64_t)messages;
    found->bytes = bytes_of(path, "") + bytes_of(path, "-wal");
}

static int write_locked(const struct store_backup_options *o, const char *path,
                        struct store_sqlite_error *error)
{
    sqlite3 *database;
    struct copy_options copy = {.path = o->path, .stop = o->stop, .sealed = true, .vfs = o->vfs};
    int code = backup_open(path, o->vfs, &database, error);
    if (code == 0) {
        code = copy_write(database, &copy);
        if (code == -EEXIST) {
            error_say(error, code, "%s is there already. Name a file that is not there.", o->path);
        } else if (code == -EUCLEAN) {
            error_say(error, code, "%s is damaged, so no backup was made. Keep the last good one.",
                      path);
        } else if (code < 0) {
            backup_say(error, code, "The backup", o->path);
        }
    }
    sqlite3_close(database);
    return code;
}

int store_backup_write(const struct store_backup_options *o, struct store_backup *made,
                       struct store_sqlite_error *error)
{
    char path[PATH_MAX];
    int lock;
    *error = (struct store_sqlite_error){0};
    *made = (struct store_backup){0};
    backup_path(path, o->folder, "");
    int code = backup_lock(o, path, &lock, error);
    code = code ? code : write_locked(o, path, error);
    if (code == 0) {
        backup_count(o->path, made);
    }
    unlock(lock);
    return code;
}

int backup_check(sqlite3 *database, const char *path, const atomic_bool *stop,
                 struct store_sqlite_error *error)
{
    enum schema_fit fit;
    int64_t version;
    int code = schema_look(database, &schema_steps, &fit, &version);
    int reason = sqlite3_errcode(database) & 0xff;
    bool damaged = reason == SQLITE_CORRUPT || reason == SQLITE_NOTADB;
    if (code < 0 && !damaged) {
        return backup_say(error, code, "Reading", path);
    }
    if (!damaged && (fit == SCHEMA_FOREIGN || fit == SCHEMA_EMPTY)) {
        return error_say(error, -EINVAL, "%s is not a database of hobnob's.", path);
    }
    if (!damaged && fit == SCHEMA_NEWER) {
        return error_say(error, -EINVAL,
                         "%s is from a newer hobnobd (schema %lld; this one knows up to %d). Use "
                         "the newer one.",
                         path, (long long)version, schema_steps.count);
    }
    code = damaged ? -EUCLEAN : copy_check(database, stop);
    return code == -EUCLEAN ? error_say(error, code, "%s is damaged.", path)
           : code           ? backup_say(error, code, "Checking", path)
                            : 0;
}

int backup_check_file(const char *path, const atomic_bool *stop, struct store_sqlite_error *error)
{
    int code = seal_check(path, stop);
    if (code == -EUCLEAN) {
        return error_say(error, code, "%s is damaged or incomplete.", path);
    }
    return code ? backup_say(error, code, "Reading", path) : 0;
}

static int check_database(const char *path, const struct store_backup_options *o,
                          struct store_sqlite_error *error)
{
    sqlite3 *database;
    int code = backup_open(path, o->vfs, &database, error);
    code = code ? code : backup_check(database, path, o->stop, error);
    sqlite3_close(database);
    return code;
}

int store_backup_check(const struct store_backup_options *o, struct store_backup *found,
                       struct store_sqlite_error *error)
{
    char path[PATH_MAX];
    int lock = -1;
    *error = (struct store_sqlite_error){0};
    *found = (struct store_backup){0};
    backup_path(path, o->folder, "");
    int code =
        o->path ? backup_check_file(o->path, o->stop, error) : backup_lock(o, path, &lock, error);
    const char *checked = o->path ? o->path : path;
    code = code ? code : check_database(checked, o, error);
    if (code == 0) {
        backup_count(checked, found);
    }
    unlock(lock);
    return code;
}
