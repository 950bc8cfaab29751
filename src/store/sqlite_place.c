#include "store/sqlite_place.h"

#include "store/sqlite_database.h"

#include <errno.h>

enum { PLACES_IN_MEMORY_MAX = 65536 };

enum { FIND, MAKE, TALKS, NEWEST, TOPIC, MILESTONE, LOSE };

static const char *const sql[PLACE_STATEMENTS] = {
    [FIND] = ("SELECT number, seq, id, bytes, open_bytes FROM place"
              " LEFT JOIN newest ON place = number WHERE key = ?1"),
    [MAKE] = "INSERT INTO place (key, shown) VALUES (?1, ?2)",
    [TALKS] = "INSERT OR IGNORE INTO conversation (account, who, place) VALUES (?1, ?2, ?3)",
    [NEWEST] =
        "REPLACE INTO newest (place, seq, id, open_bytes, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
    [TOPIC] = "UPDATE place SET topic = ?2, topic_by = ?3, topic_ms = ?4 WHERE number = ?1",
    [MILESTONE] = "INSERT INTO milestone (place, seq, id, bytes) VALUES (?1, ?2, ?3, ?4)",
    [LOSE] = "UPDATE milestone SET bytes = bytes - ?3 WHERE place = ?1 AND seq = ?2",
};

int places_init(struct places *places, sqlite3 *database)
{
    *places = (struct places){.database = database};
    return database_prepare(database, sql, places->statements, PLACE_STATEMENTS);
}

void places_finish(struct places *places)
{
    places_forget(places);
    statements_finalize(places->statements, PLACE_STATEMENTS);
}

void places_forget(struct places *places)
{
    struct place *place;
    struct place *next;
    HASH_ITER(hh, places->by_key, place, next)
    {
        HASH_DEL(places->by_key, place);
        free(place);
    }
    places->touched = NULL;
}

void places_trim(struct places *places)
{
    if (HASH_COUNT(places->by_key) > PLACES_IN_MEMORY_MAX) {
        places_forget(places);
    }
}

static int write_talker(struct places *places, struct identity who, int64_t place)
{
    sqlite3_stmt *statement = places->statements[TALKS];
    sqlite3_bind_int(statement, 1, who.account);
    sqlite3_bind_int64(statement, 2, (int64_t)who.number);
    sqlite3_bind_int64(statement, 3, place);
    return statement_run(statement);
}

static int make(struct places *places, const struct message *message, int64_t *number)
{
    sqlite3_stmt *statement = places->statements[MAKE];
    statement_bind(statement, 1, message->place);
    statement_bind(statement, 2, message->place_shown);
    int code = statement_run(statement);
    *number = sqlite3_last_insert_rowid(places->database);
    if (code == 0 && message->recipient.number) {
        code = write_talker(places, message->sender, *number);
        code = code ? code : write_talker(places, message->recipient, *number);
    }
    return code;
}

// 1 if there is one in the file, 0 if not, or -errno.
static int load(struct places *places, struct text key, struct place *place)
{
    sqlite3_stmt *statement = places->statements[FIND];
    statement_bind(statement, 1, key);
    int row = statement_row(statement);
    if (row == 1) {
        place->number = sqlite3_column_int64(statement, 0);
        place->last_seq = (uint64_t)sqlite3_column_int64(statement, 1);
        place->last_id = sqlite3_column_int64(statement, 2);
        place->bytes = sqlite3_column_int64(statement, 3);
        place->open_bytes = sqlite3_column_int64(statement, 4);
    }
    sqlite3_reset(statement);
    return row;
}

// `first` may be NULL: otherwise it is the first message of a place that is to be made.
static int get(struct places *places, struct text key, const struct message *first,
               struct place **found)
{
    HASH_FIND(hh, places->by_key, key.at, key.len, *found);
    if (*found) {
        return 0;
    }
    struct place *place = mem_alloc(sizeof *place + key.len);
    int code = load(places, key, place);
    if (code == 0) {
        code = first ? make(places, first, &place->number) : -ENOENT;
    }
    if (code < 0) {
        free(place);
        return code;
    }
    place->key_len = key.len;
    memcpy(place->key, key.at, key.len);
    HASH_ADD_KEYPTR(hh, places->by_key, place->key, key.len, place);
    *found = place;
    return 0;
}

static int set_topic(struct places *places, const struct place *place,
                     const struct message *message)
{
    sqlite3_stmt *statement = places->statements[TOPIC];
    sqlite3_bind_int64(statement, 1, place->number);
    statement_bind(statement, 2, message->text);
    statement_bind(statement, 3, message->sender_name);
    sqlite3_bind_int64(statement, 4, message->time_ms);
    return statement_run(statement);
}

static void touch(struct places *places, struct place *place)
{
    if (!place->touched) {
        place->touched = true;
        place->touched_next = places->touched;
        places->touched = place;
    }
}

// With one of the statements that take what is known of the place's end.
static int write_newest(struct places *places, int which, const struct place *place)
{
    sqlite3_stmt *statement = places->statements[which];
    sqlite3_bind_int64(statement, 1, place->number);
    sqlite3_bind_int64(statement, 2, (int64_t)place->last_seq);
    sqlite3_bind_int64(statement, 3, place->last_id);
    sqlite3_bind_int64(statement, 4, place->open_bytes);
    if (which == NEWEST) {
        sqlite3_bind_int64(statement, 5, place->bytes);
    }
    return statement_run(statement);
}

static int write_milestone(struct places *places, struct place *place)
{
    int code = write_newest(places, MILESTONE, place);
    place->open_bytes = 0;
    return code;
}

int places_number(struct places *places, struct message *message, struct standing *standing)
{
    struct place *place;
    int code = get(places, message->place, message, &place);
    if (code < 0) {
        return code;
    }
    touch(places, place);
    *standing = (struct standing){place->number, place->last_id};
    message->seq = ++place->last_seq;
    place->last_id = (int64_t)message->id;
    place->bytes += (int64_t)message->text.len;
    place->open_bytes += (int64_t)message->text.len;
    if (message->seq % MILESTONE_EVERY == 0) {
        code = write_milestone(places, place);
    }
    return code == 0 && message->kind == MESSAGE_TOPIC ? set_topic(places, place, message) : code;
}

static int milestone_lose(struct places *places, const struct place *place, uint64_t seq,
                          size_t bytes)
{
    sqlite3_stmt *statement = places->statements[LOSE];
    sqlite3_bind_int64(statement, 1, place->number);
    sqlite3_bind_int64(statement, 2, (int64_t)seq);
    sqlite3_bind_int64(statement, 3, (int64_t)bytes);
    return statement_run(statement);
}

int places_lose(struct places *places, struct text key, uint64_t seq, size_t bytes)
{
    struct place *place;
    uint64_t milestone = (seq + MILESTONE_EVERY - 1) / MILESTONE_EVERY * MILESTONE_EVERY;
    int code = get(places, key, NULL, &place);
    if (code < 0) {
        return code;
    }
    touch(places, place);
    place->bytes -= (int64_t)bytes;
    if (milestone > place->last_seq) {
        place->open_bytes -= (int64_t)bytes;
        return 0;
    }
    return milestone_lose(places, place, milestone, bytes);
}

int places_write(struct places *places)
{
    while (places->touched) {
        struct place *place = places->touched;
        int code = write_newest(places, NEWEST, place);
        if (code < 0) {
            return code;
        }
        places->touched = place->touched_next;
        place->touched = false;
    }
    return 0;
}
