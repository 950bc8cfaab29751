#include "store/sqlite_trim.h"

#include "base/must.h"
#include "store/sqlite_clock.h"
#include "store/sqlite_database.h"

enum { OLDEST, PLACE, MILESTONE, MESSAGE, DELETE, DELETE_MILESTONE, BEGINS, TIME };

static const char *const sql[TRIM_STATEMENTS] = {
    [OLDEST] = "SELECT m.id, m.place, m.seq, m.time_ms, key, m.text FROM message m"
               " JOIN place ON number = m.place WHERE m.id > ?1 ORDER BY m.id LIMIT 1",
    [PLACE] = "SELECT n.place, n.seq, coalesce(o.seq, 1), key, n.bytes FROM newest n"
              " JOIN place ON number = n.place LEFT JOIN oldest o ON o.place = n.place"
              " WHERE n.place >= ?1 ORDER BY n.place LIMIT 1",
    [MILESTONE] = "SELECT id, bytes FROM milestone WHERE place = ?1 AND seq = ?2",
    [MESSAGE] = "SELECT seq, before, text FROM message WHERE id = ?1",
    [DELETE] = "DELETE FROM message WHERE id = ?1",
    [DELETE_MILESTONE] = "DELETE FROM milestone WHERE place = ?1 AND seq = ?2",
    [TIME] = "SELECT id, time_ms FROM message WHERE id > ?1 ORDER BY id LIMIT 1",
    [BEGINS] = "REPLACE INTO oldest (place, seq) VALUES (?1, ?2)",
};

int trim_init(struct sqlite_trim *trim, struct places *places, struct sqlite_index *index)
{
    *trim = (struct sqlite_trim){
        .database = places->database, .places = places, .index = index, .place = 1};
    return database_prepare(trim->database, sql, trim->statements, TRIM_STATEMENTS);
}

void trim_finish(struct sqlite_trim *trim)
{
    statements_finalize(trim->statements, TRIM_STATEMENTS);
}

void trim_want(struct sqlite_trim *trim, const struct store_retention *wanted)
{
    trim->wanted = *wanted;
    trim->age_due = wanted->before_ms > INT64_MIN;
    trim->count_due = wanted->messages || wanted->bytes;
}

bool trim_is_due(const struct sqlite_trim *trim)
{
    return trim->age_due || trim->count_due;
}

static int run(struct sqlite_trim *trim, int which, int64_t first, int64_t second)
{
    sqlite3_stmt *statement = trim->statements[which];
    sqlite3_bind_int64(statement, 1, first);
    if (which != DELETE) {
        sqlite3_bind_int64(statement, 2, second);
    }
    return statement_run(statement);
}

// `text` belongs to a statement that the caller resets.
static int forget(struct sqlite_trim *trim, int64_t id, int64_t place, struct text text)
{
    int code = index_forget(trim->index, id, place, text);
    trim->index->merge_due = true;
    return code ? code : run(trim, DELETE, id, 0);
}

static int forget_oldest(struct sqlite_trim *trim, sqlite3_stmt *oldest)
{
    int64_t place = sqlite3_column_int64(oldest, 1);
    int64_t seq = sqlite3_column_int64(oldest, 2);
    struct text text = statement_text(oldest, 5);
    int code = forget(trim, sqlite3_column_int64(oldest, 0), place, text);
    code =
        code ? code : places_lose(trim->places, statement_text(oldest, 4), (uint64_t)seq, text.len);
    if (code == 0 && seq % MILESTONE_EVERY == 0) {
        code = run(trim, DELETE_MILESTONE, place, seq);
    }
    return code ? code : run(trim, BEGINS, place, seq + 1);
}

// The message at `id` is dated later than now: looks at one more of those behind it, of which the
// first that is not says how old they are.
static int look_behind(struct sqlite_trim *trim, int64_t id)
{
    sqlite3_stmt *next = trim->statements[TIME];
    trim->future_id = trim->future_id > id ? trim->future_id : id;
    sqlite3_bind_int64(next, 1, trim->future_id);
    int code = statement_row(next);
    int64_t next_id = sqlite3_column_int64(next, 0);
    int64_t time_ms = sqlite3_column_int64(next, 1);
    sqlite3_reset(next);
    if (code == 1 && time_ms > trim->wanted.now_ms) {
        trim->future_id = next_id;
    } else if (code == 1 && time_ms < trim->wanted.before_ms) {
        trim->old_id = next_id;
    } else {
        trim->age_due = false;
    }
    return code;
}

// The oldest of all messages goes, if it is too old. What is not in the index yet waits until the
// next time.
static int trim_one(struct sqlite_trim *trim)
{
    sqlite3_stmt *oldest = trim->statements[OLDEST];
    sqlite3_bind_int64(oldest, 1, trim->id);
    int code = statement_row(oldest);
    int64_t id = code == 1 ? sqlite3_column_int64(oldest, 0) : INT64_MAX;
    int64_t time_ms = sqlite3_column_int64(oldest, 3);
    if (id <= trim->index->indexed_id && (time_ms < trim->wanted.before_ms || id <= trim->old_id)) {
        bool stays = store_place_stays(statement_text(oldest, 4));
        trim->id = id;
        code = stays ? 0 : forget_oldest(trim, oldest);
    } else if (id <= trim->index->indexed_id && time_ms > trim->wanted.now_ms) {
        code = look_behind(trim, id);
    } else {
        trim->age_due = false;
    }
    sqlite3_reset(oldest);
    return code < 0 ? code : 0;
}

// From message `id` of the place back to its first one.
static int forget_chain(struct sqlite_trim *trim, int64_t place, int64_t id)
{
    sqlite3_stmt *message = trim->statements[MESSAGE];
    int code = 1;
    while (code == 1 && id) {
        sqlite3_bind_int64(message, 1, id);
        code = statement_row(message);
        int64_t before = code == 1 ? sqlite3_column_int64(message, 1) : 0;
        if (code == 1) {
            int failed = forget(trim, id, place, statement_text(message, 2));
            code = failed ? failed : 1;
        }
        sqlite3_reset(message);
        id = before;
    }
    return code < 0 ? code : 0;
}

// A place, and what would go from it next: all up to its first milestone.
struct candidate {
    int64_t place;
    struct text key; // belongs to a statement
    int64_t last_seq;
    int64_t bytes;
    int64_t until; // the milestone's number,
    int64_t id;    // its message; 0: there is none yet
    int64_t lost;  // and the bytes up to there
};

static int forget_until(struct sqlite_trim *trim, const struct candidate *c)
{
    int code = forget_chain(trim, c->place, c->id);
    code = code ? code : run(trim, DELETE_MILESTONE, c->place, c->until);
    code = code ? code : places_lose(trim->places, c->key, (uint64_t)c->until, (size_t)c->lost);
    code = code ? code : run(trim, BEGINS, c->place, c->until + 1);
    return code ? code : places_write(trim->places); // it is looked at again
}

static int find_milestone(struct sqlite_trim *trim, struct candidate *c)
{
    sqlite3_stmt *milestone = trim->statements[MILESTONE];
    sqlite3_bind_int64(milestone, 1, c->place);
    sqlite3_bind_int64(milestone, 2, c->until);
    int code = statement_row(milestone);
    if (code == 1) {
        c->id = sqlite3_column_int64(milestone, 0);
        c->lost = sqlite3_column_int64(milestone, 1);
    }
    sqlite3_reset(milestone);
    return code < 0 ? code : 0;
}

// Whether enough would be left.
static bool is_too_much(const struct store_retention *wanted, const struct candidate *c)
{
    return (wanted->messages && c->last_seq - c->until >= (int64_t)wanted->messages) ||
           (wanted->bytes && c->bytes - c->lost >= (int64_t)wanted->bytes);
}

static int trim_candidate(struct sqlite_trim *trim, sqlite3_stmt *row)
{
    int64_t first = sqlite3_column_int64(row, 2);
    struct candidate c = {.place = sqlite3_column_int64(row, 0),
                          .last_seq = sqlite3_column_int64(row, 1),
                          .key = statement_text(row, 3),
                          .bytes = sqlite3_column_int64(row, 4),
                          .until =
                              (first + MILESTONE_EVERY - 1) / MILESTONE_EVERY * MILESTONE_EVERY};
    int code = 0;
    if (!store_place_stays(c.key) && is_too_much(&trim->wanted, &c)) {
        code = find_milestone(trim, &c);
    }
    // What is not in the index yet waits until the next time.
    if (c.id && c.id <= trim->index->indexed_id && is_too_much(&trim->wanted, &c)) {
        return forget_until(trim, &c);
    }
    trim->place = c.place + 1;
    return code;
}

// The next place that has so many too many, or so much too much, that there is a milestone between
// loses them up to there: so nothing has to be looked for.
static int trim_place(struct sqlite_trim *trim)
{
    sqlite3_stmt *row = trim->statements[PLACE];
    sqlite3_bind_int64(row, 1, trim->place);
    int code = statement_row(row);
    if (code == 1) {
        code = trim_candidate(trim, row);
    } else {
        trim->count_due = false;
        trim->place = 1;
    }
    sqlite3_reset(row);
    return code;
}

static int trim_step(struct sqlite_trim *trim)
{
    if (!trim->age_due) {
        return trim_place(trim);
    }
    int code = trim_one(trim);
    bool more = code < 0 || trim->age_due;
    return more ? code : places_write(trim->places); // which are looked at from there on
}

int trim_slice(struct sqlite_trim *trim, int64_t budget_us)
{
    int64_t end_us = thread_cpu_us() + budget_us;
    int code = database_run(trim->database, "BEGIN IMMEDIATE");
    while (code == 0 && trim_is_due(trim) && thread_cpu_us() < end_us) {
        code = trim_step(trim);
    }
    code = code ? code : places_write(trim->places);
    code = code ? code : database_run(trim->database, "COMMIT");
    if (code < 0) {
        trim->id = 0; // what has been undone is looked at again
        trim->old_id = 0;
        trim->place = 1;
    }
    return code;
}
