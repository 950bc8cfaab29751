// Lets go of what is not to be kept any longer (store_retain()), in slices between the commits: a
// transaction each that need not wait for the disk. The index of words follows in the same one.
#pragma once
#include "store/sqlite_index.h"
#include "store/sqlite_place.h"
#include "store/store.h"

enum { TRIM_STATEMENTS = 8 };

struct sqlite_trim {
    sqlite3 *database;
    struct places *places;
    struct sqlite_index *index;
    sqlite3_stmt *statements[TRIM_STATEMENTS];
    struct store_retention wanted;
    bool age_due;      // there may be messages that are too old,
    bool count_due;    // and places with too many, or too much
    int64_t id;        // messages up to here are gone, or stay whatever their age
    int64_t old_id;    // up to here all are too old, whatever they are dated
    int64_t future_id; // behind `id` and up to here all are dated later than now
    int64_t place;     // places before it have been looked at
};

// Both have to outlive it. 0 or -errno; trim_finish() must follow in either case.
int trim_init(struct sqlite_trim *trim, struct places *places, struct sqlite_index *index);
void trim_finish(struct sqlite_trim *trim);
void trim_want(struct sqlite_trim *trim, const struct store_retention *wanted);
bool trim_is_due(const struct sqlite_trim *trim);
// Works for about `budget_us` and commits. 0; or -errno, and then the caller rolls back.
int trim_slice(struct sqlite_trim *trim, int64_t budget_us);
