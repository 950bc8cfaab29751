// Fills the full-text index behind the commits, in slices: a transaction each that need
// not wait for the disk. What is indexed stands in the file in the same transaction, so
// after a crash it goes on where the file says.
#pragma once
#include "base/text.h"

#include <sqlite3.h>

enum { INDEX_STATEMENTS = 5 };

struct sqlite_index {
    sqlite3 *database;
    sqlite3_stmt *statements[INDEX_STATEMENTS];
    int64_t indexed_id; // every message up to here is in the index
    int64_t commit_us;  // what ending a slice has been costing
    bool merge_due;     // slices since the last merging may have left something to merge
};

// 0 or -errno; index_finish() must follow in either case.
int index_init(struct sqlite_index *index, sqlite3 *database);
void index_finish(struct sqlite_index *index);

// Takes an indexed message out again (one without text is not in), inside a transaction of the
// caller's. 0 or -errno.
int index_forget(struct sqlite_index *index, int64_t id, int64_t place, struct text text);

// How many messages are not indexed, where `last_id` is the last one's. While merging is
// due, a great number.
int64_t index_behind(const struct sqlite_index *index, int64_t last_id);
// Works for about `budget_us` and commits. 0; or -errno, and
// then the caller rolls back.
int index_slice(struct sqlite_index *index, int64_t budget_us);
