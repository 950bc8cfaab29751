#include "store/sqlite_reader.h"

#include "base/must.h"

enum { BEGIN, END, PLACE, PAGE, INDEXED, SEARCH, ROOMS };

enum { EXPRESSION_MAX = 64 * 1024 };

#define COLUMNS                                                                                    \
    "m.id, m.seq, m.time_ms, m.kind, m.sender, m.sender_account, m.sender_name, m.recipient, "     \
    "m.recipient_account, m.recipient_name, m.text"

// CROSS JOIN keeps the planner to that order: the index of words first, newest first.
static const char *const sql[READER_STATEMENTS] = {
    [BEGIN] = "BEGIN",
    [END] = "COMMIT",
    [PLACE] = "SELECT number, shown FROM place WHERE key = ?1",
    [PAGE] = ("SELECT " COLUMNS " FROM message m WHERE m.place = ?1 AND m.seq <= ?2"
              " ORDER BY m.seq DESC"),
    [INDEXED] = "SELECT value FROM counter WHERE name = 'indexed'",
    [SEARCH] = "SELECT " COLUMNS " FROM message_index i CROSS JOIN message m ON m.id = i.rowid"
               " WHERE i.message_index MATCH ?1 AND i.rowid <= ?2 ORDER BY i.rowid DESC",
    [ROOMS] = "SELECT key, shown, topic, topic_by, topic_ms, last_seq FROM place"
              " WHERE shown <> '' ORDER BY number",
};

int sqlite_reader_open(struct sqlite_reader *r, const char *path, const char *vfs)
{
    *r = (struct sqlite_reader){0};
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    int code = database_open(path, vfs, flags, &r->database);
    if (code < 0) {
        return code;
    }
    r->filter = word_filter_create();
    code = database_run(r->database, "PRAGMA query_only = 1; PRAGMA wal_autocheckpoint = 0;"
                                     "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY");
    return code ? code : database_prepare(r->database, sql, r->statements, READER_STATEMENTS);
}

void sqlite_reader_close(struct sqlite_reader *r)
{
    if (!r->database) {
        return;
    }
    statements_finalize(r->statements, READER_STATEMENTS);
    word_filter_destroy(r->filter);
    // Copying the log into the database is the writer's.
    sqlite3_db_config(r->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    must(sqlite3_close(r->database) == SQLITE_OK);
}

void sqlite_reader_interrupt(struct sqlite_reader *r)
{
    sqlite3_interrupt(r->database);
}

struct place_row {
    int64_t number;
    char *shown;
};

// 1: found; 0: there is no such place; or -errno.
static int find_place(struct sqlite_reader *r, struct text key, struct place_row *place)
{
    sqlite3_stmt *statement = r->statements[PLACE];
    statement_bind(statement, 1, key);
    int row = statement_row(statement);
    if (row == 1) {
        place->number = sqlite3_column_int64(statement, 0);
        place->shown = text_copy(statement_text(statement, 1));
    }
    sqlite3_reset(statement);
    return row;
}

// The texts are valid until the statement moves on.
static struct message message_of(sqlite3_stmt *row, const struct store_query *query,
                                 const struct place_row *place)
{
    return (struct message){
        .id = (uint64_t)sqlite3_column_int64(row, 0),
        .seq = (uint64_t)sqlite3_column_int64(row, 1),
        .time_ms = sqlite3_column_int64(row, 2),
        .kind = (enum message_kind)sqlite3_column_int(row, 3),
        .place = query->place,
        .place_shown = text_of(place->shown),
        .sender = {(uint64_t)sqlite3_column_int64(row, 4), sqlite3_column_int(row, 5)},
        .sender_name = statement_text(row, 6),
        .recipient = {(uint64_t)sqlite3_column_int64(row, 7), sqlite3_column_int(row, 8)},
        .recipient_name = statement_text(row, 9),
        .text = statement_text(row, 10),
    };
}

// Reads the place from the newest to the message `indexed` (which is not added). With words,
// only what has them. Returns 1 when the page is full or the place at its end, 0 when it
// came to `indexed` and set *to_id to where the index takes over, or -errno.
static int read_messages(struct sqlite_reader *r, const struct store_query *query,
                         const struct place_row *place, int64_t indexed, int64_t *to_id,
                         struct page *page)
{
    sqlite3_stmt *statement = r->statements[PAGE];
    uint64_t to_seq = query->to_seq < INT64_MAX ? query->to_seq : INT64_MAX;
    sqlite3_bind_int64(statement, 1, place->number);
    sqlite3_bind_int64(statement, 2, (int64_t)to_seq);
    int row;
    while ((row = statement_row(statement)) == 1) {
        *to_id = sqlite3_column_int64(statement, 0);
        if (*to_id <= indexed) {
            break;
        }
        struct message message = message_of(statement, query, place);
        bool wanted = !query->words.len || word_filter_match(r->filter, message.text);
        if (wanted && !page_add(page, &message)) {
            row = 0;
            break;
        }
    }
    sqlite3_reset(statement);
    return row < 0 ? row : row == 0;
}

// The index finds at least what is wanted; the texts decide.
static int read_index(struct sqlite_reader *r, const struct store_query *query,
                      const struct place_row *place, int64_t to_id, struct page *page)
{
    sqlite3_stmt *statement = r->statements[SEARCH];
    struct buf expression;
    buf_init(&expression, EXPRESSION_MAX);
    buf_printf(&expression, "place : place%lld AND ", (long long)place->number);
    must(word_filter_expression(r->filter, "text", &expression));
    statement_bind(statement, 1, buf_text(&expression));
    sqlite3_bind_int64(statement, 2, to_id);
    int row;
    while ((row = statement_row(statement)) == 1) {
        struct message message = message_of(statement, query, place);
        if (word_filter_match(r->filter, message.text) && !page_add(page, &message)) {
            row = 0;
            break;
        }
    }
    sqlite3_reset(statement);
    buf_finish(&expression);
    return row;
}

static int search(struct sqlite_reader *r, const struct store_query *query,
                  const struct place_row *place, struct page *page)
{
    if (!word_filter_set(r->filter, query->words)) {
        return 0;
    }
    sqlite3_stmt *statement = r->statements[INDEXED];
    int row = statement_row(statement);
    int64_t indexed = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    if (row < 0) {
        return row;
    }
    int64_t to_id = 0;
    int code = read_messages(r, query, place, indexed, &to_id, page);
    return code ? (code < 0 ? code : 0) : read_index(r, query, place, to_id, page);
}

static int read_place(struct sqlite_reader *r, const struct store_query *query, struct page *page)
{
    struct place_row place = {0};
    int64_t to_id;
    int code = find_place(r, query->place, &place);
    if (code == 1 && query->words.len) {
        code = search(r, query, &place, page);
    } else if (code == 1) {
        code = read_messages(r, query, &place, 0, &to_id, page);
    }
    free(place.shown);
    return code < 0 ? code : 0;
}

int sqlite_reader_page(struct sqlite_reader *r, const struct store_query *query, struct page *page)
{
    if (!sqlite3_get_autocommit(r->database)) { // after an error
        statement_run(r->statements[END]);
    }
    int code = statement_run(r->statements[BEGIN]);
    if (code < 0) {
        page_finish(page);
        return code;
    }
    code = read_place(r, query, page);
    page_finish(page);
    statement_run(r->statements[END]);
    return code;
}

int sqlite_reader_rooms(struct sqlite_reader *r, void (*room)(void *, const struct store_room *),
                        void *context)
{
    sqlite3_stmt *statement = r->statements[ROOMS];
    int row;
    while ((row = statement_row(statement)) == 1) {
        room(context,
             &(struct store_room){.key = statement_text(statement, 0),
                                  .shown = statement_text(statement, 1),
                                  .topic = statement_text(statement, 2),
                                  .topic_by = statement_text(statement, 3),
                                  .topic_ms = sqlite3_column_int64(statement, 4),
                                  .last_seq = (uint64_t)sqlite3_column_int64(statement, 5)});
    }
    sqlite3_reset(statement);
    return row;
}
