#include "store/sqlite_index.h"

#include "base/must.h"
#include "store/sqlite_clock.h"
#include "store/sqlite_database.h"

// How much one step of merging writes: a page costs about 0.1 ms.
enum { MERGE_PAGES = 16 };

enum { NEXT, ADD, FORGET, MERGE, PROGRESS };

#define FORGET_SQL                                                                                 \
    ("INSERT INTO message_index (message_index, rowid, place, text)"                               \
     " VALUES ('delete', ?1, 'place' || ?2, ?3)")

static const char *const sql[INDEX_STATEMENTS] = {
    [NEXT] = "SELECT id, place, text FROM message_words WHERE id > ?1 ORDER BY id",
    [ADD] = "INSERT INTO message_index (rowid, place, text) VALUES (?1, ?2, ?3)",
    [FORGET] = FORGET_SQL,
    [MERGE] = "INSERT INTO message_index (message_index, rank) VALUES ('merge', ?1)",
    [PROGRESS] = "UPDATE counter SET value = ?1 WHERE name = 'indexed'",
};

static int load_progress(struct sqlite_index *index)
{
    return database_number(index->database, "SELECT value FROM counter WHERE name = 'indexed'",
                           &index->indexed_id);
}

int index_init(struct sqlite_index *index, sqlite3 *database)
{
    *index = (struct sqlite_index){.database = database, .merge_due = true};
    int code = database_prepare(database, sql, index->statements, INDEX_STATEMENTS);
    return code ? code : load_progress(index);
}

void index_finish(struct sqlite_index *index)
{
    statements_finalize(index->statements, INDEX_STATEMENTS);
}

int index_forget(struct sqlite_index *index, int64_t id, int64_t place, struct text text)
{
    if (text.len == 0) {
        return 0;
    }
    sqlite3_stmt *statement = index->statements[FORGET];
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_int64(statement, 2, place);
    statement_bind(statement, 3, text);
    return statement_run(statement);
}

int64_t index_behind(const struct sqlite_index *index, int64_t last_id)
{
    return index->merge_due ? INT64_MAX : last_id - index->indexed_id;
}

static int add(struct sqlite_index *index, sqlite3_stmt *message)
{
    if (statement_text(message, 2).len == 0) {
        return 0;
    }
    sqlite3_stmt *statement = index->statements[ADD];
    sqlite3_bind_int64(statement, 1, sqlite3_column_int64(message, 0));
    statement_bind(statement, 2, statement_text(message, 1));
    statement_bind(statement, 3, statement_text(message, 2));
    return statement_run(statement);
}

static int add_until(struct sqlite_index *index, int64_t end_us, int64_t *last_id)
{
    sqlite3_stmt *next = index->statements[NEXT];
    sqlite3_bind_int64(next, 1, index->indexed_id);
    int code;
    while ((code = statement_row(next)) == 1) {
        code = add(index, next);
        if (code < 0) {
            break;
        }
        *last_id = sqlite3_column_int64(next, 0);
        if (thread_cpu_us() >= end_us) {
            break;
        }
    }
    sqlite3_reset(next);
    return code < 0 ? code : 0;
}

static int write_progress(struct sqlite_index *index, int64_t last_id)
{
    sqlite3_bind_int64(index->statements[PROGRESS], 1, last_id);
    return statement_run(index->statements[PROGRESS]);
}

static int add_slice(struct sqlite_index *index, int64_t budget_us)
{
    int64_t start_us = thread_cpu_us();
    int64_t last_id = index->indexed_id;
    int code = add_until(index, start_us + budget_us - index->commit_us, &last_id);
    int64_t added_us = thread_cpu_us();
    code = code ? code : write_progress(index, last_id);
    code = code ? code : database_run(index->database, "COMMIT");
    if (code < 0) {
        return code;
    }
    index->indexed_id = last_id;
    index->merge_due = true;
    index->commit_us = (index->commit_us * 7 + thread_cpu_us() - added_us) / 8;
    return 0;
}

// Each slice leaves a small index of its own. Left alone they would make searches slow,
// and FTS5 stops at 2,000 of them: so merging goes before adding more.
static int merge_slice(struct sqlite_index *index)
{
    int before = sqlite3_total_changes(index->database);
    sqlite3_bind_int64(index->statements[MERGE], 1, MERGE_PAGES);
    int code = statement_run(index->statements[MERGE]);
    // FTS5's documentation: fewer than two changes mean that there was nothing to merge.
    bool merged = sqlite3_total_changes(index->database) - before >= 2;
    code = code ? code : database_run(index->database, "COMMIT");
    index->merge_due = code ? index->merge_due : merged;
    return code;
}

int index_slice(struct sqlite_index *index, int64_t budget_us)
{
    int code = database_run(index->database, "BEGIN IMMEDIATE");
    if (code < 0) {
        return code;
    }
    return index->merge_due ? merge_slice(index) : add_slice(index, budget_us);
}
