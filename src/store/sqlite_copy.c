#include "store/sqlite_copy.h"

#include "base/must.h"
#include "store/sqlite_database.h"
#include "store/sqlite_folder.h"
#include "store/sqlite_seal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    STEP_PAGES = 256,
    // A long copy goes to the disk in parts: a commit of the writer's would have to wait for all
    // that the file system has put off.
    SYNC_STEPS = 16,
    STOP_LOOK = 10000,              // instructions of SQLite's between two looks at `stop`
    SPARE_BYTES = 16 * 1024 * 1024, // stay free beside the copy
};

static bool is_stopped(const atomic_bool *stop)
{
    return stop && atomic_load(stop);
}

static int look_at_stop(void *context)
{
    return is_stopped(context);
}

int copy_check(sqlite3 *database, const atomic_bool *stop)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(database, "PRAGMA integrity_check(1)", -1, &statement, NULL)) {
        int code = sqlite3_errcode(database) & 0xff;
        bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
        return damaged ? -EUCLEAN : database_error(database);
    }
    sqlite3_progress_handler(database, STOP_LOOK, look_at_stop, (void *)stop);
    int row = statement_row(statement);
    bool sound = row == 1 && text_equal(statement_text(statement, 0), TEXT("ok"));
    sqlite3_finalize(statement);
    sqlite3_progress_handler(database, 0, NULL, NULL);
    return sound ? 0 : is_stopped(stop) ? -ECANCELED : -EUCLEAN;
}

// Where there is no room a copy would use up the last of it.
static int check_room(sqlite3 *database, const char *path)
{
    struct statvfs disk;
    int64_t pages = 0;
    int64_t page_size = 0;
    int code = database_number(database, "PRAGMA page_count", &pages);
    code = code ? code : database_number(database, "PRAGMA page_size", &page_size);
    if (code < 0) {
        return code;
    }
    // Where it cannot be asked, writing will tell.
    uint64_t needed = (uint64_t)(pages * page_size) + SPARE_BYTES;
    return statvfs(path, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < needed ? -ENOSPC
                                                                                         : 0;
}

static int copy_steps(sqlite3_backup *backup, const struct copy_options *o, int fd)
{
    int code = SQLITE_OK;
    for (int i = 1; code == SQLITE_OK; i++) {
        code = sqlite3_backup_step(backup, STEP_PAGES);
        if (i % SYNC_STEPS == 0 && fdatasync(fd) < 0) {
            return -errno;
        }
        if (is_stopped(o->stop)) {
            return -ECANCELED;
        }
    }
    return 0; // sqlite3_backup_finish() says how it went
}

static int copy_pages(sqlite3 *database, sqlite3 *copy, const struct copy_options *o, int fd)
{
    sqlite3_backup *backup = sqlite3_backup_init(copy, "main", database, "main");
    if (!backup) {
        return database_error(copy);
    }
    int code = copy_steps(backup, o, fd);
    int finished = sqlite3_backup_finish(backup) == SQLITE_OK ? 0 : database_error(copy);
    return code ? code : finished;
}

// A transaction around the steps, as each would else begin with the newest state.
static int copy_state(sqlite3 *database, sqlite3 *copy, const struct copy_options *o, int fd,
                      const char *path)
{
    int64_t things;
    int code = database_run(database, "BEGIN");
    code = code ? code : database_number(database, "SELECT count(*) FROM sqlite_schema", &things);
    code = code ? code : check_room(database, path);
    code = code ? code : copy_pages(database, copy, o, fd);
    if (!sqlite3_get_autocommit(database)) {
        sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    }
    return code;
}

static int write_copy(sqlite3 *database, const struct copy_options *o, int fd, const char *path)
{
    sqlite3 *copy;
    int code = database_open(path, o->vfs, SQLITE_OPEN_READWRITE, &copy);
    if (code < 0) {
        return code;
    }
    code = copy_state(database, copy, o, fd, path);
    code = code ? code : copy_check(copy, o->stop);
    // A copy of a WAL database is one itself and would need a folder that can be written to.
    code = code ? code : database_run(copy, "PRAGMA journal_mode = DELETE");
    sqlite3_close(copy);
    code = code || !o->sealed ? code : seal_write(path, o->stop);
    return code ? code : fsync(fd) < 0 ? -errno : 0;
}

int copy_sync_folder(const char *path)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *end = strrchr(folder, '/');
    if (end) {
        end[end == folder] = '\0';
    }
    return file_sync(end ? folder : ".");
}

// Some file systems cannot rename without replacing; it was looked before whether it is there.
static int give_name(const char *unfinished, const struct copy_options *o)
{
    if (!o->replaces) {
        if (renameat2(AT_FDCWD, unfinished, AT_FDCWD, o->path, RENAME_NOREPLACE) == 0) {
            return 0;
        }
        if (errno != EINVAL && errno != ENOSYS) {
            return -errno;
        }
    }
    return rename(unfinished, o->path) < 0 ? -errno : 0;
}

int copy_write(sqlite3 *database, const struct copy_options *options)
{
    char unfinished[PATH_MAX];
    struct stat there;
    if (snprintf(unfinished, sizeof unfinished, "%s.new", options->path) >= PATH_MAX) {
        return -ENAMETOOLONG;
    }
    if (!options->replaces && lstat(options->path, &there) == 0) {
        return -EEXIST;
    }
    unlink(unfinished);
    int fd = open(unfinished, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return -errno;
    }
    int code = write_copy(database, options, fd, unfinished);
    close(fd);
    code = code ? code : give_name(unfinished, options);
    if (code < 0) {
        unlink(unfinished);
        return code;
    }
    return copy_sync_folder(options->path);
}
