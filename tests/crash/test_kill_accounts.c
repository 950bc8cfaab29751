// kill -9 of a server while people register, open rooms and ban: what they were told is theirs is
// there when the server starts next, with its password; and what was changed before a message that
// was acknowledged is there as well. HOBNOB_KILLS says how often (10).
#include "support/figures.h"
#include "support/load.h"
#include "support/served.h"
#include "support/test.h"

#include <poll.h>
#include <sqlite3.h>
#include <unistd.h>

enum {
    PEOPLE = 4,
    CHANGES_MAX = 90,   // bans in a room
    KILL_MS_MAX = 1500, // after the first has begun to register
    STEP_MS = 2,
    WAIT_MS = 20000,
};

struct person {
    struct load_client client;
    char name[32];
    bool registered; // was told so
    bool in_room;
    unsigned asked; // bans, each with a message behind it
    unsigned kept;  // of these messages were acknowledged
};

static struct {
    const char *program;
    char folder[256];
    struct served server;
    unsigned round;
    struct person people[PEOPLE];
} run;

static struct {
    unsigned accounts;
    unsigned changes;
} all;

static void start_server(void)
{
    const char *arguments[] = {"--no-limits-for", "127.0.0.0/8", "--data", run.folder, NULL};
    check(served_start(&run.server, run.program, arguments));
}

static bool say(const struct person *person, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool say(const struct person *person, const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return load_send(person->client.fd, (struct text){line, (size_t)len});
}

static bool has(struct text line, const char *words)
{
    return memmem(line.at, line.len, words, strlen(words)) != NULL;
}

static void ask_next(struct person *person)
{
    if (person->asked < CHANGES_MAX) {
        say(person, "/ban nobody%u\n/pm %s kept %u\n", person->asked, person->name, person->asked);
        person->asked++;
    }
}

static void take_line(void *context, struct text line)
{
    struct person *person = context;
    char kept[32];
    snprintf(kept, sizeof kept, "] kept %u", person->kept);
    if (has(line, "is yours now")) {
        person->registered = true;
        say(person, "/join #%s\n", person->name);
    } else if (has(line, "You are in #")) {
        person->in_room = true;
        ask_next(person);
    } else if (has(line, "[PM to ") && has(line, kept)) {
        person->kept++;
        ask_next(person);
    }
}

static void join(struct person *person)
{
    int fd = load_connect(run.server.port, false);
    check(fd >= 0);
    load_client_init(&person->client, fd);
    check(say(person, "%s\n", person->name));
}

static void people_begin(void)
{
    for (unsigned i = 0; i < PEOPLE; i++) {
        struct person *person = &run.people[i];
        *person = (struct person){0};
        snprintf(person->name, sizeof person->name, "p%ux%u", run.round, i);
        join(person);
        check(load_client_await(&person->client, TEXT("Type '/help'"), WAIT_MS));
    }
    for (unsigned i = 0; i < PEOPLE; i++) {
        check(say(&run.people[i], "/register the word of %s\n", run.people[i].name));
    }
}

static void people_read(void)
{
    for (unsigned i = 0; i < PEOPLE; i++) {
        load_client_read(&run.people[i].client, take_line, &run.people[i]);
    }
}

static void work_and_kill(unsigned after_ms)
{
    uint64_t end_us = now_us() + after_ms * 1000ull;
    while (now_us() < end_us) {
        people_read();
        poll(NULL, 0, STEP_MS);
    }
    served_kill(&run.server);
    people_read(); // what it had told by then was told as well
    for (unsigned i = 0; i < PEOPLE; i++) {
        load_client_finish(&run.people[i].client);
    }
}

static sqlite3 *database_open(void)
{
    char path[300];
    sqlite3 *database;
    snprintf(path, sizeof path, "%s/hobnob.db", run.folder);
    check_number(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_exec(database, "PRAGMA wal_autocheckpoint = 0", NULL, NULL, NULL);
    sqlite3_busy_timeout(database, WAIT_MS);
    return database;
}

// The first number that the statement gives for this name; -1: none.
static long long number_for(sqlite3 *database, const char *sql, const char *name)
{
    sqlite3_stmt *statement;
    long long number = -1;
    check_number(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        number = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return number;
}

// The bans of the person's room that stand in a row from the first one on.
static long long count_bans(sqlite3 *database, const struct person *person)
{
    return number_for(database,
                      "SELECT count(*) FROM record r, json_each(r.value, '$.bans') b"
                      " WHERE r.kind = 'room' AND r.key = '#' || ?1"
                      " AND json_extract(b.value, '$[0]') = 'nobody' || b.key || '!*@*'",
                      person->name);
}

// What must hold of a person after a kill, or why it does not.
static const char *fault_of(sqlite3 *database, const struct person *person)
{
    long long account = number_for(database,
                                   "SELECT key FROM record WHERE kind = 'account'"
                                   " AND json_extract(value, '$.name') = ?1",
                                   person->name);
    if (person->registered && account < 0) {
        return "somebody was told that a name is theirs, and it is not";
    }
    long long founder = number_for(database,
                                   "SELECT json_extract(value, '$.ranks[0][0]') FROM record"
                                   " WHERE kind = 'room' AND key = '#' || ?1",
                                   person->name);
    if (person->kept && founder != account) {
        return "a room is not that of who has opened it";
    }
    if (count_bans(database, person) < person->kept) {
        return "a ban is lost that was set before a message that is kept";
    }
    return NULL;
}

static const char *fault_of_all(void)
{
    sqlite3 *database = database_open();
    const char *fault = NULL;
    for (unsigned i = 0; i < PEOPLE && !fault; i++) {
        fault = fault_of(database, &run.people[i]);
    }
    if (!fault && number_for(database,
                             "SELECT count(*) FROM record WHERE kind = 'account'"
                             " AND CAST(key AS INTEGER) > (SELECT CAST(value AS INTEGER)"
                             " FROM record WHERE kind = 'counter' AND key = 'account')",
                             "")) {
        fault = "an account's number could be given again";
    }
    sqlite3_close(database);
    return fault;
}

// With the password, and in the room, which nobody else may run.
static void log_in(struct person *person)
{
    join(person);
    check(load_client_await(&person->client, TEXT("password"), WAIT_MS));
    check(say(person, "the word of %s\n", person->name));
    check(load_client_await(&person->client, TEXT("Type '/help'"), WAIT_MS));
    check(say(person, "/join #%s\n/ban another\n", person->name));
    check(load_client_await(&person->client, TEXT("has banned another"), WAIT_MS));
    load_client_finish(&person->client);
}

static void one_round(void)
{
    people_begin();
    work_and_kill(test_random(KILL_MS_MAX));
    start_server();
    const char *fault = fault_of_all();
    if (fault) {
        test_fail(__FILE__, __LINE__, "round %u: %s", run.round, fault);
    }
    for (unsigned i = 0; i < PEOPLE; i++) {
        all.accounts += run.people[i].registered;
        all.changes += run.people[i].kept;
    }
    struct person *one = &run.people[test_random(PEOPLE)];
    if (one->registered && one->in_room) {
        log_in(one);
    }
}

static void f01_what_is_somebodys_survives_a_kill(void)
{
    long kills = number_in_environment("HOBNOB_KILLS", 10);
    folder_make(run.folder);
    start_server();
    for (run.round = 0; run.round < (unsigned)kills || all.changes == 0; run.round++) {
        one_round();
    }
    printf("# %u kills, %u accounts, %u changes of rooms acknowledged\n", run.round, all.accounts,
           all.changes);
    check_number(served_stop(&run.server), 0);
    folder_remove(run.folder);
}

static void expect_fault(const char *sql, const char *expected)
{
    sqlite3 *database = database_open();
    check_number(sqlite3_exec(database, "SAVEPOINT whole", NULL, NULL, NULL), SQLITE_OK);
    check_number(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    check(sqlite3_changes(database) > 0);
    const char *fault = fault_of(database, &run.people[0]);
    check_text(text_of(fault ? fault : "no fault"), expected);
    sqlite3_close(database);
}

static void the_check_notices_what_a_kill_could_break(void)
{
    folder_make(run.folder);
    start_server();
    run.round = 0;
    people_begin();
    uint64_t end_us = now_us() + WAIT_MS * 1000ull;
    while (run.people[0].kept < 3 && now_us() < end_us) {
        people_read();
        poll(NULL, 0, STEP_MS);
    }
    work_and_kill(0);
    check(run.people[0].kept >= 3);
    check(fault_of_all() == NULL);
    expect_fault("DELETE FROM record WHERE kind = 'account'",
                 "somebody was told that a name is theirs, and it is not");
    expect_fault("UPDATE record SET value = json_set(value, '$.ranks[0][0]', 99)"
                 " WHERE kind = 'room'",
                 "a room is not that of who has opened it");
    expect_fault("UPDATE record SET value = json_remove(value, '$.bans[1]') WHERE kind = 'room'",
                 "a ban is lost that was set before a message that is kept");
    folder_remove(run.folder);
}

int main(int argc, char **argv)
{
    run.program = served_program(argv[0]);
    test_begin(argc, argv);
    TEST(f01_what_is_somebodys_survives_a_kill);
    TEST(the_check_notices_what_a_kill_could_break);
    return test_end();
}
