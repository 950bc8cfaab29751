// SQLite's write-ahead log, as its only writer deals with it: checkpoints, and what to do with
// it when the disk has lost data. The format is https://www.sqlite.org/fileformat2.html#walformat
#pragma once
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    LOG_SALT = 8,
    LOG_BUSY_MS = 5000, // how long the writer waits for another program that writes
};

struct sqlite_log {
    sqlite3 *database;
    int frames;                   // in it
    int seen_frames;              // ... that the last checkpoint has dealt with
    unsigned char salt[LOG_SALT]; // of those frames; another one when it begins anew
    bool salt_known;
    int64_t commit_us; // what one has been taking
};

// Follows the log's growth from now on.
void sqlite_log_watch(struct sqlite_log *log, sqlite3 *database);

// How long a commit has taken, from COMMIT to the end of its fsync.
void sqlite_log_commit_took(struct sqlite_log *log, int64_t took_us);
// Whether the log cannot be begun anew because readers are always in it.
bool sqlite_log_is_stuck(const struct sqlite_log *log);
// Whether a checkpoint is worth its cost.
bool sqlite_log_is_long(const struct sqlite_log *log);
// Copies what is in the log into the database, as far as no reader is in the way; then it is
// begun anew. 0 or -errno.
int sqlite_log_checkpoint(struct sqlite_log *log);

// After a commit whose fsync failed: its frames stand whole in the log, and would be found there
// when the database is next opened, though it was said that they are not kept. Cuts
// them off, as far as a disk in that state lets itself be told. Nothing may be written afterwards.
void sqlite_log_cut(struct sqlite_log *log);
