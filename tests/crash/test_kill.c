// kill -9 of a server under load: what anybody was shown, and what anybody was told is kept, is
// in the history of the server that starts next on the same folder, once and in the same order.
// HOBNOB_KILLS says how often (10).
#include "support/figures.h"
#include "support/load.h"
#include "support/served.h"
#include "support/test.h"

#include <poll.h>
#include <sqlite3.h>
#include <unistd.h>

enum {
    TALKERS = 8,
    TICK_MS = 4, // each talker says something in each: 2,000 messages a second
    TICKS_MIN = 10,
    TICKS_MAX = 150,
    PRIVATE_EVERY = 10, // ticks
    MESSAGES_MAX = TALKERS * TICKS_MAX,
    WAIT_MS = 15000,
    HISTORY_LINES = 500,
};

// A message is "r<round> c<talker> n<number>", to one person "r<round> p n<number>".
struct said {
    unsigned talker;
    unsigned number;
};

struct list {
    struct said items[MESSAGES_MAX];
    size_t count;
};

struct talker {
    struct load_client client;
    struct list shown; // in #lobby, in this order
    unsigned private_shown;
};

static struct {
    const char *program;
    char folder[256];
    struct served server;
    unsigned round;
    struct talker talkers[TALKERS];
    unsigned said;         // by each talker in this round
    unsigned private_said; // by the last talker to the one before
    struct list kept;      // what the database has of this round
    unsigned private_kept;
    size_t total; // messages kept in #lobby in all rounds before
} run;

static const char *read_said(const char *text, struct said *said)
{
    char start[32];
    int len = snprintf(start, sizeof start, "r%u c", run.round);
    if (strncmp(text, start, (size_t)len) != 0 ||
        sscanf(text + len, "%u n%u", &said->talker, &said->number) != 2 ||
        said->talker >= TALKERS || said->number >= TICKS_MAX) {
        return NULL;
    }
    return text;
}

static void list_add(struct list *list, struct said said)
{
    check(list->count < MESSAGES_MAX);
    list->items[list->count++] = said;
}

static void take_line(void *context, struct text line)
{
    struct talker *t = context;
    char copy[256];
    char private_mark[32];
    snprintf(copy, sizeof copy, "%.*s", (int)(line.len < 255 ? line.len : 255), line.at);
    snprintf(private_mark, sizeof private_mark, "r%u p n", run.round);
    char *said = strstr(copy, "] c");
    said = said ? strstr(said, ": ") : NULL;
    struct said item;
    if (said && read_said(said + 2, &item)) {
        list_add(&t->shown, item);
    } else if (strstr(copy, "[PM ") && (said = strstr(copy, private_mark))) {
        t->private_shown = (unsigned)strtoul(said + strlen(private_mark), NULL, 10) + 1;
    }
}

static void start_server(void)
{
    const char *arguments[] = {"--no-limits-for", "127.0.0.0/8", "--data", run.folder, NULL};
    check(served_start(&run.server, run.program, arguments));
}

static void join(struct load_client *client, const char *name)
{
    char line[32];
    int fd = load_connect(run.server.port, false);
    check(fd >= 0);
    load_client_init(client, fd);
    int len = snprintf(line, sizeof line, "%s\n", name);
    check(load_send(fd, (struct text){line, (size_t)len}));
    check(load_client_await(client, TEXT("Type '/help'"), WAIT_MS));
}

static void talkers_join(void)
{
    for (unsigned i = 0; i < TALKERS; i++) {
        char name[32];
        snprintf(name, sizeof name, "c%u", i);
        run.talkers[i] = (struct talker){0};
        join(&run.talkers[i].client, name);
    }
    run.said = 0;
    run.private_said = 0;
}

// True while the server takes it; it may be killed at any moment.
static bool say(unsigned talker, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool say(unsigned talker, const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return load_send(run.talkers[talker].client.fd, (struct text){line, (size_t)len});
}

static void talkers_read(void)
{
    for (unsigned i = 0; i < TALKERS; i++) {
        load_client_read(&run.talkers[i].client, take_line, &run.talkers[i]);
    }
}

static void tick(void)
{
    for (unsigned i = 0; i < TALKERS; i++) {
        check(say(i, "r%u c%u n%u\n", run.round, i, run.said));
    }
    if (run.said % PRIVATE_EVERY == 0) {
        check(say(TALKERS - 1, "/pm c%u r%u p n%u\n", TALKERS - 2, run.round, run.private_said));
        run.private_said++;
    }
    run.said++;
}

static void talk_and_kill(void)
{
    unsigned ticks = TICKS_MIN + test_random(TICKS_MAX - TICKS_MIN);
    uint64_t next_us = now_us();
    while (run.said < ticks) {
        tick();
        talkers_read();
        next_us += TICK_MS * 1000;
        uint64_t now = now_us();
        poll(NULL, 0, next_us > now ? (int)((next_us - now) / 1000) : 0);
    }
    usleep(test_random(TICK_MS * 1000)); // the kill falls anywhere between two ticks
    served_kill(&run.server);
    talkers_read(); // what it had sent by then was shown as well
    for (unsigned i = 0; i < TALKERS; i++) {
        load_client_finish(&run.talkers[i].client);
    }
}

static sqlite3 *database_open(const char *path)
{
    sqlite3 *database;
    check_number(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_exec(database, "PRAGMA wal_autocheckpoint = 0", NULL, NULL, NULL);
    sqlite3_busy_timeout(database, WAIT_MS);
    return database;
}

static long long number_in(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement;
    check_number(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    long long number = -1;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        number = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return number;
}

static int take_kept(void *unused, int count, char **values, char **names)
{
    (void)unused;
    (void)names;
    struct said said;
    char private_mark[32];
    snprintf(private_mark, sizeof private_mark, "r%u p n%u", run.round, run.private_kept);
    if (count == 1 && read_said(values[0], &said)) {
        list_add(&run.kept, said);
    } else if (count == 1 && strcmp(values[0], private_mark) == 0) {
        run.private_kept++;
    }
    return 0;
}

// What must hold of any database after a kill, or why it does not.
static const char *fault_of_tables(sqlite3 *database)
{
    if (number_in(database, "SELECT integrity_check = 'ok' FROM pragma_integrity_check") != 1) {
        return "the database is damaged";
    }
    if (number_in(database, "SELECT count(*) FROM (SELECT max(seq) AS last, count(*) AS all_of "
                            "FROM message GROUP BY place) WHERE last <> all_of")) {
        return "a place's sequence numbers have holes";
    }
    if (number_in(database,
                  "SELECT count(*) FROM (SELECT place, max(seq) AS seq, max(id) AS id FROM message "
                  "GROUP BY place) m FULL JOIN newest n ON n.place = m.place "
                  "WHERE n.seq IS NOT m.seq OR n.id IS NOT m.id")) {
        return "a place does not know its newest message";
    }
    if (number_in(database, "SELECT count(*) FROM (SELECT before, lag(id, 1, 0) OVER "
                            "(PARTITION BY place ORDER BY seq) AS was FROM message) "
                            "WHERE before <> was")) {
        return "a message does not know the one before";
    }
    if (number_in(database, "SELECT count(*) FROM milestone s LEFT JOIN message m ON m.id = s.id "
                            "WHERE m.seq IS NOT s.seq OR m.place IS NOT s.place")) {
        return "a milestone is not where it should be";
    }
    if (number_in(database, "SELECT count(*) FROM (SELECT 1 FROM message GROUP BY text, place "
                            "HAVING count(*) > 1)")) {
        return "a message is kept twice";
    }
    return NULL;
}

// Each talker's messages are kept from the first on, in order.
static const char *fault_of_kept(void)
{
    unsigned next[TALKERS] = {0};
    for (size_t i = 0; i < run.kept.count; i++) {
        if (run.kept.items[i].number != next[run.kept.items[i].talker]++) {
            return "a talker's messages are not kept in their order";
        }
    }
    return NULL;
}

// A talker has been shown the beginning of what is kept, but for its own.
static const char *fault_of_shown(unsigned talker)
{
    const struct list *shown = &run.talkers[talker].shown;
    size_t kept = 0;
    for (size_t i = 0; i < shown->count; i++) {
        while (kept < run.kept.count && run.kept.items[kept].talker == talker) {
            kept++;
        }
        if (kept == run.kept.count) {
            return "a message was shown and is lost";
        }
        if (run.kept.items[kept].talker != shown->items[i].talker ||
            run.kept.items[kept].number != shown->items[i].number) {
            return "what was shown is not what is kept";
        }
        kept++;
    }
    return NULL;
}

static const char *fault_of(const char *path)
{
    sqlite3 *database = database_open(path);
    run.kept.count = 0;
    run.private_kept = 0;
    char sql[128];
    snprintf(sql, sizeof sql,
             "SELECT text FROM message WHERE text >= 'r%u ' AND text < 'r%u!' "
             "ORDER BY id",
             run.round, run.round);
    const char *fault = fault_of_tables(database);
    check_number(sqlite3_exec(database, sql, take_kept, NULL, NULL), SQLITE_OK);
    fault = fault ? fault : fault_of_kept();
    for (unsigned i = 0; i < TALKERS && !fault; i++) {
        fault = fault_of_shown(i);
        if (run.talkers[i].private_shown > run.private_kept) {
            fault = "a private message was shown or confirmed and is lost";
        }
    }
    sqlite3_close(database);
    return fault;
}

static const char *database_path(void)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/hobnob.db", run.folder);
    return path;
}

struct history {
    struct list said;
    bool whole;
};

// First comes what everybody reads on joining, then the answer to /history.
static void take_history(void *context, struct text line)
{
    struct history *history = context;
    struct said said;
    char copy[256];
    snprintf(copy, sizeof copy, "%.*s", (int)(line.len < 255 ? line.len : 255), line.at);
    const char *text = strstr(copy, ": ");
    if (strstr(copy, "--- Earlier in")) {
        history->said.count = 0;
    } else if (strstr(copy, "--- That is all") || strstr(copy, "--- There are older ones")) {
        history->whole = true;
    } else if (text && read_said(text + 2, &said)) {
        list_add(&history->said, said);
    }
}

// /history shows the last of what the database has.
static void check_history(void)
{
    static struct history history;
    struct load_client client;
    history = (struct history){0};
    join(&client, "reader");
    check(load_send(client.fd, TEXT("/history 500\n")));
    uint64_t end_us = now_us() + WAIT_MS * 1000;
    while (now_us() < end_us && !history.whole) {
        struct pollfd wait = {.fd = client.fd, .events = POLLIN};
        poll(&wait, 1, 100);
        check(load_client_read(&client, take_history, &history));
    }
    load_client_finish(&client);
    size_t expected = run.kept.count < HISTORY_LINES ? run.kept.count : HISTORY_LINES;
    check_number(history.said.count, expected);
    for (size_t i = 1; i <= expected; i++) {
        struct said kept = run.kept.items[run.kept.count - i];
        struct said read = history.said.items[history.said.count - i];
        check(kept.talker == read.talker && kept.number == read.number);
    }
}

static void check_nothing_older_is_lost(void)
{
    sqlite3 *database = database_open(database_path());
    long long all = number_in(database, "SELECT count(*) FROM message JOIN place "
                                        "ON place.number = place WHERE key = '#lobby'");
    sqlite3_close(database);
    check_number(all, run.total + run.kept.count);
    run.total = (size_t)all;
}

static void one_round(void)
{
    talkers_join();
    talk_and_kill();
    start_server();
    const char *fault = fault_of(database_path());
    if (fault) {
        test_fail(__FILE__, __LINE__, "round %u: %s", run.round, fault);
    }
    check_history();
    check_nothing_older_is_lost();
}

static void f01_what_was_shown_survives_a_kill(void)
{
    long kills = number_in_environment("HOBNOB_KILLS", 10);
    size_t shown = 0;
    folder_make(run.folder);
    start_server();
    for (run.round = 0; run.round < (unsigned)kills; run.round++) {
        one_round();
        for (unsigned i = 0; i < TALKERS; i++) {
            shown += run.talkers[i].shown.count;
        }
    }
    check(shown > 0);
    printf("# %ld kills, %zu messages kept, shown %zu times\n", kills, run.total, shown);
    check_number(served_stop(&run.server), 0);
    folder_remove(run.folder);
}

// Changes a copy of the database after a kill, and expects the check to notice.
static void expect_fault(const char *sql, const char *expected)
{
    char copy[300];
    char vacuum[400];
    snprintf(copy, sizeof copy, "%s/copy.db", run.folder);
    snprintf(vacuum, sizeof vacuum, "VACUUM INTO '%s'", copy);
    unlink(copy);
    sqlite3 *database = database_open(database_path());
    check_number(sqlite3_exec(database, vacuum, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
    check(fault_of(copy) == NULL);
    database = database_open(copy);
    check_number(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    check(sqlite3_total_changes(database) > 0);
    sqlite3_close(database);
    const char *fault = fault_of(copy);
    check_text(text_of(fault ? fault : "no fault"), expected);
}

// Without a place's messages, and anything that says there were some.
#define PLACES_THAT(key_is) "(SELECT number FROM place WHERE key " key_is ")"
#define FORGET(key_is)                                                                             \
    "DELETE FROM message WHERE place IN " PLACES_THAT(                                             \
        key_is) ";"                                                                                \
                "DELETE FROM newest WHERE place IN " PLACES_THAT(                                  \
                    key_is) ";"                                                                    \
                            "DELETE FROM milestone WHERE place IN " PLACES_THAT(key_is)

static void the_check_notices_what_a_kill_could_break(void)
{
    folder_make(run.folder);
    start_server();
    run.round = 0;
    talkers_join();
    talk_and_kill();
    start_server();
    check(run.talkers[0].shown.count > 0);
    check(run.talkers[TALKERS - 1].private_shown > 0);
    expect_fault(FORGET("= '#lobby'"), "a message was shown and is lost");
    expect_fault(FORGET("<> '#lobby'"), "a private message was shown or confirmed and is lost");
    expect_fault("DELETE FROM message WHERE seq = 1", "a place's sequence numbers have holes");
    expect_fault("DELETE FROM message WHERE seq > 1", "a place does not know its newest message");
    expect_fault("UPDATE message SET before = 0 WHERE seq = 3",
                 "a message does not know the one before");
    expect_fault("INSERT INTO milestone (place, seq, id) VALUES (1, 1, 2)",
                 "a milestone is not where it should be");
    expect_fault("UPDATE message SET text = 'r0 c1 n0' WHERE text = 'r0 c0 n0'",
                 "a message is kept twice");
    expect_fault("UPDATE message SET text = iif(text = 'r0 c0 n0', 'r0 c1 n0', 'r0 c0 n0')"
                 " WHERE text IN ('r0 c0 n0', 'r0 c1 n0')",
                 "what was shown is not what is kept");
    served_kill(&run.server);
    folder_remove(run.folder);
}

int main(int argc, char **argv)
{
    run.program = served_program(argv[0]);
    test_begin(argc, argv);
    TEST(f01_what_was_shown_survives_a_kill);
    TEST(the_check_notices_what_a_kill_could_break);
    return test_end();
}
