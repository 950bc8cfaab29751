#include "store/sqlite_schema.h"
#include "support/store_sqlite_kind.h"
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const struct store_kind *const kind = &store_sqlite_kind;

static void a_file_of_a_newer_version_is_refused(void)
{
    store_destroy(kind->make());
    store_sqlite_run("PRAGMA user_version = 99");
    store_sqlite_check_refused(-EINVAL, "newer hobnobd (schema 99");
    store_sqlite_run("PRAGMA user_version = 4");
    store_destroy(store_sqlite_open_here(NULL, false));
}

// The steps of a program to come: as now, then one more, which may fail.
static int update_to(const struct schema_steps *steps, struct store_sqlite_error *error)
{
    sqlite3 *database;
    *error = (struct store_sqlite_error){0};
    check(sqlite3_open(store_sqlite_path("hobnob.db"), &database) == SQLITE_OK);
    int code = schema_update(database, store_sqlite_path("hobnob.db"), NULL, steps, error);
    sqlite3_close(database);
    return code;
}

static void an_older_file_is_backed_up_and_updated(void)
{
    static const char blue[] = "ALTER TABLE place ADD COLUMN colour TEXT;"
                               "UPDATE place SET colour = 'blue'";
    const char *const sql[] = {schema_steps.sql[0],
                               schema_steps.sql[1],
                               schema_steps.sql[2],
                               schema_steps.sql[3],
                               blue,
                               "CREATE TABLE later (x); INSERT INTO later VALUES (7)"};
    const struct schema_steps later = {sql, 6};
    struct store_sqlite_error error;
    struct store *s = kind->make();
    store_say(kind, s, "#a", "from before");
    store_destroy(s);
    check_number(update_to(&later, &error), 0);
    check_number(store_sqlite_number("hobnob.db", "PRAGMA user_version"), 6);
    check_number(store_sqlite_number("hobnob.db", "SELECT x FROM later"), 7);
    check_number(
        store_sqlite_number("hobnob.db", "SELECT count(*) FROM place WHERE colour = 'blue'"), 1);
    check_number(store_sqlite_number("hobnob.db.schema-4.bak", "PRAGMA user_version"), 4);
    check_number(store_sqlite_number("hobnob.db.schema-4.bak", "SELECT count(*) FROM message"), 1);
    store_sqlite_check_refused(-EINVAL, "newer hobnobd");
    // The backup put in its place works as it did.
    char backup[600];
    snprintf(backup, sizeof backup, "%s", store_sqlite_path("hobnob.db.schema-4.bak"));
    check(rename(backup, store_sqlite_path("hobnob.db")) == 0);
    s = store_sqlite_open_here(NULL, false);
    check_text(text_of(store_read(kind, s, "#a", 9, 9, "")), "1:from before");
    store_destroy(s);
}

// A file from before the first release: ours, but with nothing that version 1 has.
static void a_file_of_version_0_is_backed_up_and_updated(void)
{
    store_sqlite_new_folder();
    store_sqlite_run("PRAGMA application_id = 0x686f626e; CREATE TABLE old (x);"
                     "INSERT INTO old VALUES (3)");
    struct store *s = store_sqlite_open_here(NULL, false);
    check_number(store_say(kind, s, "#a", "hello"), 1);
    store_destroy(s);
    check_number(store_sqlite_number("hobnob.db", "PRAGMA user_version"), 4);
    check_number(store_sqlite_number("hobnob.db", "SELECT x FROM old"), 3);
    check_number(store_sqlite_number("hobnob.db.schema-0.bak", "SELECT x FROM old"), 3);
    check_number(store_sqlite_number("hobnob.db.schema-0.bak", "PRAGMA user_version"), 0);
}

// As the first version made it: without records.
static void a_file_of_version_1_is_backed_up_and_updated(void)
{
    const struct schema_steps first = {schema_steps.sql, 1};
    struct store_sqlite_error error;
    store_sqlite_new_folder();
    store_sqlite_write_file("hobnob.db", "", 0, 0);
    check_number(update_to(&first, &error), 0);
    store_sqlite_run("INSERT INTO place (number, key, shown) VALUES (1, '#a', '#A')");
    struct store *s = store_sqlite_open_here(NULL, false);
    check_number(store_say(kind, s, "#a", "hello"), 1);
    check_number(store_keep(kind, s, "account", "1", "Ann"), 0);
    store_destroy(s);
    check_number(store_sqlite_number("hobnob.db.schema-1.bak", "PRAGMA user_version"), 1);
    check_number(store_sqlite_number("hobnob.db", "SELECT count(*) FROM record"), 1);
}

// What places are counted to have, against what they have.
static const char counted_wrongly[] =
    "SELECT (SELECT count(*) FROM newest n WHERE bytes <> (SELECT coalesce(sum(length(CAST(text AS"
    " BLOB))), 0) FROM message m WHERE m.place = n.place)) + (SELECT count(*) FROM newest n WHERE"
    " open_bytes <> (SELECT coalesce(sum(length(CAST(text AS BLOB))), 0) FROM message m WHERE"
    " m.place = n.place AND m.seq > n.seq / 64 * 64)) + (SELECT count(*) FROM milestone s WHERE"
    " bytes <> (SELECT coalesce(sum(length(CAST(text AS BLOB))), 0) FROM message m WHERE"
    " m.place = s.place AND m.seq > s.seq - 64 AND m.seq <= s.seq))";

// As version 3 had it: without the bytes of texts.
static void a_file_of_version_3_has_its_texts_counted(void)
{
    struct store *s = kind->make();
    for (int i = 0; i < 150; i++) {
        store_say(kind, s, i % 3 ? "#a" : "#b", "Gr\xc3\xbc\xc3\x9f\x65");
    }
    store_destroy(s);
    store_sqlite_run("ALTER TABLE newest DROP COLUMN bytes;"
                     "ALTER TABLE newest DROP COLUMN open_bytes;"
                     "ALTER TABLE milestone DROP COLUMN bytes; PRAGMA user_version = 3");
    s = store_sqlite_open_here(NULL, false);
    store_say(kind, s, "#a", "hello");
    store_destroy(s);
    check_number(store_sqlite_number("hobnob.db", counted_wrongly), 0);
    check_number(store_sqlite_number("hobnob.db", "SELECT sum(bytes) FROM newest"), 150 * 7 + 5);
}

static void an_update_that_fails_changes_nothing(void)
{
    const char *const sql[] = {schema_steps.sql[0],      schema_steps.sql[1],
                               schema_steps.sql[2],      schema_steps.sql[3],
                               "CREATE TABLE later (x)", "INSERT INTO nowhere VALUES (1)"};
    const struct schema_steps broken = {sql, 6};
    struct store_sqlite_error error;
    store_destroy(kind->make());
    check(update_to(&broken, &error) < 0);
    check(strstr(error.sentence, "as it was before"));
    check_number(store_sqlite_number("hobnob.db", "PRAGMA user_version"), 4);
    check_number(
        store_sqlite_number("hobnob.db", "SELECT count(*) FROM sqlite_schema WHERE name = 'later'"),
        0);
    store_destroy(store_sqlite_open_here(NULL, false));
}

static void a_damaged_file_is_not_updated(void)
{
    static const char rubbish[4096] = "rubbish";
    const char *const sql[] = {schema_steps.sql[0], schema_steps.sql[1], schema_steps.sql[2],
                               schema_steps.sql[3], "CREATE TABLE later (x)"};
    const struct schema_steps later = {sql, 5};
    struct store_sqlite_error error;
    struct store *s = kind->make();
    for (int i = 0; i < 100; i++) {
        store_say(kind, s, "#a", "some text that fills pages, which are then damaged");
    }
    store_destroy(s);
    int64_t page = store_sqlite_number("hobnob.db",
                                       "SELECT rootpage FROM sqlite_schema WHERE name = 'message'");
    store_sqlite_write_file("hobnob.db", rubbish, sizeof rubbish, (page - 1) * 4096);
    check_number(update_to(&later, &error), -EUCLEAN);
    check(strstr(error.sentence, "backup"));
    check_number(store_sqlite_number("hobnob.db", "PRAGMA user_version"), 4);
    check(access(store_sqlite_path("hobnob.db.schema-4.bak"), F_OK) < 0);
}

// Of both kinds of places the oldest go, and some are deleted or erased.
static void let_go_of_some(struct store *s, int i)
{
    struct message gone = {.kind = test_random(2) ? MESSAGE_REDACTION : MESSAGE_ERASURE,
                           .id = test_random((unsigned)i) + 1,
                           .sender = store_message_in("#a", "").sender,
                           .place = test_random(2) ? TEXT("#a") : TEXT("#b")};
    store_put(kind, s, &gone);
    struct store_retention retention = {.now_ms = i + 1,
                                        .before_ms = i - 300 - (int)test_random(900),
                                        .messages = test_random(2) ? 150 + test_random(150) : 0,
                                        .bytes = test_random(2) ? 1000 + test_random(1000) : 0};
    if (i % 50 == 0) {
        kind->retain(s, &retention);
    }
}

static void texts_are_counted_whatever_goes(void)
{
    struct store *s = kind->make();
    for (int i = 1; i <= 2000; i++) {
        struct message message = store_message_in(i % 2 ? "#a" : "#b", "some more text");
        message.time_ms = i;
        message.text.len = test_random(15);
        check_number(store_put(kind, s, &message).error, 0);
        let_go_of_some(s, i);
        if (i % 500 == 0) {
            s = kind->reopen(s);
        }
    }
    store_destroy(s);
    check(store_sqlite_number("hobnob.db", "SELECT min(seq) FROM oldest") > 100);
    check(store_sqlite_number("hobnob.db", "SELECT min(bytes) FROM newest") > 0);
    check_number(store_sqlite_number("hobnob.db", counted_wrongly), 0);
}

static bool file_holds(const char *words)
{
    static char file[4 << 20];
    FILE *in = fopen(store_sqlite_path("hobnob.db"), "r");
    check(in);
    size_t len = fread(file, 1, sizeof file, in);
    fclose(in);
    check(len > 0 && len < sizeof file);
    return memmem(file, len, words, strlen(words));
}

// A text of `len` bytes with the words at its end.
static uint64_t say_secret(struct store *s, const char *words, size_t len, int64_t time_ms)
{
    static char text[16000];
    memset(text, 'x', len);
    memcpy(text + len - strlen(words), words, strlen(words));
    struct message message = store_message_in("#a", "");
    message.text = (struct text){text, len};
    message.time_ms = time_ms;
    return store_put(kind, s, &message).id;
}

static void ask_to_go(struct store *s, enum message_kind what, uint64_t id)
{
    struct message gone = {.kind = what,
                           .id = id,
                           .place = TEXT("#a"),
                           .sender = store_message_in("#a", "").sender,
                           .sender_name = TEXT("*")};
    check_number(store_put(kind, s, &gone).error, 0);
}

// Words of the index may stay in it, each for itself: FTS5 of SQLite before 3.42 only marks them.
static void what_has_gone_is_not_in_the_file(void)
{
    static const size_t lengths[] = {60, 15000}; // within a page, and on pages of its own
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct store *s = kind->make();
        say_secret(s, "Too Old Quartz", lengths[i], 100);
        ask_to_go(s, MESSAGE_REDACTION, say_secret(s, "Redacted Quartz", lengths[i], 200));
        ask_to_go(s, MESSAGE_ERASURE, say_secret(s, "Erased Quartz", lengths[i], 200));
        say_secret(s, "Kept Quartz", lengths[i], 200);
        check_number(store_keep(kind, s, "account", "1", "Password Quartz"), 0);
        check_number(store_keep(kind, s, "account", "1", "another"), 0);
        check_number(store_keep(kind, s, "account", "2", "Dropped Quartz"), 0);
        check_number(store_keep(kind, s, "account", "2", ""), 0);
        kind->retain(s, &(struct store_retention){.before_ms = 150, .now_ms = INT64_MAX});
        store_destroy(s);
        check(file_holds("Kept Quartz"));
        check(!file_holds("Too Old Quartz"));
        check(!file_holds("Redacted Quartz"));
        check(!file_holds("Erased Quartz"));
        check(!file_holds("Password Quartz"));
        check(!file_holds("Dropped Quartz"));
    }
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_file_of_a_newer_version_is_refused);
    TEST(an_older_file_is_backed_up_and_updated);
    TEST(a_file_of_version_0_is_backed_up_and_updated);
    TEST(a_file_of_version_1_is_backed_up_and_updated);
    TEST(a_file_of_version_3_has_its_texts_counted);
    TEST(an_update_that_fails_changes_nothing);
    TEST(a_damaged_file_is_not_updated);
    TEST(texts_are_counted_whatever_goes);
    TEST(what_has_gone_is_not_in_the_file);
    store_sqlite_remove_folder();
    return test_end();
}
