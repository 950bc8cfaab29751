#include "store/store_memory.h"
#include "support/store_cases.h"
#include "support/store_sqlite_kind.h"
#include "support/test.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct store_kind *const kind = &store_sqlite_kind;

static void ready_at_once(struct store *s)
{
    (void)s;
}

static const struct store_kind store_memory_kind = {.wait = ready_at_once};

static void a_second_server_is_told_who_has_the_folder(void)
{
    char process[64];
    struct store *s = kind->make();
    snprintf(process, sizeof process, "used by another hobnobd (process %d). Stop it", getpid());
    store_sqlite_check_refused(-EBUSY, process);
    check_number(store_say(kind, s, "#a", "the first one goes on"), 1);
    store_destroy(s);
    s = store_sqlite_open_here(NULL, false);
    check_text(text_of(store_read(kind, s, "#a", 9, 9, "")), "1:the first one goes on");
    store_destroy(s);
}

static void only_its_owner_can_read_the_files(void)
{
    static const char *const files[] = {"hobnob.db", "hobnob.db-wal", "hobnob.db-shm",
                                        "hobnob.lock"};
    char parent[256];
    char folder[512];
    struct stat is;
    struct store_sqlite_error error;
    store_sqlite_new_folder();
    mode_t mask = umask(0);
    snprintf(parent, sizeof parent, "%s/some", store_sqlite_folder());
    snprintf(folder, sizeof folder, "%s/where/", parent);
    struct store *s = store_sqlite_open(&(struct store_sqlite_options){.folder = folder}, &error);
    umask(mask);
    check(s);
    check(stat(folder, &is) == 0 && (is.st_mode & 07777) == 0700);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        check(stat(path, &is) == 0);
        check_number(is.st_mode & 07777, 0600);
    }
    store_destroy(s);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    rmdir(folder);
    rmdir(parent);
}

static void a_folder_that_cannot_be_made_is_named(void)
{
    struct store_sqlite_error error;
    check(!store_sqlite_open(&(struct store_sqlite_options){.folder = "/proc/hobnob"}, &error));
    check(error.code < 0);
    check(strstr(error.sentence, "/proc/hobnob"));
    check(strstr(error.sentence, "--data"));
}

static void each_opening_has_its_number(void)
{
    struct store *s = kind->make();
    check_number(store_epoch(s), 1);
    s = kind->reopen(s);
    check_number(store_epoch(s), 2);
    s = kind->reopen(s);
    check_number(store_epoch(s), 3);
    store_destroy(s);
}

static void a_file_of_another_program_is_refused_and_left_alone(void)
{
    store_sqlite_new_folder();
    store_sqlite_run("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)");
    store_sqlite_check_refused(-EINVAL, "belongs to another program");
    check(access(store_sqlite_path("hobnob.db-wal"), F_OK) < 0);
    store_sqlite_run("INSERT INTO mine VALUES (2)");
}

static void a_damaged_file_is_refused(void)
{
    static const char rubbish[8192] = "This is not a database, whatever its name says.";
    store_sqlite_new_folder();
    store_sqlite_write_file("hobnob.db", rubbish, sizeof rubbish, 0);
    store_sqlite_check_refused(-EIO, "is damaged");
    store_destroy(kind->make());
    store_sqlite_write_file("hobnob.db", rubbish, sizeof rubbish - 100, 100); // the schema
    store_sqlite_check_refused(-EIO, "is damaged");
}

static void an_empty_file_is_a_new_one(void)
{
    store_sqlite_new_folder();
    store_sqlite_write_file("hobnob.db", "", 0, 0);
    struct store *s = store_sqlite_open_here(NULL, false);
    check_number(store_say(kind, s, "#a", "first"), 1);
    store_destroy(s);
    check(access(store_sqlite_path("hobnob.db.schema-0.bak"), F_OK) < 0);
}

static void what_was_submitted_is_completed_at_the_end(void)
{
    struct store *s = kind->make();
    for (int i = 0; i < 500; i++) {
        struct message message = store_message_in("#a", "x");
        store_submit(s, &message, 0);
    }
    s = kind->reopen(s);
    check_text(text_of(store_read(kind, s, "#a", UINT64_MAX, 1, "")), "500:x +");
    store_destroy(s);
}

// The same words are found before a message is indexed, after, and with a page across both.
static void search_sees_what_is_not_indexed_yet(void)
{
    struct store_sqlite_error error;
    store_sqlite_new_folder();
    struct store *s = store_sqlite_open_here(NULL, false);
    for (int i = 0; i < 5; i++) {
        store_say(kind, s, "#a", "red");
        store_say(kind, s, "#b", "red");
    }
    store_sqlite_await_index(s);
    store_destroy(s);
    // Not eager: a quarter of a second without commits would be needed.
    s = store_sqlite_open(
        &(struct store_sqlite_options){.folder = store_sqlite_folder(), .wake = store_sqlite_wake},
        &error);
    check(s);
    store_say(kind, s, "#a", "red new");
    store_say(kind, s, "#a", "blue");
    check_text(text_of(store_read(kind, s, "#a", UINT64_MAX, 3, "red")), "4:red 5:red 6:red new +");
    check_text(text_of(store_read(kind, s, "#a", UINT64_MAX, 6, "red")),
               "1:red 2:red 3:red 4:red 5:red 6:red new");
    check_text(text_of(store_read(kind, s, "#a", 4, 2, "red")), "3:red 4:red +");
    store_destroy(s);
}

static int64_t time_ms;

static void submit_random(struct store *a, struct store *b)
{
    static const char *const words[] = {"red", "green", "blue", "Gr\xc3\xbcn", "a-b", "b a"};
    char text[64];
    char room[8];
    snprintf(text, sizeof text, "%s %s", words[test_random(6)], words[test_random(6)]);
    snprintf(room, sizeof room, "#r%u", test_random(3));
    struct message message = store_message_in(room, text);
    message.time_ms = time_ms += test_random(3);
    message.kind = test_random(4) ? MESSAGE_SAY : MESSAGE_NOTICE;
    uint64_t seq = store_put(&store_memory_kind, a, &message).seq;
    check_number((int64_t)store_put(kind, b, &message).seq, (int64_t)seq);
}

static void redact_random(struct store *a, struct store *b)
{
    struct message message = store_message_in("#r1", "");
    message.kind = MESSAGE_REDACTION;
    message.id = test_random(300);
    int error = store_put(&store_memory_kind, a, &message).error;
    check_number(store_put(kind, b, &message).error, error);
}

static struct store_mark random_mark(void)
{
    switch (test_random(5)) {
    case 0:
        return (struct store_mark){.kind = STORE_START};
    case 1:
        return (struct store_mark){.kind = STORE_END};
    case 2:
        return (struct store_mark){.kind = STORE_SEQ, .number = test_random(300)};
    case 3:
        return (struct store_mark){.kind = STORE_ID, .number = test_random(600)};
    default:
        return (struct store_mark){.kind = STORE_TIME, .time_ms = test_random(900)};
    }
}

static void compare_marks(struct store *a, struct store *b)
{
    struct store_query query = {.place = test_random(2) ? TEXT("#r1") : TEXT("#r2"),
                                .from = random_mark(),
                                .to = random_mark(),
                                .around = !test_random(4),
                                .kinds = test_random(3) ? 0 : 1u << MESSAGE_NOTICE,
                                .limit = test_random(100) + 1};
    char *expected = text_copy(text_of(store_ask(&store_memory_kind, a, &query)));
    bool same = strcmp(store_ask(kind, b, &query), expected) == 0;
    free(expected);
    check(same);
}

static void compare_random(struct store *a, struct store *b)
{
    static const char *const words[] = {"", "", "red", "grun blue", "b-a", "green a"};
    char room[8];
    snprintf(room, sizeof room, "#r%u", test_random(4));
    uint64_t to_seq = test_random(10) ? test_random(300) : UINT64_MAX;
    uint32_t limit = test_random(30) + 1;
    const char *wanted = words[test_random(6)];
    char *expected =
        text_copy(text_of(store_read(&store_memory_kind, a, room, to_seq, limit, wanted)));
    const char *found = store_read(kind, b, room, to_seq, limit, wanted);
    bool same = strcmp(found, expected) == 0;
    free(expected);
    check(same);
}

static void random_pages_are_those_of_the_memory_store(void)
{
    struct store *a = store_memory_create(1 << 20);
    struct store *b = kind->make();
    for (int i = 0; i < 600; i++) {
        submit_random(a, b);
        compare_random(a, b);
        compare_marks(a, b);
        if (i % 20 == 0) {
            redact_random(a, b);
        }
    }
    for (int i = 0; i < 1000; i++) {
        compare_random(a, b);
        compare_marks(a, b);
    }
    store_destroy(a);
    store_destroy(b);
}

static int64_t log_bytes(void)
{
    struct stat is;
    check(stat(store_sqlite_path("hobnob.db-wal"), &is) == 0);
    return is.st_size;
}

static void fill(struct store *s, int messages)
{
    static char text[16001];
    memset(text, 'x', 16000);
    for (int i = 0; i < messages; i++) {
        store_say(kind, s, "#a", text);
    }
}

#define TEXT_OF_SEARCH "a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4 5 6 "

// A search that takes long: the index is asked for the first 32 words, and each text that it
// finds must be looked at for the last one.
static void ask_for_page(struct store *s)
{
    struct store_query query = {.place = TEXT("#a"),
                                .from = {.kind = STORE_END},
                                .to = {.kind = STORE_START},
                                .limit = 500,
                                .words = TEXT(TEXT_OF_SEARCH "missing")};
    store_query(s, &query, 0);
}

// More than a log may hold that is begun anew. ThreadSanitizer, which is slow, looks at how the
// threads meet, and that is seen with fewer.
#ifdef __SANITIZE_THREAD__
enum { MESSAGES_OF_SEARCH = 2000 };
#else
enum { MESSAGES_OF_SEARCH = 9000 };
#endif

struct busy {
    struct store *store;
    size_t written;
};

// A page for a page: so there is always one being read.
static void keep_reading(void *context, const struct store_answer *answer)
{
    struct busy *busy = context;
    check_number(answer->error, 0);
    if (answer->kind == STORE_PAGE) {
        ask_for_page(busy->store);
    } else {
        busy->written++;
    }
}

static void the_log_is_begun_anew_though_pages_are_always_read(void)
{
    static char text[16001];
    struct busy busy = {.store = kind->make()};
    int64_t longest = 0;
    memset(text, 'x', 16000);
    memcpy(text, TEXT_OF_SEARCH, strlen(TEXT_OF_SEARCH));
    store_say(kind, busy.store, "#a", TEXT_OF_SEARCH "missing");
    for (int i = 0; i < 3; i++) {
        ask_for_page(busy.store);
    }
    for (size_t submitted = 0; submitted < MESSAGES_OF_SEARCH; submitted++) {
        struct message message = store_message_in("#a", text);
        store_submit(busy.store, &message, 0);
        longest = log_bytes() > longest ? log_bytes() : longest;
        while (busy.written + 8 < submitted) {
            store_sqlite_wait(busy.store);
            store_collect(busy.store, keep_reading, &busy);
        }
    }
    check(longest < 90 << 20);
    store_destroy(busy.store);
    // A search that lets go of the database many times on its way finds what is at its end.
    struct store *s = store_sqlite_open_here(NULL, false);
    check_text(text_of(store_read(kind, s, "#a", MESSAGES_OF_SEARCH, 9, TEXT_OF_SEARCH "missing")),
               "1:" TEXT_OF_SEARCH "missing");
    store_destroy(s);
}

// Another program's reader that stays keeps the log from being begun anew; when it goes, the
// log does not go on growing. Meanwhile pages are read, if slowly.
static void the_log_is_begun_anew_after_a_long_reader(void)
{
    sqlite3 *reader;
    struct store *s = kind->make();
    store_say(kind, s, "#b", "hello");
    check(sqlite3_open(store_sqlite_path("hobnob.db"), &reader) == SQLITE_OK);
    check(sqlite3_exec(reader, "BEGIN; SELECT * FROM message", NULL, NULL, NULL) == SQLITE_OK);
    fill(s, 4000);
    check(log_bytes() > 64 << 20);
    check_text(text_of(store_read(kind, s, "#b", 9, 9, "")), "1:hello");
    sqlite3_close(reader);
    int64_t longest = log_bytes();
    for (int i = 0; i < 40; i++) {
        fill(s, 50);
        check_text(text_of(store_read(kind, s, "#b", 9, 9, "")), "1:hello");
    }
    check(log_bytes() <= longest);
    store_destroy(s);
}

static void count_written(void *context, const struct store_answer *answer)
{
    check_number(answer->error, 0);
    ++*(size_t *)context;
}

static int64_t longest_saying_us(struct store *s, struct store_sqlite_figures *figures)
{
    int64_t longest_us = 0;
    do {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        store_say(kind, s, "#a", "new words");
        clock_gettime(CLOCK_MONOTONIC, &end);
        int64_t took_us =
            (end.tv_sec - start.tv_sec) * 1000000 + (end.tv_nsec - start.tv_nsec) / 1000;
        longest_us = took_us > longest_us ? took_us : longest_us;
        store_sqlite_figures(s, figures);
    } while (figures->trimming);
    return longest_us;
}

static void what_goes_keeps_nobody_waiting(void)
{
    enum { OLD = 5000 };
    struct store *s = kind->make();
    size_t written = 0;
    for (int i = 0; i < OLD; i++) {
        struct message message = store_message_in("#a", "old words that are found");
        message.time_ms = 5;
        store_submit(s, &message, 0);
    }
    while (written < OLD) {
        store_sqlite_wait(s);
        store_collect(s, count_written, &written);
    }
    store_sqlite_await_index(s);
    struct store_sqlite_figures before;
    struct store_sqlite_figures after;
    store_sqlite_figures(s, &before);
    store_retain(s, &(struct store_retention){.before_ms = 6, .now_ms = INT64_MAX});
    int64_t longest_us = longest_saying_us(s, &after);
    printf("# %d messages gone; meanwhile %llu were kept, each after at most %lld us; "
           "longest slice %lld us\n",
           OLD, (unsigned long long)(after.committed - before.committed), (long long)longest_us,
           (long long)after.slice_max_us);
    check(after.committed - before.committed > 3);
    check(longest_us < 2000000); // a machine may be busy, and a debug build slow
    store_sqlite_await_index(s);
    check_text(text_of(store_read(kind, s, "#a", UINT32_MAX, 9, "old words")), "");
    store_destroy(s);
    check_text(text_of(store_sqlite_integrity()), "ok");
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    store_cases_run(&store_sqlite_kind);
    puts("# the same, with everything indexed");
    store_cases_run(&store_sqlite_indexed_kind);
    TEST(a_second_server_is_told_who_has_the_folder);
    TEST(only_its_owner_can_read_the_files);
    TEST(a_folder_that_cannot_be_made_is_named);
    TEST(each_opening_has_its_number);
    TEST(a_file_of_another_program_is_refused_and_left_alone);
    TEST(a_damaged_file_is_refused);
    TEST(an_empty_file_is_a_new_one);
    TEST(what_was_submitted_is_completed_at_the_end);
    TEST(random_pages_are_those_of_the_memory_store);
    TEST(the_log_is_begun_anew_though_pages_are_always_read);
    TEST(the_log_is_begun_anew_after_a_long_reader);
    TEST(search_sees_what_is_not_indexed_yet);
    TEST(what_goes_keeps_nobody_waiting);
    store_sqlite_remove_folder();
    return test_end();
}
