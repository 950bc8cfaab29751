#include "support/store_sqlite_kind.h"

#include "base/must.h"
#include "support/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <time.h>
#include <unistd.h>

static char folder[256];
static sem_t answers_wait;

const char *store_sqlite_folder(void)
{
    return folder;
}

const char *store_sqlite_path(const char *file)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return path;
}

void store_sqlite_remove_folder(void)
{
    DIR *files = folder[0] ? opendir(folder) : NULL;
    struct dirent *file;
    while (files && (file = readdir(files))) {
        unlink(store_sqlite_path(file->d_name)); // fails for . and ..
    }
    if (files) {
        closedir(files);
        rmdir(folder);
    }
    folder[0] = '\0';
}

void store_sqlite_new_folder(void)
{
    store_sqlite_remove_folder();
    const char *parent = getenv("TMPDIR");
    int len = snprintf(folder, sizeof folder, "%s/hobnob-store-XXXXXX", parent ? parent : "/tmp");
    must(len < (int)sizeof folder && mkdtemp(folder));
}

void store_sqlite_wake(void *context)
{
    (void)context;
    sem_post(&answers_wait);
}

void store_sqlite_wait(struct store *s)
{
    (void)s;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    int code;
    while ((code = sem_timedwait(&answers_wait, &until)) < 0 && errno == EINTR) {
    }
    must(code == 0);
}

static struct store *open_here(const char *vfs, bool unsynced, struct store_sqlite_error *error)
{
    struct store_sqlite_options options = {.folder = folder,
                                           .vfs = vfs,
                                           .wake = store_sqlite_wake,
                                           .unsynced = unsynced,
                                           .eager = true};
    sem_init(&answers_wait, 0, 0);
    return store_sqlite_open(&options, error);
}

struct store *store_sqlite_open_here(const char *vfs, bool unsynced)
{
    struct store_sqlite_error error;
    struct store *s = open_here(vfs, unsynced, &error);
    if (!s) {
        test_fail(__FILE__, __LINE__, "%s", error.sentence);
    }
    return s;
}

struct store *store_sqlite_try_here(const char *vfs, struct store_sqlite_error *error)
{
    return open_here(vfs, false, error);
}

static struct store *make(void)
{
    store_sqlite_new_folder();
    return store_sqlite_open_here(NULL, false);
}

static struct store *reopen(struct store *s)
{
    store_destroy(s);
    return store_sqlite_open_here(NULL, false);
}

void store_sqlite_await_index(struct store *s)
{
    struct store_sqlite_figures figures;
    do { // the writer's thread goes on by itself
        sched_yield();
        store_sqlite_figures(s, &figures);
    } while (figures.not_indexed);
}

// What is not in the index yet would stay until the next time.
static void retain(struct store *s, const struct store_retention *retention)
{
    struct store_sqlite_figures figures;
    store_sqlite_await_index(s);
    store_retain(s, retention);
    do {
        sched_yield();
        store_sqlite_figures(s, &figures);
    } while (figures.trimming);
}

const struct store_kind store_sqlite_kind = {
    .make = make, .reopen = reopen, .wait = store_sqlite_wait, .retain = retain};
const struct store_kind store_sqlite_indexed_kind = {.make = make,
                                                     .reopen = reopen,
                                                     .wait = store_sqlite_wait,
                                                     .settle = store_sqlite_await_index,
                                                     .retain = retain};

static sqlite3 *open_file(void)
{
    sqlite3 *database;
    must(sqlite3_open(store_sqlite_path("hobnob.db"), &database) == SQLITE_OK);
    return database;
}

const char *store_sqlite_integrity(void)
{
    static char said[256];
    sqlite3 *database = open_file();
    sqlite3_stmt *statement;
    snprintf(said, sizeof said, "%s", "cannot be read");
    if (sqlite3_prepare_v2(database, "PRAGMA integrity_check", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        snprintf(said, sizeof said, "%s", (const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    int code = sqlite3_exec(database,
                            "INSERT INTO message_index (message_index) VALUES ('integrity-check')",
                            NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        snprintf(said, sizeof said, "index: %s", sqlite3_errmsg(database));
    }
    sqlite3_close(database);
    return said;
}

void store_sqlite_run(const char *sql)
{
    sqlite3 *database = open_file();
    char *message = NULL;
    if (sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK) {
        test_fail(__FILE__, __LINE__, "%s: %s", sql, message);
    }
    sqlite3_close(database);
}

void store_sqlite_check_refused(int code, const char *words)
{
    struct store_sqlite_error error;
    struct store *s = store_sqlite_try_here(NULL, &error);
    check(!s);
    check_number(error.code, code);
    if (!strstr(error.sentence, words)) {
        test_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", error.sentence, words);
    }
}

int64_t store_sqlite_number(const char *file, const char *sql)
{
    sqlite3 *database;
    sqlite3_stmt *statement;
    check(sqlite3_open(store_sqlite_path(file), &database) == SQLITE_OK);
    check(sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK);
    check(sqlite3_step(statement) == SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
}

void store_sqlite_write_file(const char *name, const void *bytes, size_t len, off_t at)
{
    int fd = open(store_sqlite_path(name), O_WRONLY | O_CREAT, 0600);
    check(fd >= 0 && pwrite(fd, bytes, len, at) == (ssize_t)len);
    close(fd);
}
