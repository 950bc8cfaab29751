#include "store/sqlite_reader.h"

#include "base/must.h"
#include "store/sqlite_clock.h"

enum { BEGIN, END, PLACE, START, STEP, MESSAGE, INDEXED, SEARCH, ROOMS };

enum {
    EXPRESSION_MAX = 64 * 1024,
    HOLD_US = 20000,
};

#define COLUMNS                                                                                    \
    "m.id, m.seq, m.before, m.time_ms, m.kind, m.sender, m.sender_account, m.sender_name, "        \
    "m.recipient, "                                                                                \
    "m.recipient_account, m.recipient_name, m.text"

// CROSS JOIN keeps the planner to that order: the index of words first, newest first.
static const char *const sql[READER_STATEMENTS] = {
    [BEGIN] = "BEGIN",
    [END] = "COMMIT",
    [PLACE] = "SELECT number, shown, seq, id FROM place JOIN newest ON place = number"
              " WHERE key = ?1",
    [START] = "SELECT id FROM milestone WHERE place = ?1 AND seq >= ?2 ORDER BY seq LIMIT 1",
    [STEP] = "SELECT seq, before FROM message WHERE id = ?1",
    [MESSAGE] = "SELECT " COLUMNS " FROM message m WHERE id = ?1",
    [INDEXED] = "SELECT value FROM counter WHERE name = 'indexed'",
    [SEARCH] = "SELECT " COLUMNS " FROM message_index i CROSS JOIN message m ON m.id = i.rowid"
               " WHERE i.message_index MATCH ?1 AND i.rowid <= ?2 ORDER BY i.rowid DESC",
    [ROOMS] = "SELECT key, shown, topic, topic_by, topic_ms, seq FROM place"
              " JOIN newest ON place = number WHERE shown <> '' ORDER BY number",
};

int sqlite_reader_open(struct sqlite_reader *r, const char *path, const char *vfs,
                       void (*let_go)(void *), void *context)
{
    *r = (struct sqlite_reader){.let_go = let_go, .context = context};
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

static int begin(struct sqlite_reader *r)
{
    if (!sqlite3_get_autocommit(r->database)) { // after an error
        statement_run(r->statements[END]);
    }
    r->begun_us = clock_us();
    r->hold_us = HOLD_US;
    return statement_run(r->statements[BEGIN]);
}

static bool has_held_long(const struct sqlite_reader *r)
{
    return clock_us() - r->begun_us > r->hold_us;
}

// Lets go of the state that is read, so that the writer can begin its log anew, and
// takes a newer one. For a page that is the same: messages never change, and a search goes on
// with older ones. No statement may be under way.
static int let_go_sometimes(struct sqlite_reader *r)
{
    if (!has_held_long(r)) {
        return 0;
    }
    statement_run(r->statements[END]);
    r->let_go(r->context);
    return begin(r);
}

struct place_row {
    int64_t number;
    char *shown;
    uint64_t last_seq;
    int64_t last_id;
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
        place->last_seq = (uint64_t)sqlite3_column_int64(statement, 2);
        place->last_id = sqlite3_column_int64(statement, 3);
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
        .time_ms = sqlite3_column_int64(row, 3),
        .kind = (enum message_kind)sqlite3_column_int(row, 4),
        .place = query->place,
        .place_shown = text_of(place->shown),
        .sender = {(uint64_t)sqlite3_column_int64(row, 5), sqlite3_column_int(row, 6)},
        .sender_name = statement_text(row, 7),
        .recipient = {(uint64_t)sqlite3_column_int64(row, 8), sqlite3_column_int(row, 9)},
        .recipient_name = statement_text(row, 10),
        .text = statement_text(row, 11),
    };
}

// Binds and steps a statement whose first parameter is a number. 1: a row, 0 or -errno; the
// caller resets.
static int look_up(sqlite3_stmt *statement, int64_t number)
{
    sqlite3_bind_int64(statement, 1, number);
    return statement_row(statement);
}

// The id to start from for `to_seq`: of a milestone at or after it, or the newest.
static int find_start(struct sqlite_reader *r, const struct place_row *place, uint64_t to_seq,
                      int64_t *id)
{
    sqlite3_stmt *statement = r->statements[START];
    *id = place->last_id;
    if (to_seq >= place->last_seq) {
        return 0;
    }
    sqlite3_bind_int64(statement, 2, (int64_t)to_seq);
    int row = look_up(statement, place->number);
    if (row == 1) {
        *id = sqlite3_column_int64(statement, 0);
    }
    sqlite3_reset(statement);
    return row < 0 ? row : 0;
}

// The id of the last message with seq <= to_seq; 0 when there is none. 0 or -errno.
static int find_last(struct sqlite_reader *r, const struct place_row *place, uint64_t to_seq,
                     int64_t *id)
{
    sqlite3_stmt *statement = r->statements[STEP];
    bool there = false;
    int code = find_start(r, place, to_seq, id);
    while (code == 0 && *id && !there) {
        int row = look_up(statement, *id);
        there = row == 1 && (uint64_t)sqlite3_column_int64(statement, 0) <= to_seq;
        if (!there) {
            *id = row == 1 ? sqlite3_column_int64(statement, 1) : 0;
        }
        code = row < 0 ? row : 0;
        sqlite3_reset(statement);
    }
    return code;
}

// Reads from message *id back to the one `indexed`, which is not read. With words, only
// what has them. Then *id is where to go on; 0: nowhere, or the page is full. 0 or -errno.
static int read_chain(struct sqlite_reader *r, const struct store_query *query,
                      const struct place_row *place, int64_t indexed, int64_t *id,
                      struct page *page)
{
    sqlite3_stmt *statement = r->statements[MESSAGE];
    int row = 1;
    while (row == 1 && *id > indexed) {
        int code = let_go_sometimes(r);
        row = code ? code : look_up(statement, *id);
        *id = 0;
        if (row == 1) {
            struct message message = message_of(statement, query, place);
            bool wanted = !query->words.len || word_filter_match(r->filter, message.text);
            bool full = wanted && !page_add(page, &message);
            *id = full ? 0 : sqlite3_column_int64(statement, 2);
        }
        sqlite3_reset(statement);
    }
    return row < 0 ? row : 0;
}

// Reads candidates from `*id` on until the page is full (then *id becomes 0), there are no
// more (likewise) or it is time to let go. The index finds at least what is wanted; the texts
// decide.
static int read_candidates(struct sqlite_reader *r, const struct store_query *query,
                           const struct place_row *place, struct text expression, int64_t *id,
                           struct page *page)
{
    sqlite3_stmt *statement = r->statements[SEARCH];
    statement_bind(statement, 1, expression);
    sqlite3_bind_int64(statement, 2, *id);
    int64_t start_us = clock_us();
    int row = statement_row(statement);
    // Finding the place again must not become most of the work.
    int64_t worth_us = (clock_us() - start_us) * 4;
    r->hold_us = worth_us > HOLD_US ? worth_us : HOLD_US;
    while (row == 1) {
        struct message message = message_of(statement, query, place);
        *id = (int64_t)message.id - 1;
        if (word_filter_match(r->filter, message.text) && !page_add(page, &message)) {
            row = 0;
        } else if (has_held_long(r)) {
            break;
        } else {
            row = statement_row(statement);
        }
    }
    sqlite3_reset(statement);
    *id = row == 1 ? *id : 0;
    return row < 0 ? row : 0;
}

static int read_index(struct sqlite_reader *r, const struct store_query *query,
                      const struct place_row *place, int64_t id, struct page *page)
{
    struct buf expression;
    buf_init(&expression, EXPRESSION_MAX);
    buf_printf(&expression, "place : place%lld AND ", (long long)place->number);
    must(word_filter_expression(r->filter, "text", &expression));
    int code = 0;
    while (code == 0 && id) {
        code = let_go_sometimes(r);
        code = code ? code : read_candidates(r, query, place, buf_text(&expression), &id, page);
    }
    buf_finish(&expression);
    return code;
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
    int64_t id;
    int code = find_last(r, place, query->to_seq, &id);
    code = code ? code : read_chain(r, query, place, indexed, &id, page);
    return code || !id ? code : read_index(r, query, place, id, page);
}

static int read_place(struct sqlite_reader *r, const struct store_query *query, struct page *page)
{
    struct place_row place = {0};
    int64_t id;
    int code = find_place(r, query->place, &place);
    if (code == 1 && query->words.len) {
        code = search(r, query, &place, page);
    } else if (code == 1) {
        code = find_last(r, &place, query->to_seq, &id);
        code = code ? code : read_chain(r, query, &place, 0, &id, page);
    }
    free(place.shown);
    return code < 0 ? code : 0;
}

int sqlite_reader_page(struct sqlite_reader *r, const struct store_query *query, struct page *page)
{
    int code = begin(r);
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
