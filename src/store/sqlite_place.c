#include "store/sqlite_place.h"

#include "store/sqlite_database.h"

#include <errno.h>

enum { PLACES_IN_MEMORY_MAX = 65536 };

enum { FIND, MAKE, NUMBER, TOPIC };

static const char *const sql[PLACE_STATEMENTS] = {
    [FIND] = "SELECT number, last_seq FROM place WHERE key = ?1",
    [MAKE] = "INSERT INTO place (key, shown) VALUES (?1, ?2)",
    [NUMBER] = "UPDATE place SET last_seq = ?2 WHERE number = ?1",
    [TOPIC] = "UPDATE place SET topic = ?2, topic_by = ?3, topic_ms = ?4 WHERE number = ?1",
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

static int make(struct places *places, const struct message *message, int64_t *number)
{
    sqlite3_stmt *statement = places->statements[MAKE];
    statement_bind(statement, 1, message->place);
    statement_bind(statement, 2, message->place_shown);
    int code = statement_run(statement);
    *number = sqlite3_last_insert_rowid(places->database);
    return code;
}

static int load(struct places *places, const struct message *message, struct place *place)
{
    sqlite3_stmt *statement = places->statements[FIND];
    statement_bind(statement, 1, message->place);
    int row = statement_row(statement);
    if (row == 1) {
        place->number = sqlite3_column_int64(statement, 0);
        place->last_seq = (uint64_t)sqlite3_column_int64(statement, 1);
    }
    sqlite3_reset(statement);
    if (row != 0) {
        return row < 0 ? row : 0;
    }
    return make(places, message, &place->number);
}

static int get(struct places *places, const struct message *message, struct place **found)
{
    struct text key = message->place;
    HASH_FIND(hh, places->by_key, key.at, key.len, *found);
    if (*found) {
        return 0;
    }
    struct place *place = mem_alloc(sizeof *place + key.len);
    int code = load(places, message, place);
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

int places_number(struct places *places, struct message *message, int64_t *number)
{
    struct place *place;
    int code = get(places, message, &place);
    if (code < 0) {
        return code;
    }
    if (!place->touched) {
        place->touched = true;
        place->touched_next = places->touched;
        places->touched = place;
    }
    message->seq = ++place->last_seq;
    *number = place->number;
    return message->kind == MESSAGE_TOPIC ? set_topic(places, place, message) : 0;
}

int places_write(struct places *places)
{
    sqlite3_stmt *statement = places->statements[NUMBER];
    while (places->touched) {
        struct place *place = places->touched;
        sqlite3_bind_int64(statement, 1, place->number);
        sqlite3_bind_int64(statement, 2, (int64_t)place->last_seq);
        int code = statement_run(statement);
        if (code < 0) {
            return code;
        }
        places->touched = place->touched_next;
        place->touched = false;
    }
    return 0;
}
