#include "store/sqlite_backup.h"
#include "store/sqlite_copy.h"
#include "store/sqlite_database.h"
#include "store/sqlite_error.h"
#include "store/sqlite_folder.h"

#include "base/must.h"

#include <errno.h>
#include <unistd.h>

enum { KEPT_MAX = 1000 }; // databases replaced by earlier restores

struct restoring {
    const struct store_backup_options *options;
    char database[PATH_MAX];
    char log[PATH_MAX];
    char fresh[PATH_MAX]; // the copy of the backup, in the folder
    char *kept;
};

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

// Checks the file and then copies it into the folder, where the copy is checked again as it is.
static int bring_in(const struct restoring *r, struct store_sqlite_error *error)
{
    const struct store_backup_options *o = r->options;
    sqlite3 *backup = NULL;
    int code = backup_check_file(o->path, o->stop, error);
    code = code ? code : backup_open(o->path, o->vfs, &backup, error);
    code = code ? code : backup_check(backup, o->path, o->stop, error);
    if (code == 0) {
        code = copy_write(backup,
                          &(struct copy_options){
                              .path = r->fresh, .vfs = o->vfs, .stop = o->stop, .replaces = true});
        code = code ? backup_say(error, code, "The restoring", r->fresh) : 0;
    }
    sqlite3_close(backup);
    return code;
}

// Moves what the log holds into the database, so that it is one file. If it is damaged that fails,
// and the log is kept with it.
static void settle(const struct restoring *r)
{
    sqlite3 *database;
    if (database_open(r->database, NULL, SQLITE_OPEN_READWRITE, &database) == 0) {
        database_run(database, "PRAGMA wal_checkpoint(TRUNCATE)");
        sqlite3_close(database);
    }
}

static int choose_kept(struct restoring *r)
{
    char end[64] = ".before-restore";
    for (int i = 2; i < KEPT_MAX; i++) {
        backup_path(r->kept, r->options->folder, end);
        if (!is_there(r->kept)) {
            return 0;
        }
        snprintf(end, sizeof end, ".before-restore-%d", i);
    }
    return -EEXIST;
}

// A second name for each file of the database that is there, so that at no moment it is without
// one. SQLite finds a log by the name of its database.
static int keep(struct restoring *r)
{
    char log[PATH_MAX];
    settle(r);
    int code = choose_kept(r);
    if (code == 0 && snprintf(log, sizeof log, "%s-wal", r->kept) >= PATH_MAX) {
        code = -ENAMETOOLONG;
    }
    if (code == 0 && is_there(r->log) && link(r->log, log) < 0) {
        code = -errno;
    }
    if (code == 0 && link(r->database, r->kept) < 0) {
        code = -errno;
        unlink(log);
    }
    return code ? code : copy_sync_folder(r->kept);
}

// From here on the old database is kept under its other name.
static int put_in_place(const struct restoring *r)
{
    char shared[PATH_MAX];
    backup_path(shared, r->options->folder, "-shm");
    if ((unlink(r->log) < 0 && errno != ENOENT) || (unlink(shared) < 0 && errno != ENOENT) ||
        rename(r->fresh, r->database) < 0) {
        return -errno;
    }
    return copy_sync_folder(r->database);
}

static int exchange(struct restoring *r, struct store_sqlite_error *error)
{
    int code = is_there(r->database) ? keep(r) : 0;
    if (code < 0) {
        return error_say(error, code,
                         "Nothing was restored: %s could not be kept beside the restored one: %s.",
                         r->database, strerror(-code));
    }
    code = put_in_place(r);
    return code ? backup_say(error, code, "The restoring", r->database) : 0;
}

static int restore_locked(struct restoring *r, struct store_backup *restored,
                          struct store_sqlite_error *error)
{
    int code = bring_in(r, error);
    code = code ? code : exchange(r, error);
    if (code < 0) {
        unlink(r->fresh);
    } else {
        backup_count(r->database, restored);
    }
    return code;
}

int store_backup_restore(const struct store_backup_options *options, struct store_backup *restored,
                         struct store_sqlite_error *error)
{
    struct restoring *r = mem_alloc(sizeof *r);
    int lock;
    must(!options->running);
    *error = (struct store_sqlite_error){0};
    *restored = (struct store_backup){0};
    *r = (struct restoring){.options = options, .kept = restored->kept};
    backup_path(r->database, options->folder, "");
    backup_path(r->log, options->folder, "-wal");
    backup_path(r->fresh, options->folder, ".restored");
    int code = backup_lock(options, NULL, &lock, error);
    code = code ? code : restore_locked(r, restored, error);
    if (lock >= 0) {
        close(lock);
    }
    free(r);
    return code;
}
