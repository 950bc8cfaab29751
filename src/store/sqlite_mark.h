// Finds places in the file, and marks in places, for the connection that reads.
#pragma once
#include "store/sqlite_reader.h"
#include "store/store_range.h"

// The reader's statements.
enum {
    READ_BEGIN,
    READ_END,
    READ_PLACE,
    READ_START,
    READ_STEP, // seq, before, time_ms of a message
    READ_SEQ,
    READ_MILESTONE,
    READ_MESSAGE,
    READ_INDEXED,
    READ_SEARCH,
    READ_TALKS,
    READ_EVERYTHING,
    READ_LAST,
    READ_RECORDS,
    READ_ROOMS,
};

struct place_row {
    int64_t number;
    char *shown;        // owned by the caller
    uint64_t first_seq; // of those that are kept
    uint64_t last_seq;
    int64_t last_id;
};

// 1: found; 0: there is no such place; or -errno.
int mark_find_place(struct sqlite_reader *r, struct text key, struct place_row *place);
// 0, -ENOENT for an id that is not of this place, or another -errno.
int mark_find(struct sqlite_reader *r, const struct place_row *place, const struct store_mark *mark,
              struct store_point *point);
// The id of the last message with seq <= to_seq; 0 when there is none. 0 or -errno.
int mark_find_last(struct sqlite_reader *r, const struct place_row *place, uint64_t to_seq,
                   int64_t *id);
// Binds and steps a statement whose first parameter is a number. 1: a row, 0 or -errno; the
// caller resets.
int mark_look_up(sqlite3_stmt *statement, int64_t number);
