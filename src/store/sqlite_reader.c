#include "store/sqlite_reader.h"

#include "base/must.h"
#include "store/sqlite_clock.h"
#include "store/sqlite_mark.h"
#include "store/store_range.h"

#include <errno.h>

enum {
    EXPRESSION_MAX = 64 * 1024,
    WINDOW_MIN = 64,
    // Where hardly any message is of a kind that is wanted, a page ends after that many.
    LOOKED_AT_MAX = 16 * 1024,
    EVERYTHING_LOOKED_AT = 8 * 1024, // in one state of the database
    HOLD_US = 20000,
};

#define COLUMNS                                                                                    \
    "m.id, m.seq, m.before, m.time_ms, m.kind, m.sender, m.sender_account, m.sender_name, "        \
    "m.sender_mask, m.tags, m.recipient, m.recipient_account, m.recipient_name, m.text"

// CROSS JOIN keeps the planner to that order: the index of words first, newest first.
static const char *const sql[READER_STATEMENTS] = {
    [READ_BEGIN] = "BEGIN",
    [READ_END] = "COMMIT",
    [READ_PLACE] = "SELECT number, shown, n.seq, n.id, coalesce(o.seq, 1) FROM place"
                   " JOIN newest n ON n.place = number LEFT JOIN oldest o ON o.place = number"
                   " WHERE key = ?1",
    [READ_START] = "SELECT id FROM milestone WHERE place = ?1 AND seq >= ?2 ORDER BY seq LIMIT 1",
    [READ_STEP] = "SELECT seq, before, time_ms FROM message WHERE id = ?1",
    [READ_SEQ] = "SELECT seq, place FROM message WHERE id = ?1",
    [READ_MILESTONE] = "SELECT s.id, m.time_ms FROM milestone s JOIN message m ON m.id = s.id"
                       " WHERE s.place = ?1 AND s.seq = ?2",
    [READ_MESSAGE] = "SELECT " COLUMNS " FROM message m WHERE id = ?1",
    [READ_INDEXED] = "SELECT value FROM counter WHERE name = 'indexed'",
    [READ_SEARCH] = "SELECT " COLUMNS " FROM message_index i CROSS JOIN message m ON m.id = i.rowid"
                    " WHERE i.message_index MATCH ?1 AND i.rowid <= ?2 ORDER BY i.rowid DESC",
    [READ_TALKS] =
        "SELECT " COLUMNS ", p.key FROM conversation c JOIN newest n ON n.place = c.place"
        " JOIN place p ON p.number = c.place JOIN message m ON m.id = n.id"
        " WHERE c.account = ?1 AND c.who = ?2 ORDER BY n.id * ?3",
    [READ_EVERYTHING] =
        "SELECT " COLUMNS ", p.key, p.shown FROM message m CROSS JOIN place p ON p.number = m.place"
        " WHERE m.id > ?1 AND m.id <= ?2 AND ((m.sender = ?3 AND m.sender_account = ?4)"
        " OR (m.recipient = ?3 AND m.recipient_account = ?4)) ORDER BY m.id",
    [READ_LAST] = "SELECT max(id) FROM message",
    [READ_RECORDS] = "SELECT kind, key, value FROM record ORDER BY kind, key",
    [READ_ROOMS] = "SELECT key, shown, topic, topic_by, topic_ms, seq FROM place"
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
        statement_run(r->statements[READ_END]);
    }
    r->begun_us = clock_us();
    r->hold_us = HOLD_US;
    return statement_run(r->statements[READ_BEGIN]);
}

static bool has_held_long(const struct sqlite_reader *r)
{
    return clock_us() - r->begun_us > r->hold_us;
}

// Lets go of the state that is read, so that the writer can begin its log anew, and takes a
// newer one. For a page of a place that is the same, but for messages deleted meanwhile: none
// is moved or taken away, and what is new lies outside of the numbers that are read. No
// statement may be under way.
static int let_go_sometimes(struct sqlite_reader *r)
{
    if (!has_held_long(r)) {
        return 0;
    }
    statement_run(r->statements[READ_END]);
    r->let_go(r->context);
    return begin(r);
}

// The texts are valid until the statement moves on.
static struct message message_of(sqlite3_stmt *row, struct text place, struct text shown)
{
    return (struct message){
        .id = (uint64_t)sqlite3_column_int64(row, 0),
        .seq = (uint64_t)sqlite3_column_int64(row, 1),
        .time_ms = sqlite3_column_int64(row, 3),
        .kind = (enum message_kind)sqlite3_column_int(row, 4),
        .place = place,
        .place_shown = shown,
        .sender = {(uint64_t)sqlite3_column_int64(row, 5), sqlite3_column_int(row, 6)},
        .sender_name = statement_text(row, 7),
        .sender_mask = statement_text(row, 8),
        .tags = statement_text(row, 9),
        .recipient = {(uint64_t)sqlite3_column_int64(row, 10), sqlite3_column_int(row, 11)},
        .recipient_name = statement_text(row, 12),
        .text = statement_text(row, 13),
    };
}

// A page that is being read from one place.
struct reading {
    struct sqlite_reader *r;
    const struct store_query *query;
    const struct place_row *place;
    struct page *page;
};

static bool wants(const struct reading *reading, const struct message *message)
{
    return store_query_wants(reading->query, message->kind) &&
           (!reading->query->words.len || word_filter_match(reading->r->filter, message->text));
}

static struct message message_in(const struct reading *reading, sqlite3_stmt *row)
{
    return message_of(row, reading->query->place, text_of(reading->place->shown));
}

// Reads from message *id back to number `low` and to the message `indexed`, which is not read.
// Then *id is where to go on; 0: nowhere, or the page is full. 0 or -errno.
static int read_chain(const struct reading *reading, uint64_t low, int64_t indexed, int64_t *id)
{
    sqlite3_stmt *statement = reading->r->statements[READ_MESSAGE];
    size_t looked_at = 0;
    int row = 1;
    while (row == 1 && *id > indexed) {
        int code = let_go_sometimes(reading->r);
        row = code ? code : mark_look_up(statement, *id);
        *id = 0;
        if (row == 1 && (uint64_t)sqlite3_column_int64(statement, 1) >= low) {
            struct message message = message_in(reading, statement);
            bool full = wants(reading, &message) && !page_add(reading->page, &message);
            if (!full && ++looked_at == LOOKED_AT_MAX && !reading->query->words.len) {
                reading->page->more = true;
                full = true;
            }
            *id = full ? 0 : sqlite3_column_int64(statement, 2);
        }
        sqlite3_reset(statement);
    }
    return row < 0 ? row : 0;
}

static int read_backward(const struct reading *reading, uint64_t high, uint64_t low)
{
    int64_t id = 0;
    int code = high >= low ? mark_find_last(reading->r, reading->place, high, &id) : 0;
    return code ? code : read_chain(reading, low, 0, &id);
}

// The ids of messages low to high, newest first: at most STORE_PAGE_MESSAGES_MAX. 0 or -errno.
static int find_ids(const struct reading *reading, uint64_t low, uint64_t high, int64_t *ids,
                    size_t *count)
{
    sqlite3_stmt *statement = reading->r->statements[READ_STEP];
    int64_t id;
    int code = mark_find_last(reading->r, reading->place, high, &id);
    *count = 0;
    while (code == 0 && id && *count < STORE_PAGE_MESSAGES_MAX) {
        int row = mark_look_up(statement, id);
        bool there = row == 1 && (uint64_t)sqlite3_column_int64(statement, 0) >= low;
        if (there) {
            ids[(*count)++] = id;
        }
        id = there ? sqlite3_column_int64(statement, 1) : 0;
        code = row < 0 ? row : 0;
        sqlite3_reset(statement);
    }
    return code;
}

// 1: goes on, 0: the page is full, or -errno.
static int read_one(const struct reading *reading, int64_t id)
{
    sqlite3_stmt *statement = reading->r->statements[READ_MESSAGE];
    int row = mark_look_up(statement, id);
    if (row == 1) {
        struct message message = message_in(reading, statement);
        row = !wants(reading, &message) || page_add_newer(reading->page, &message);
    }
    sqlite3_reset(statement);
    return row;
}

// There is no way forward along the chain: windows of it are walked back, and then read.
static int read_forward(const struct reading *reading, uint64_t low, uint64_t high)
{
    int64_t ids[STORE_PAGE_MESSAGES_MAX];
    uint64_t limit = reading->query->limit;
    uint64_t window = limit < WINDOW_MIN ? WINDOW_MIN : limit;
    uint64_t first = low;
    int code = 1;
    for (; code == 1 && low <= high; low += window) {
        size_t count = 0;
        if (low - first >= LOOKED_AT_MAX) {
            reading->page->more = true;
            return 0;
        }
        uint64_t end = high - low < window ? high : low + window - 1;
        code = let_go_sometimes(reading->r);
        code = code ? code : find_ids(reading, low, end, ids, &count);
        code = code < 0 ? code : 1;
        while (code == 1 && count) {
            code = read_one(reading, ids[--count]);
        }
    }
    return code < 0 ? code : 0;
}

// Reads candidates from `*id` back to number `low` until the page is full (then *id becomes 0),
// there are no more (likewise) or it is time to let go. The index finds at least what is
// wanted; the texts decide.
static int read_candidates(const struct reading *reading, uint64_t low, struct text expression,
                           int64_t *id)
{
    struct sqlite_reader *r = reading->r;
    sqlite3_stmt *statement = r->statements[READ_SEARCH];
    statement_bind(statement, 1, expression);
    sqlite3_bind_int64(statement, 2, *id);
    int64_t start_us = clock_us();
    int row = statement_row(statement);
    // Finding the place again must not become most of the work.
    int64_t worth_us = (clock_us() - start_us) * 4;
    r->hold_us = worth_us > HOLD_US ? worth_us : HOLD_US;
    while (row == 1) {
        struct message message = message_in(reading, statement);
        *id = (int64_t)message.id - 1;
        if (message.seq < low || (wants(reading, &message) && !page_add(reading->page, &message))) {
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

static int read_index(const struct reading *reading, uint64_t low, int64_t id)
{
    struct sqlite_reader *r = reading->r;
    struct buf expression;
    buf_init(&expression, EXPRESSION_MAX);
    buf_printf(&expression, "place : place%lld AND ", (long long)reading->place->number);
    must(word_filter_expression(r->filter, "text", &expression));
    int code = 0;
    while (code == 0 && id) {
        code = let_go_sometimes(r);
        code = code ? code : read_candidates(reading, low, buf_text(&expression), &id);
    }
    buf_finish(&expression);
    return code;
}

static int search(const struct reading *reading, uint64_t high, uint64_t low)
{
    struct sqlite_reader *r = reading->r;
    if (!word_filter_set(r->filter, reading->query->words)) {
        return 0;
    }
    sqlite3_stmt *statement = r->statements[READ_INDEXED];
    int row = statement_row(statement);
    int64_t indexed = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    if (row < 0) {
        return row;
    }
    int64_t id;
    int code = mark_find_last(r, reading->place, high, &id);
    code = code ? code : read_chain(reading, low, indexed, &id);
    return code || !id ? code : read_index(reading, low, id);
}

static int read_around(const struct reading *reading, uint64_t seq)
{
    reading->page->room = reading->query->limit / 2;
    int code = read_backward(reading, seq - 1, 1);
    reading->page->room = reading->query->limit;
    reading->page->more = false;
    return code ? code : read_forward(reading, seq, reading->place->last_seq);
}

static int read_range(const struct reading *reading)
{
    struct store_point from = {0};
    struct store_point to = {0};
    const struct store_query *query = reading->query;
    int code = mark_find(reading->r, reading->place, &query->from, &from);
    if (code == 0 && query->around) {
        return read_around(reading, from.before + 1);
    }
    code = code ? code : mark_find(reading->r, reading->place, &query->to, &to);
    if (code < 0) {
        return code;
    }
    struct store_range range = store_range_between(from, to, reading->place->last_seq);
    range.low = range.low > reading->place->first_seq ? range.low : reading->place->first_seq;
    if (query->words.len) {
        return search(reading, range.high, range.low);
    }
    return range.forward ? read_forward(reading, range.low, range.high)
                         : read_backward(reading, range.high, range.low);
}

static int read_place(struct sqlite_reader *r, const struct store_query *query, struct page *page)
{
    struct place_row place = {0};
    int code = mark_find_place(r, query->place, &place);
    if (code == 1) {
        page->first_seq = place.first_seq;
        code = read_range(&(struct reading){r, query, &place, page});
    } else if (code == 0 && query->from.kind == STORE_ID) {
        code = -ENOENT;
    }
    free(place.shown);
    return code;
}

// Lets go of nothing on its way: another state may have other messages as the newest ones.
static int read_conversations(struct sqlite_reader *r, const struct store_query *query,
                              struct page *page)
{
    sqlite3_stmt *statement = r->statements[READ_TALKS];
    bool forward = store_query_is_forward(query);
    sqlite3_bind_int(statement, 1, query->who.account);
    sqlite3_bind_int64(statement, 2, (int64_t)query->who.number);
    sqlite3_bind_int(statement, 3, forward ? 1 : -1);
    int row;
    while ((row = statement_row(statement)) == 1) {
        struct message message = message_of(statement, statement_text(statement, 14), TEXT(""));
        if (store_query_wants_time(query, message.time_ms) &&
            !(forward ? page_add_newer(page, &message) : page_add(page, &message))) {
            row = 0;
            break;
        }
    }
    sqlite3_reset(statement);
    return row;
}

static int read_part(struct sqlite_reader *r, const struct store_query *query, int64_t to,
                     struct page *page)
{
    sqlite3_stmt *statement = r->statements[READ_EVERYTHING];
    sqlite3_bind_int64(statement, 1, (int64_t)query->from.number);
    sqlite3_bind_int64(statement, 2, to);
    sqlite3_bind_int64(statement, 3, (int64_t)query->who.number);
    sqlite3_bind_int(statement, 4, query->who.account);
    int row;
    while ((row = statement_row(statement)) == 1) {
        struct message message =
            message_of(statement, statement_text(statement, 14), statement_text(statement, 15));
        if (store_query_wants(query, message.kind) && !page_add_newer(page, &message)) {
            page->looked_to = message.id - 1;
            row = 0;
            break;
        }
    }
    sqlite3_reset(statement);
    return row;
}

static int read_everything(struct sqlite_reader *r, const struct store_query *query,
                           struct page *page)
{
    sqlite3_stmt *statement = r->statements[READ_LAST];
    int row = statement_row(statement);
    int64_t last = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    if (row < 0) {
        return row;
    }
    int64_t from = (int64_t)query->from.number;
    int64_t to = last - from > EVERYTHING_LOOKED_AT ? from + EVERYTHING_LOOKED_AT : last;
    page->looked_to = (uint64_t)(to > from ? to : from);
    int code = read_part(r, query, to, page);
    page->more = page->more || to < last;
    return code;
}

int sqlite_reader_page(struct sqlite_reader *r, const struct store_query *query, struct page *page)
{
    int code = begin(r);
    if (code < 0) {
        page_finish(page);
        return code;
    }
    if (query->everything) {
        code = read_everything(r, query, page);
    } else {
        code = query->place.len ? read_place(r, query, page) : read_conversations(r, query, page);
    }
    page_finish(page);
    statement_run(r->statements[READ_END]);
    return code;
}

int sqlite_reader_rooms(struct sqlite_reader *r, void (*room)(void *, const struct store_room *),
                        void *context)
{
    sqlite3_stmt *statement = r->statements[READ_ROOMS];
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

int sqlite_reader_records(struct sqlite_reader *r, void (*record)(void *, const struct record *),
                          void *context)
{
    sqlite3_stmt *statement = r->statements[READ_RECORDS];
    int row;
    while ((row = statement_row(statement)) == 1) {
        record(context, &(struct record){.kind = statement_text(statement, 0),
                                         .key = statement_text(statement, 1),
                                         .value = statement_text(statement, 2)});
    }
    sqlite3_reset(statement);
    return row;
}
