#include "store/sqlite_schema.h"

#include "base/must.h"
#include "store/sqlite_copy.h"
#include "store/sqlite_database.h"
#include "store/sqlite_error.h"

#include <errno.h>
#include <limits.h>

// Of messages, `id` is the order of all, `seq` that of the place, and `before` the id of the
// place's message before (0: none). So a page is read backwards along that chain, and there
// is no index by place and seq: its leaves would be as many as there are busy rooms, and
// every commit would write them all (measured with 100 rooms: half of what is written). Only
// each 64th message of a place is in one, as a place to start from. Times are not in any index
// either: they are found by bisection over those.
//
// The index of words holds no texts: it finds them in the message. Its column `place` holds one
// word, so that a search in one place walks that word's list instead of everybody's messages.
// Its own merging is off: sqlite_index.c has it done in small steps.
static const char *const steps[] = {
    "CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO counter VALUES ('epoch', 0), ('indexed', 0);"
    "CREATE TABLE place ("
    "  number INTEGER PRIMARY KEY,"
    "  key TEXT NOT NULL UNIQUE,"
    "  shown TEXT NOT NULL,"
    "  topic TEXT NOT NULL DEFAULT '',"
    "  topic_by TEXT NOT NULL DEFAULT '',"
    "  topic_ms INTEGER NOT NULL DEFAULT 0);"
    // Apart, as these rows change with every message: many fit on one page.
    "CREATE TABLE newest (place INTEGER PRIMARY KEY, seq INTEGER NOT NULL, id INTEGER NOT NULL);"
    "CREATE TABLE message ("
    "  id INTEGER PRIMARY KEY,"
    "  place INTEGER NOT NULL,"
    "  seq INTEGER NOT NULL,"
    "  before INTEGER NOT NULL,"
    "  time_ms INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL,"
    "  sender INTEGER NOT NULL,"
    "  sender_account INTEGER NOT NULL,"
    "  sender_name TEXT NOT NULL,"
    "  sender_mask TEXT NOT NULL,"
    "  tags TEXT NOT NULL,"
    "  recipient INTEGER NOT NULL,"
    "  recipient_account INTEGER NOT NULL,"
    "  recipient_name TEXT NOT NULL,"
    "  text TEXT NOT NULL);"
    "CREATE TABLE milestone (place INTEGER NOT NULL, seq INTEGER NOT NULL, id INTEGER NOT NULL,"
    "  PRIMARY KEY (place, seq)) WITHOUT ROWID;"
    // Which conversations somebody has had: a row for each of the two.
    "CREATE TABLE conversation (account INTEGER NOT NULL, who INTEGER NOT NULL,"
    "  place INTEGER NOT NULL, PRIMARY KEY (account, who, place)) WITHOUT ROWID;"
    "CREATE VIEW message_words AS SELECT id, 'place' || place AS place, text FROM message;"
    "CREATE VIRTUAL TABLE message_index USING fts5 (place, text,"
    "  content='message_words', content_rowid='id', columnsize=0,"
    "  tokenize='unicode61 remove_diacritics 2');"
    "INSERT INTO message_index (message_index, rank)"
    "  VALUES ('automerge', 0), ('usermerge', 16), ('crisismerge', 1999);",
    // What the core keeps of its own (struct record).
    ("CREATE TABLE record (kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
     "  PRIMARY KEY (kind, key)) WITHOUT ROWID;"),
    // Of places whose oldest messages have gone: the first that is left.
    "CREATE TABLE oldest (place INTEGER PRIMARY KEY, seq INTEGER NOT NULL);",
    // How many bytes the texts are that are kept (sqlite_place.h).
    ("ALTER TABLE newest ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE newest ADD COLUMN open_bytes INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE milestone ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;"
     "UPDATE milestone SET bytes = b.bytes FROM (SELECT place, (seq + 63) / 64 * 64 AS seq,"
     "  sum(length(CAST(text AS BLOB))) AS bytes FROM message GROUP BY 1, 2) b"
     "  WHERE milestone.place = b.place AND milestone.seq = b.seq;"
     "UPDATE newest SET bytes = b.bytes, open_bytes = b.open_bytes FROM (SELECT m.place,"
     "  sum(length(CAST(text AS BLOB))) AS bytes,"
     "  sum(iif(m.seq > n.seq / 64 * 64, length(CAST(text AS BLOB)), 0)) AS open_bytes"
     "  FROM message m JOIN newest n ON n.place = m.place GROUP BY m.place) b"
     "  WHERE newest.place = b.place"),
};

const struct schema_steps schema_steps = {steps, sizeof steps / sizeof steps[0]};

static int back_up(sqlite3 *database, const char *path, const char *vfs, int64_t version)
{
    char name[PATH_MAX];
    if (snprintf(name, sizeof name, "%s.schema-%lld.bak", path, (long long)version) >= PATH_MAX) {
        return -ENAMETOOLONG;
    }
    return copy_write(database, &(struct copy_options){
                                    .path = name, .vfs = vfs, .replaces = true, .sealed = true});
}

static int run_steps(sqlite3 *database, int64_t version, const struct schema_steps *to)
{
    char version_sql[128];
    int code = database_run(database, "BEGIN IMMEDIATE");
    for (int i = (int)version; code == 0 && i < to->count; i++) {
        code = database_run(database, to->sql[i]);
    }
    snprintf(version_sql, sizeof version_sql,
             "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", SCHEMA_APPLICATION_ID,
             to->count);
    if (code == 0) {
        code = database_run(database, version_sql);
    }
    if (!sqlite3_get_autocommit(database)) {
        sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    }
    return code;
}

int schema_look(sqlite3 *database, const struct schema_steps *to, enum schema_fit *fit,
                int64_t *version)
{
    int64_t application = 0;
    int64_t things = 0; // tables and the like
    *version = 0;
    int code = database_number(database, "PRAGMA application_id", &application);
    code = code ? code : database_number(database, "PRAGMA user_version", version);
    code = code ? code : database_number(database, "SELECT count(*) FROM sqlite_schema", &things);
    if (!application && !*version && !things) {
        *fit = SCHEMA_EMPTY;
    } else if (application != SCHEMA_APPLICATION_ID) {
        *fit = SCHEMA_FOREIGN;
    } else {
        *fit = *version > to->count ? SCHEMA_NEWER : SCHEMA_FITS;
    }
    return code;
}

struct file_state {
    enum schema_fit fit;
    int64_t version;
};

static int check(sqlite3 *database, const char *path, const struct schema_steps *to,
                 struct file_state *state, struct store_sqlite_error *error)
{
    int code = schema_look(database, to, &state->fit, &state->version);
    if (code < 0 && (sqlite3_errcode(database) & 0xff) == SQLITE_BUSY) {
        return error_say(error, -EBUSY, "%s is held by another program. End it, and start again.",
                         path);
    }
    if (code < 0) {
        return error_say_unusable(error, code, path, database);
    }
    if (state->fit == SCHEMA_FOREIGN) {
        return error_say(error, -EINVAL,
                         "%s belongs to another program. Move it away, or give another folder with "
                         "--data.",
                         path);
    }
    if (state->fit == SCHEMA_NEWER) {
        return error_say(
            error, -EINVAL,
            "%s was written by a newer hobnobd (schema %lld; this one knows up to %d). "
            "Start the newer one, or give this one another folder with --data.",
            path, (long long)state->version, to->count);
    }
    return 0;
}

int schema_check(sqlite3 *database, const char *path, const struct schema_steps *to,
                 struct store_sqlite_error *error)
{
    struct file_state state;
    return check(database, path, to, &state, error);
}

int schema_update(sqlite3 *database, const char *path, const char *vfs,
                  const struct schema_steps *to, struct store_sqlite_error *error)
{
    struct file_state state;
    int code = check(database, path, to, &state, error);
    if (code < 0 || state.version == to->count) {
        return code;
    }
    code = state.fit == SCHEMA_EMPTY ? 0 : back_up(database, path, vfs, state.version);
    if (code < 0) {
        return error_say(
            error, code,
            "%s is of an older version (schema %lld) and is to be brought up to date, but "
            "the backup before that failed: %s. %s",
            path, (long long)state.version, strerror(-code),
            code == -EUCLEAN ? "It is damaged: put a backup in its place."
                             : "Make room for it in the same folder, and start again.");
    }
    code = run_steps(database, state.version, to);
    if (code < 0) {
        return error_say(error, code, "%s could not be brought up to date. It is as it was before.",
                         path);
    }
    return 0;
}
