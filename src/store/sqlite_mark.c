#include "store/sqlite_mark.h"

#include "base/must.h"
#include "store/sqlite_place.h"

#include <errno.h>

int mark_find_place(struct sqlite_reader *r, struct text key, struct place_row *place)
{
    sqlite3_stmt *statement = r->statements[READ_PLACE];
    statement_bind(statement, 1, key);
    int row = statement_row(statement);
    if (row == 1) {
        place->number = sqlite3_column_int64(statement, 0);
        place->shown = text_copy(statement_text(statement, 1));
        place->last_seq = (uint64_t)sqlite3_column_int64(statement, 2);
        place->last_id = sqlite3_column_int64(statement, 3);
        place->first_seq = (uint64_t)sqlite3_column_int64(statement, 4);
    }
    sqlite3_reset(statement);
    return row;
}

int mark_look_up(sqlite3_stmt *statement, int64_t number)
{
    sqlite3_bind_int64(statement, 1, number);
    return statement_row(statement);
}

// The id to start from for `to_seq`: of a milestone at or after it, or the newest.
static int find_start(struct sqlite_reader *r, const struct place_row *place, uint64_t to_seq,
                      int64_t *id)
{
    sqlite3_stmt *statement = r->statements[READ_START];
    *id = place->last_id;
    if (to_seq >= place->last_seq) {
        return 0;
    }
    sqlite3_bind_int64(statement, 2, (int64_t)to_seq);
    int row = mark_look_up(statement, place->number);
    if (row == 1) {
        *id = sqlite3_column_int64(statement, 0);
    }
    sqlite3_reset(statement);
    return row < 0 ? row : 0;
}

int mark_find_last(struct sqlite_reader *r, const struct place_row *place, uint64_t to_seq,
                   int64_t *id)
{
    sqlite3_stmt *statement = r->statements[READ_STEP];
    bool there = false;
    int code = find_start(r, place, to_seq, id);
    while (code == 0 && *id && !there) {
        int row = mark_look_up(statement, *id);
        there = row == 1 && (uint64_t)sqlite3_column_int64(statement, 0) <= to_seq;
        if (!there) {
            *id = row == 1 ? sqlite3_column_int64(statement, 1) : 0;
        }
        code = row < 0 ? row : 0;
        sqlite3_reset(statement);
    }
    return code;
}

static int find_id(struct sqlite_reader *r, const struct place_row *place, uint64_t id,
                   struct store_point *point)
{
    sqlite3_stmt *statement = r->statements[READ_SEQ];
    int row = id <= INT64_MAX ? mark_look_up(statement, (int64_t)id) : 0;
    bool here = row == 1 && sqlite3_column_int64(statement, 1) == place->number;
    uint64_t seq = here ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    *point = (struct store_point){seq ? seq - 1 : 0, seq + 1};
    sqlite3_reset(statement);
    return row < 0 ? row : here ? 0 : -ENOENT;
}

// 1: the milestone is later; 0: it is not; or -errno. *id is its message.
static int is_milestone_later(struct sqlite_reader *r, const struct place_row *place,
                              uint64_t number, int64_t time_ms, int64_t *id)
{
    sqlite3_stmt *statement = r->statements[READ_MILESTONE];
    sqlite3_bind_int64(statement, 2, (int64_t)(number * MILESTONE_EVERY));
    int row = mark_look_up(statement, place->number);
    bool later = row == 1 && sqlite3_column_int64(statement, 1) > time_ms;
    if (later) {
        *id = sqlite3_column_int64(statement, 0);
    }
    sqlite3_reset(statement);
    return row < 0 ? row : later;
}

// From message `id` back as long as they are later, or with `same` of that time; *seq is the last
// one that is.
static int walk(struct sqlite_reader *r, int64_t id, int64_t time_ms, bool same, uint64_t *seq)
{
    sqlite3_stmt *statement = r->statements[READ_STEP];
    int row = 1;
    while (row == 1 && id) {
        row = mark_look_up(statement, id);
        int64_t its_ms = row == 1 ? sqlite3_column_int64(statement, 2) : 0;
        bool counts = row == 1 && (same ? its_ms == time_ms : its_ms > time_ms);
        if (counts) {
            *seq = (uint64_t)sqlite3_column_int64(statement, 0);
        }
        id = counts ? sqlite3_column_int64(statement, 1) : 0;
        sqlite3_reset(statement);
    }
    return row < 0 ? row : 0;
}

// The number of the first message that is later, with all that follow it up to a milestone;
// one more than the last number if there is none.
static int find_later(struct sqlite_reader *r, const struct place_row *place, int64_t time_ms,
                      uint64_t *seq)
{
    uint64_t low = 1;
    uint64_t high = place->last_seq / MILESTONE_EVERY + 1;
    int64_t id = place->last_id;
    *seq = place->last_seq + 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        int later = is_milestone_later(r, place, middle, time_ms, &id);
        if (later < 0) {
            return later;
        }
        if (later) {
            high = middle;
            *seq = middle * MILESTONE_EVERY;
        } else {
            low = middle + 1;
        }
    }
    return walk(r, id, time_ms, false, seq);
}

static int find_time(struct sqlite_reader *r, const struct place_row *place, int64_t time_ms,
                     struct store_point *point)
{
    int64_t id = 0;
    int code = find_later(r, place, time_ms, &point->after);
    uint64_t first = point->after;
    code = code ? code : mark_find_last(r, place, first - 1, &id);
    code = code ? code : walk(r, id, time_ms, true, &first);
    point->before = first - 1;
    return code;
}

int mark_find(struct sqlite_reader *r, const struct place_row *place, const struct store_mark *mark,
              struct store_point *point)
{
    if (mark->kind == STORE_ID) {
        return find_id(r, place, mark->number, point);
    }
    if (mark->kind == STORE_TIME) {
        return find_time(r, place, mark->time_ms, point);
    }
    *point = store_point_of(mark, place->last_seq);
    return 0;
}
