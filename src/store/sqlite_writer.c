#include "store/sqlite_writer.h"

#include "base/must.h"
#include "store/sqlite_clock.h"
#include "store/sqlite_database.h"
#include "store/sqlite_error.h"
#include "store/sqlite_schema.h"

#include <errno.h>

enum {
    SLICE_US = 2000,
    // Each slice leaves an index of its own that must be merged later, so slices of a few
    // messages would cost many times what they are worth; a search reads that many messages
    // one by one in a millisecond.
    INDEX_TOGETHER = 256,
};

enum {
    BEGIN,
    COMMIT,
    ROLLBACK,
    INSERT,
    TARGET,
    DELETE,
    ERASE_TOPIC,
    ERASE_SENT,
    ERASE_RECEIVED,
    SET,
    UNSET
};

static const char *const sql[WRITER_STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [INSERT] = ("INSERT INTO message VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
                " ?13, ?14, ?15)"),
    [TARGET] = ("SELECT m.seq, m.kind, m.sender, m.sender_account, m.place, m.text, m.recipient,"
                " m.recipient_account FROM message m"
                " JOIN place ON number = m.place WHERE m.id = ?1 AND key = ?2"),
    [DELETE] = "UPDATE message SET kind = ?2, tags = '', text = '' WHERE id = ?1",
    [ERASE_TOPIC] = ("UPDATE place SET topic_by = ?2 FROM message m WHERE m.id = ?1"
                     " AND number = m.place AND topic_ms = m.time_ms AND topic_by = m.sender_name"),
    [ERASE_SENT] = ("UPDATE message SET kind = ?3, text = iif(kind = ?3, text, ''), tags = '',"
                    " sender = 0, sender_account = 0, sender_name = ?2, sender_mask = ''"
                    " WHERE id = ?1"),
    [ERASE_RECEIVED] = "UPDATE message SET recipient_name = ?2 WHERE id = ?1",
    [SET] = ("INSERT INTO record VALUES (?1, ?2, ?3)"
             " ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value"),
    [UNSET] = "DELETE FROM record WHERE kind = ?1 AND key = ?2",
};

// Index slices need not be durable when they end: with NORMAL they cost no fsync, and the
// next commit's carries them along (the log is durable up to there, in order).
static int set_synced(struct sqlite_writer *w, bool synced)
{
    const char *level = synced ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL";
    if (w->synced == synced && !w->unsynced) {
        return 0;
    }
    int code = database_run(w->database, w->unsynced ? "PRAGMA synchronous = OFF" : level);
    w->synced = synced && code == 0;
    return code;
}

// Settings that must stand before the schema is touched. What is deleted, and pages that become
// free, are overwritten, for nobody is to find in the file what has been erased. Merging the index
// frees thousands of pages: at 20,000 messages a second an eighth more is written for it, and
// commits and processor time are the same (bench_store).
static int configure(struct sqlite_writer *w)
{
    int code = database_run(w->database, "PRAGMA journal_mode = WAL;"
                                         "PRAGMA wal_autocheckpoint = 0;"
                                         "PRAGMA journal_size_limit = 67108864;"
                                         "PRAGMA cache_size = -16384;"
                                         "PRAGMA secure_delete = ON;"
                                         "PRAGMA temp_store = MEMORY");
    return code ? code : set_synced(w, true);
}

static int next_epoch(struct sqlite_writer *w)
{
    int64_t epoch = 0;
    int code = database_run(w->database, "UPDATE counter SET value = value + 1"
                                         " WHERE name = 'epoch'");
    code = code ? code
                : database_number(w->database, "SELECT value FROM counter WHERE name = 'epoch'",
                                  &epoch);
    w->epoch = (uint32_t)epoch;
    return code;
}

static int prepare(struct sqlite_writer *w)
{
    int code = database_prepare(w->database, sql, w->statements, WRITER_STATEMENTS);
    int places = places_init(&w->places, w->database);
    int index = index_init(&w->index, w->database);
    int trim = trim_init(&w->trim, &w->places, &w->index);
    code = code ? code : places ? places : index ? index : trim;
    code = code ? code : next_epoch(w);
    // The newest message need not be kept any more.
    return code ? code : database_number(w->database, "SELECT max(id) FROM newest", &w->last_id);
}

static int open_file(struct sqlite_writer *w, const char *path,
                     const struct store_sqlite_options *options, struct store_sqlite_error *error)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = database_open(path, options->vfs, flags, &w->database);
    // Before anything is written: the file may be somebody else's.
    code = code ? code : schema_check(w->database, path, &schema_steps, error);
    code = code ? code : configure(w);
    code = code ? code : schema_update(w->database, path, options->vfs, &schema_steps, error);
    if (code == 0) {
        sqlite_log_watch(&w->log, w->database);
        code = prepare(w);
    }
    if (code < 0) {
        error_say_unusable(error, code, path, w->database);
    }
    return code;
}

struct sqlite_writer *sqlite_writer_open(const char *path,
                                         const struct store_sqlite_options *options,
                                         struct store_sqlite_error *error)
{
    struct sqlite_writer *w = mem_alloc(sizeof *w);
    w->unsynced = options->unsynced;
    w->eager = options->eager;
    if (open_file(w, path, options, error) < 0) {
        sqlite_writer_close(w);
        return NULL;
    }
    return w;
}

struct store_sqlite_figures sqlite_writer_figures(const struct sqlite_writer *w)
{
    struct store_sqlite_figures figures = w->figures;
    figures.trimming = trim_is_due(&w->trim);
    figures.not_indexed = (uint64_t)(w->last_id - w->index.indexed_id);
    return figures;
}

void sqlite_writer_close(struct sqlite_writer *w)
{
    if (!w) {
        return;
    }
    if (w->lost_sync) {
        // What the file system then says of the log's content cannot be believed.
        sqlite3_db_config(w->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    if (w->database) {
        index_finish(&w->index);
        trim_finish(&w->trim);
        places_finish(&w->places);
        statements_finalize(w->statements, WRITER_STATEMENTS);
        must(sqlite3_close(w->database) == SQLITE_OK);
    }
    free(w);
}

// Right after the call that failed, as its error code is asked for.
static void roll_back(struct sqlite_writer *w)
{
    bool lost_sync = database_lost_sync(w->database);
    if (!sqlite3_get_autocommit(w->database)) {
        statement_run(w->statements[ROLLBACK]);
    }
    if (lost_sync) {
        w->lost_sync = true;
        sqlite_log_cut(&w->log);
    }
}

static int insert(struct sqlite_writer *w, struct message *m)
{
    sqlite3_stmt *statement = w->statements[INSERT];
    struct standing standing;
    m->id = (uint64_t)++w->last_id;
    int code = places_number(&w->places, m, &standing);
    if (code < 0) {
        return code;
    }
    sqlite3_bind_int64(statement, 1, w->last_id);
    sqlite3_bind_int64(statement, 2, standing.place);
    sqlite3_bind_int64(statement, 3, (int64_t)m->seq);
    sqlite3_bind_int64(statement, 4, standing.before);
    sqlite3_bind_int64(statement, 5, m->time_ms);
    sqlite3_bind_int(statement, 6, (int)m->kind);
    sqlite3_bind_int64(statement, 7, (int64_t)m->sender.number);
    sqlite3_bind_int(statement, 8, m->sender.account);
    statement_bind(statement, 9, m->sender_name);
    statement_bind(statement, 10, m->sender_mask);
    statement_bind(statement, 11, m->tags);
    sqlite3_bind_int64(statement, 12, (int64_t)m->recipient.number);
    sqlite3_bind_int(statement, 13, m->recipient.account);
    statement_bind(statement, 14, m->recipient_name);
    statement_bind(statement, 15, m->text);
    return statement_run(statement);
}

static int refuse(const struct message *redaction, sqlite3_stmt *target)
{
    enum message_kind kind = (enum message_kind)sqlite3_column_int(target, 1);
    if (kind == MESSAGE_TOPIC || kind == MESSAGE_DELETED) {
        return -ENOENT;
    }
    bool same = (uint64_t)sqlite3_column_int64(target, 2) == redaction->sender.number &&
                sqlite3_column_int(target, 3) == redaction->sender.account;
    return same || !redaction->sender.number ? 0 : -EACCES;
}

// The text of the target goes: from the index, and from what its place is counted to have.
static int lose_text(struct sqlite_writer *w, const struct message *m, sqlite3_stmt *target)
{
    int64_t id = (int64_t)m->id;
    struct text text = statement_text(target, 5);
    int code = 0;
    if (id <= w->index.indexed_id) {
        code = index_forget(&w->index, id, sqlite3_column_int64(target, 4), text);
    }
    return code ? code : places_lose(&w->places, m->place, m->seq, text.len);
}

static int delete_message(struct sqlite_writer *w, const struct message *m, sqlite3_stmt *target)
{
    int code = lose_text(w, m, target);
    sqlite3_stmt *statement = w->statements[DELETE];
    sqlite3_bind_int64(statement, 1, (int64_t)m->id);
    sqlite3_bind_int(statement, 2, MESSAGE_DELETED);
    return code ? code : statement_run(statement);
}

// Whether the two columns from `column` on are this identity.
static bool is_identity(sqlite3_stmt *target, int column, struct identity who)
{
    struct identity found = {(uint64_t)sqlite3_column_int64(target, column),
                             sqlite3_column_int(target, column + 1)};
    return identity_equal(found, who);
}

static int erase_part(struct sqlite_writer *w, int which, const struct message *m,
                      enum message_kind kind)
{
    sqlite3_stmt *statement = w->statements[which];
    sqlite3_bind_int64(statement, 1, (int64_t)m->id);
    statement_bind(statement, 2, m->sender_name);
    if (which == ERASE_SENT) {
        sqlite3_bind_int(statement, 3, (int)kind);
    }
    return statement_run(statement);
}

// As message_erase() does it.
static int erase_sent(struct sqlite_writer *w, const struct message *m, sqlite3_stmt *target)
{
    enum message_kind kind = (enum message_kind)sqlite3_column_int(target, 1);
    if (kind == MESSAGE_TOPIC) {
        int code = erase_part(w, ERASE_TOPIC, m, kind);
        return code ? code : erase_part(w, ERASE_SENT, m, kind);
    }
    int code = kind == MESSAGE_DELETED ? 0 : lose_text(w, m, target);
    return code ? code : erase_part(w, ERASE_SENT, m, MESSAGE_DELETED);
}

static int erase_found(struct sqlite_writer *w, struct submission *submission, sqlite3_stmt *target)
{
    struct message *m = submission->message;
    bool sent = is_identity(target, 2, m->sender);
    bool received = is_identity(target, 6, m->sender);
    m->seq = (uint64_t)sqlite3_column_int64(target, 0);
    submission->refused = sent || received ? 0 : -ENOENT;
    int code = sent ? erase_sent(w, m, target) : 0;
    return code || !received ? code : erase_part(w, ERASE_RECEIVED, m, MESSAGE_DELETED);
}

static int erase(struct sqlite_writer *w, struct submission *submission)
{
    sqlite3_stmt *target = w->statements[TARGET];
    sqlite3_bind_int64(target, 1, (int64_t)submission->message->id);
    statement_bind(target, 2, submission->message->place);
    int row = statement_row(target);
    submission->refused = -ENOENT;
    int code = row == 1 ? erase_found(w, submission, target) : row;
    sqlite3_reset(target);
    return code;
}

static int redact(struct sqlite_writer *w, struct submission *submission)
{
    struct message *m = submission->message;
    int64_t id = (int64_t)m->id;
    sqlite3_stmt *target = w->statements[TARGET];
    sqlite3_bind_int64(target, 1, id);
    statement_bind(target, 2, m->place);
    int row = statement_row(target);
    int code = row < 0 ? row : 0;
    submission->refused = row == 1 ? refuse(m, target) : -ENOENT;
    if (row == 1 && submission->refused == 0) {
        m->seq = (uint64_t)sqlite3_column_int64(target, 0);
        code = delete_message(w, m, target);
    }
    sqlite3_reset(target);
    return code;
}

static int set_record(struct sqlite_writer *w, const struct record *record)
{
    sqlite3_stmt *statement = w->statements[record->value.len ? SET : UNSET];
    statement_bind(statement, 1, record->kind);
    statement_bind(statement, 2, record->key);
    if (record->value.len) {
        statement_bind(statement, 3, record->value);
    }
    return statement_run(statement);
}

static int write_one(struct sqlite_writer *w, struct submission *submission)
{
    if (submission->record) {
        return set_record(w, submission->record);
    }
    switch (submission->message->kind) {
    case MESSAGE_REDACTION:
        return redact(w, submission);
    case MESSAGE_ERASURE:
        return erase(w, submission);
    default:
        return insert(w, submission->message);
    }
}

static int write_batch(struct sqlite_writer *w, struct submission *batch, size_t count)
{
    int code = set_synced(w, true);
    code = code ? code : statement_run(w->statements[BEGIN]);
    for (size_t i = 0; code == 0 && i < count; i++) {
        code = write_one(w, &batch[i]);
    }
    code = code ? code : places_write(&w->places);
    int64_t start_us = clock_us();
    code = code ? code : statement_run(w->statements[COMMIT]);
    sqlite_log_commit_took(&w->log, clock_us() - start_us);
    return code;
}

int sqlite_writer_commit(struct sqlite_writer *w, struct submission *batch, size_t count)
{
    int64_t last_id = w->last_id;
    if (w->lost_sync) {
        return -EIO;
    }
    int code = write_batch(w, batch, count);
    if (code < 0) {
        roll_back(w);
        w->last_id = last_id;
        places_forget(&w->places);
        return code;
    }
    w->upkeep_failed = false;
    places_trim(&w->places);
    w->figures.commits++;
    for (size_t i = 0; i < count; i++) {
        w->figures.committed += !batch[i].record;
    }
    return 0;
}

static void keep_longest(int64_t *longest_us, int64_t start_us)
{
    int64_t took_us = clock_us() - start_us;
    *longest_us = took_us > *longest_us ? took_us : *longest_us;
}

static int work(struct sqlite_writer *w)
{
    int64_t start_us = clock_us();
    int64_t behind = index_behind(&w->index, w->last_id);
    bool trims = trim_is_due(&w->trim) && behind < INDEX_TOGETHER;
    if (sqlite_log_is_long(&w->log) || (!behind && !trims)) {
        int code = sqlite_log_checkpoint(&w->log);
        w->figures.checkpoints++;
        keep_longest(&w->figures.checkpoint_max_us, start_us);
        return code;
    }
    int code = set_synced(w, false);
    if (code == 0) {
        places_trim(&w->places);
        code = trims ? trim_slice(&w->trim, SLICE_US) : index_slice(&w->index, SLICE_US);
    }
    keep_longest(&w->figures.slice_max_us, start_us);
    return code;
}

static enum upkeep what_is_due(const struct sqlite_writer *w, bool quiet)
{
    if (w->lost_sync || w->upkeep_failed) {
        return UPKEEP_NONE;
    }
    int64_t behind = index_behind(&w->index, w->last_id);
    if (sqlite_log_is_long(&w->log) || trim_is_due(&w->trim) ||
        behind >= (quiet || w->eager ? 1 : INDEX_TOGETHER)) {
        return UPKEEP_MORE;
    }
    return behind || sqlite_log_is_stuck(&w->log) ? UPKEEP_LATER : UPKEEP_NONE;
}

enum upkeep sqlite_writer_upkeep(struct sqlite_writer *w, bool quiet)
{
    enum upkeep due = what_is_due(w, quiet);
    // When it is quiet, "later" means a log that is stuck: tried once each time.
    if ((due == UPKEEP_MORE || (due == UPKEEP_LATER && quiet)) && work(w) < 0) {
        roll_back(w);
        places_forget(&w->places);
        w->upkeep_failed = true;
    }
    return what_is_due(w, quiet);
}
