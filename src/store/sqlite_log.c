#include "store/sqlite_log.h"

#include "store/sqlite_database.h"

#include <string.h>

// Commits wait for a checkpoint, and of the time under load checkpoints take much the same
// share however long the log may become; so the p99 of commits is about the length of one.
// Hence small ones (1 MB: 1 to 3 ms where an fsync takes 0.2 ms; 4 MB: 5 to 15 ms). Where an
// fsync is slow it is the count of them that costs, so they become rarer there.
enum {
    CHECKPOINT_FRAMES = 250,
    SLOW_MAX = 16,        // times as many
    STUCK_FRAMES = 16384, // 64 MB

    HEADER = 32, // of the file
    SALT_AT = 16,
    FRAME_HEADER = 24,
};

static sqlite3_file *log_file(struct sqlite_log *log)
{
    sqlite3_file *file = NULL;
    sqlite3_file_control(log->database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    return file && file->pMethods ? file : NULL;
}

static bool read_salt(struct sqlite_log *log, unsigned char salt[LOG_SALT])
{
    sqlite3_file *file = log_file(log);
    return file && file->pMethods->xRead(file, salt, LOG_SALT, SALT_AT) == SQLITE_OK;
}

static int has_grown(void *context, sqlite3 *database, const char *name, int frames)
{
    (void)database, (void)name;
    struct sqlite_log *log = context;
    unsigned char salt[LOG_SALT] = {0};
    log->salt_known = read_salt(log, salt);
    if (memcmp(salt, log->salt, LOG_SALT) != 0) {
        log->seen_frames = 0;
    }
    memcpy(log->salt, salt, LOG_SALT);
    log->frames = frames;
    return SQLITE_OK;
}

void sqlite_log_watch(struct sqlite_log *log, sqlite3 *database)
{
    log->database = database;
    sqlite3_wal_hook(database, has_grown, log);
}

void sqlite_log_commit_took(struct sqlite_log *log, int64_t took_us)
{
    log->commit_us = (log->commit_us * 15 + took_us) / 16;
}

bool sqlite_log_is_stuck(const struct sqlite_log *log)
{
    return log->frames >= STUCK_FRAMES;
}

bool sqlite_log_is_long(const struct sqlite_log *log)
{
    int64_t slow = log->commit_us / 1000;
    slow = slow < 1 ? 1 : slow > SLOW_MAX ? SLOW_MAX : slow;
    return log->frames - log->seen_frames >= CHECKPOINT_FRAMES * slow;
}

int sqlite_log_checkpoint(struct sqlite_log *log)
{
    bool stuck = sqlite_log_is_stuck(log);
    int mode = stuck ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
    int frames = 0;
    sqlite3_busy_timeout(log->database, 0); // commits must not wait for a reader
    int code = sqlite3_wal_checkpoint_v2(log->database, NULL, mode, &frames, NULL);
    sqlite3_busy_timeout(log->database, LOG_BUSY_MS);
    log->seen_frames = frames > 0 ? frames : log->frames;
    if (stuck && code == SQLITE_OK) {
        log->frames = log->seen_frames = 0;
    }
    return code == SQLITE_OK || code == SQLITE_BUSY ? 0 : database_error(log->database);
}

void sqlite_log_cut(struct sqlite_log *log)
{
    unsigned char salt[LOG_SALT];
    int64_t page_size = 0;
    sqlite3_file *file = log_file(log);
    if (!file || !log->salt_known || !read_salt(log, salt) ||
        database_number(log->database, "PRAGMA page_size", &page_size) < 0) {
        return;
    }
    // With another salt the failed commit was the first after a beginning anew, and
    // everything before it has been copied into the database.
    bool same = memcmp(salt, log->salt, LOG_SALT) == 0;
    sqlite3_int64 end = HEADER + (sqlite3_int64)log->frames * (FRAME_HEADER + page_size);
    file->pMethods->xTruncate(file, same ? end : 0);
}
