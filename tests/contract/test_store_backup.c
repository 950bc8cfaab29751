#include "base/must.h"
#include "store/sqlite_schema.h"
#include "store/store_backup.h"
#include "support/fault_vfs.h"
#include "support/store_cases.h"
#include "support/store_sqlite_kind.h"
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct store_kind *const kind = &store_sqlite_kind;

static char backup[600];   // where backups of the tests lie
static char original[600]; // the same as it was made

static int write_backup(bool running, const char *vfs, struct store_backup *made,
                        struct store_sqlite_error *error)
{
    return store_backup_write(
        &(struct store_backup_options){
            .folder = store_sqlite_folder(), .path = backup, .vfs = vfs, .running = running},
        made, error);
}

static int check_backup(struct store_sqlite_error *error)
{
    struct store_backup found;
    return store_backup_check(
        &(struct store_backup_options){.folder = store_sqlite_folder(), .path = backup}, &found,
        error);
}

static int restore(struct store_backup *restored, struct store_sqlite_error *error)
{
    return store_backup_restore(
        &(struct store_backup_options){.folder = store_sqlite_folder(), .path = backup}, restored,
        error);
}

// A store in a new folder, and no backup beside it.
static struct store *make_store(void)
{
    struct store *s = kind->make();
    snprintf(backup, sizeof backup, "%s.backup", store_sqlite_folder());
    snprintf(original, sizeof original, "%s.original", store_sqlite_folder());
    return s;
}

static void remove_backup(void)
{
    unlink(backup);
    unlink(original);
}

static void say_many(struct store *s, int count)
{
    for (int i = 0; i < count; i++) {
        char text[64];
        snprintf(text, sizeof text, "message number %d", i);
        store_say(kind, s, i % 3 ? "#a" : "#b", text);
    }
}

static void must_write(bool running, struct store_backup *made)
{
    struct store_sqlite_error error;
    if (write_backup(running, NULL, made, &error) < 0) {
        test_fail(__FILE__, __LINE__, "%s", error.sentence);
    }
}

// Gives the name under which the replaced database is kept.
static const char *must_restore(void)
{
    static struct store_backup restored;
    struct store_sqlite_error error;
    if (restore(&restored, &error) < 0) {
        test_fail(__FILE__, __LINE__, "%s", error.sentence);
    }
    return restored.kept;
}

static void check_sentence(const struct store_sqlite_error *error, const char *words)
{
    if (!strstr(error->sentence, words)) {
        test_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", error->sentence, words);
    }
}

static void a_backup_of_a_running_store_is_restored_elsewhere(void)
{
    struct store_backup made;
    struct store *s = make_store();
    say_many(s, 300);
    store_sqlite_await_index(s);
    store_sqlite_hold(s, true);
    must_write(true, &made);
    store_sqlite_hold(s, false);
    check_number(made.messages, 300);
    check(made.bytes > 0 && made.newest_ms > 0);
    struct stat status;
    check(stat(backup, &status) == 0 && (status.st_mode & 0777) == 0600);
    check_number(made.bytes, status.st_size);
    store_say(kind, s, "#a", "after the backup");
    store_destroy(s);

    store_sqlite_new_folder();
    check_text(text_of(must_restore()), "");
    check_text(text_of(store_sqlite_integrity()), "ok");
    s = store_sqlite_open_here(NULL, false);
    check_text(text_of(store_read(kind, s, "#b", UINT64_MAX, 2, "")),
               "99:message number 294 100:message number 297 +");
    check_text(text_of(store_read(kind, s, "#a", UINT64_MAX, 1, "number 298")),
               "199:message number 298");
    check_text(text_of(store_read(kind, s, "#a", UINT64_MAX, 9, "after")), "");
    check_number(store_say(kind, s, "#a", "goes on"), 201);
    store_destroy(s);
    remove_backup();
}

struct talker {
    struct store *store;
    atomic_bool ends;
    atomic_uint kept; // messages acknowledged
};

// The one thread that uses the store, as the core's does.
static void *talk(void *context)
{
    struct talker *t = context;
    while (!atomic_load(&t->ends)) {
        char text[32];
        snprintf(text, sizeof text, "%u", atomic_load(&t->kept) + 1);
        store_say(kind, t->store, "#a", text);
        atomic_fetch_add(&t->kept, 1);
    }
    return NULL;
}

static void what_was_acknowledged_before_is_in_a_backup_under_load(void)
{
    struct store_backup made;
    struct talker t = {.store = make_store()};
    pthread_t thread;
    must(pthread_create(&thread, NULL, talk, &t) == 0);
    for (int i = 0; i < 10; i++) {
        remove_backup();
        unsigned before = atomic_load(&t.kept);
        must_write(true, &made);
        check(made.messages >= before && made.messages <= atomic_load(&t.kept) + 1);
    }
    atomic_store(&t.ends, true);
    pthread_join(thread, NULL);
    store_destroy(t.store);
    store_sqlite_new_folder();
    must_restore();
    char last[64];
    snprintf(last, sizeof last, "%llu:%llu +", (unsigned long long)made.messages,
             (unsigned long long)made.messages);
    struct store *s = store_sqlite_open_here(NULL, false);
    check_text(text_of(store_read(kind, s, "#a", UINT64_MAX, 1, "")), last);
    store_destroy(s);
    remove_backup();
}

static void a_file_that_is_there_is_not_replaced(void)
{
    struct store_backup made;
    struct store_sqlite_error error;
    store_destroy(make_store());
    must_write(false, &made);
    check_number(write_backup(false, NULL, &made, &error), -EEXIST);
    check_sentence(&error, "is there already");
    check_number(check_backup(&error), 0);
    remove_backup();
}

static void a_folder_that_a_server_has_is_left_to_it(void)
{
    struct store_backup made;
    struct store_sqlite_error error;
    struct store *s = make_store();
    must_write(true, &made);
    check_number(restore(&made, &error), -EBUSY);
    check_sentence(&error, "A hobnobd runs on");
    remove_backup();
    check_number(write_backup(false, NULL, &made, &error), -EBUSY);
    check_number(store_say(kind, s, "#a", "goes on"), 1);
    store_destroy(s);
}

static void without_a_database_there_is_no_backup(void)
{
    struct store_backup made;
    struct store_sqlite_error error;
    store_destroy(make_store());
    store_sqlite_new_folder();
    check_number(write_backup(false, NULL, &made, &error), -ENOENT);
    check_sentence(&error, "There is no database in");
    check(access(store_sqlite_path("hobnob.lock"), F_OK) < 0);
}

static void file_copy(const char *from, const char *to)
{
    char bytes[4096];
    ssize_t got;
    int in = open(from, O_RDONLY);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    check(in >= 0 && out >= 0);
    while ((got = read(in, bytes, sizeof bytes)) > 0) {
        check(write(out, bytes, (size_t)got) == got);
    }
    close(in);
    close(out);
}

// Nothing that is there is touched when the file is refused.
static void check_restore_refused(const char *words)
{
    struct store_backup restored;
    struct store_sqlite_error error;
    int code = restore(&restored, &error);
    if (code == 0) {
        test_fail(__FILE__, __LINE__, "restored, and should have been refused: %s", words);
    }
    check_sentence(&error, words);
    check(access(store_sqlite_path("hobnob.db.before-restore"), F_OK) < 0);
    check(access(store_sqlite_path("hobnob.db.restored"), F_OK) < 0);
    check(access(store_sqlite_path("hobnob.db.restored.new"), F_OK) < 0);
}

static void check_still_there(const char *page)
{
    struct store *s = store_sqlite_open_here(NULL, false);
    check_text(text_of(store_read(kind, s, "#there", UINT64_MAX, 9, "")), page);
    store_destroy(s);
}

static off_t make_original(void)
{
    struct store_backup made;
    struct stat status;
    struct store *s = make_store();
    say_many(s, 50);
    must_write(true, &made);
    store_destroy(s);
    check(rename(backup, original) == 0 && stat(original, &status) == 0);
    s = kind->make();
    store_say(kind, s, "#there", "from before");
    store_destroy(s);
    return status.st_size;
}

static void flip(off_t at)
{
    unsigned char byte;
    int fd = open(backup, O_RDWR);
    check(fd >= 0 && pread(fd, &byte, 1, at) == 1);
    byte ^= (unsigned char)(1u << test_random(8));
    check(pwrite(fd, &byte, 1, at) == 1);
    close(fd);
}

static void one_changed_bit_anywhere_is_refused(void)
{
    off_t size = make_original();
    for (int i = 0; i < 400; i++) {
        off_t at = i < 100   ? i                                   // the header,
                   : i < 193 ? size - 1 - (i - 100)                // the seal,
                             : (off_t)test_random((unsigned)size); // and what they are for
        file_copy(original, backup);
        flip(at);
        check_restore_refused("is damaged or incomplete");
    }
    check_still_there("1:from before");
    remove_backup();
}

static void a_backup_that_is_cut_off_is_refused(void)
{
    enum { SEAL = 93 };
    off_t size = make_original();
    for (int i = 0; i < 200; i++) {
        off_t len = i <= SEAL ? size - 1 - i : (off_t)test_random((unsigned)size);
        if (len == size - SEAL) { // nothing but the seal is missing
            continue;
        }
        file_copy(original, backup);
        check(truncate(backup, len) == 0);
        check_restore_refused("is damaged or incomplete");
    }
    check_still_there("1:from before");
    remove_backup();
}

static void run_in(const char *path, const char *sql)
{
    sqlite3 *database;
    check(sqlite3_open(path, &database) == SQLITE_OK);
    check_number(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
}

static void what_is_no_backup_is_refused(void)
{
    make_original();
    check_restore_refused("No such file");
    run_in(backup, "CREATE TABLE mine (x)");
    check_restore_refused("is not a database of hobnob's");
    file_copy("/proc/self/exe", backup);
    check_restore_refused("is damaged or incomplete");
    check_still_there("1:from before");
    remove_backup();
}

static void a_backup_of_a_newer_server_is_refused(void)
{
    make_original();
    file_copy(store_sqlite_path("hobnob.db"), backup);
    run_in(backup, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 99");
    check_restore_refused("is from a newer hobnobd (schema 99");
    check_still_there("1:from before");
    remove_backup();
}

// Such as `sqlite3 hobnob.db .backup` makes: without a seal, SQLite alone looks at it.
static void another_programs_copy_is_restored_if_sqlite_finds_it_whole(void)
{
    struct store *s = make_store();
    store_say(kind, s, "#a", "said");
    char sql[700];
    snprintf(sql, sizeof sql, "VACUUM INTO '%s'", backup);
    run_in(store_sqlite_path("hobnob.db"), sql);
    store_destroy(s);
    store_sqlite_new_folder();
    must_restore();
    s = store_sqlite_open_here(NULL, false);
    check_text(text_of(store_read(kind, s, "#a", UINT64_MAX, 9, "")), "1:said");
    store_destroy(s);
    remove_backup();
}

static void what_is_replaced_stays_beside_it(void)
{
    make_original();
    check(rename(original, backup) == 0);
    check_text(text_of(must_restore()), store_sqlite_path("hobnob.db.before-restore"));
    struct store *s = store_sqlite_open_here(NULL, false);
    check_text(text_of(store_read(kind, s, "#there", UINT64_MAX, 9, "")), "");
    store_destroy(s);
    check_text(text_of(must_restore()), store_sqlite_path("hobnob.db.before-restore-2"));
    check(rename(store_sqlite_path("hobnob.db.before-restore"), backup) == 0);
    must_restore();
    check_still_there("1:from before");
    remove_backup();
}

// After a crash the newest messages stand in the log alone.
static void what_is_replaced_keeps_its_log(void)
{
    char path[700];
    char log[700];
    make_original();
    check(rename(original, backup) == 0);
    struct store *s = store_sqlite_open_here(NULL, false);
    store_say(kind, s, "#there", "in the log");
    snprintf(path, sizeof path, "%s.db", backup);
    snprintf(log, sizeof log, "%s.db-wal", backup);
    file_copy(store_sqlite_path("hobnob.db"), path);
    file_copy(store_sqlite_path("hobnob.db-wal"), log);
    store_destroy(s);
    check(rename(path, store_sqlite_path("hobnob.db")) == 0);
    check(rename(log, store_sqlite_path("hobnob.db-wal")) == 0);
    must_restore();
    check(access(store_sqlite_path("hobnob.db-wal"), F_OK) < 0);
    check(rename(store_sqlite_path("hobnob.db.before-restore"), backup) == 0);
    must_restore();
    check_still_there("1:from before 2:in the log");
    remove_backup();
}

static void a_damaged_database_is_replaced_all_the_same(void)
{
    static const char rubbish[8192] = "This is not a database, whatever its name says.";
    make_original();
    check(rename(original, backup) == 0);
    int fd = open(store_sqlite_path("hobnob.db"), O_WRONLY);
    check(fd >= 0 && pwrite(fd, rubbish, sizeof rubbish, 0) == sizeof rubbish);
    close(fd);
    check(access(must_restore(), F_OK) == 0);
    check_text(text_of(store_sqlite_integrity()), "ok");
    remove_backup();
}

static void a_check_says_whether_the_database_is_whole(void)
{
    static const char rubbish[4096] = "rubbish";
    struct store_backup found;
    struct store_sqlite_error error;
    struct store_backup_options options = {.running = true};
    struct store *s = make_store();
    say_many(s, 100);
    options.folder = store_sqlite_folder();
    check_number(store_backup_check(&options, &found, &error), 0);
    check_number(found.messages, 100);
    store_destroy(s);
    options.running = false;
    check_number(store_backup_check(&options, &found, &error), 0);
    int fd = open(store_sqlite_path("hobnob.db"), O_WRONLY);
    check(fd >= 0 && pwrite(fd, rubbish, sizeof rubbish, 2 * 4096) == sizeof rubbish);
    close(fd);
    check_number(store_backup_check(&options, &found, &error), -EUCLEAN);
    check_sentence(&error, "is damaged");
}

static void a_damaged_database_is_not_backed_up(void)
{
    static const char rubbish[4096] = "rubbish";
    struct store_backup made;
    struct store_sqlite_error error;
    struct store *s = make_store();
    say_many(s, 100);
    store_destroy(s);
    int fd = open(store_sqlite_path("hobnob.db"), O_WRONLY);
    check(fd >= 0 && pwrite(fd, rubbish, sizeof rubbish, 2 * 4096) == sizeof rubbish);
    close(fd);
    check_number(write_backup(false, NULL, &made, &error), -EUCLEAN);
    check(access(backup, F_OK) < 0);
    remove_backup();
}

static void it_is_given_up_when_the_server_stops(void)
{
    struct store_backup made;
    struct store_sqlite_error error;
    atomic_bool stop = true;
    struct store *s = make_store();
    say_many(s, 100);
    struct store_backup_options options = {
        .folder = store_sqlite_folder(), .path = backup, .running = true, .stop = &stop};
    check_number(store_backup_write(&options, &made, &error), -ECANCELED);
    check_sentence(&error, "was given up");
    check(access(backup, F_OK) < 0);
    store_destroy(s);
}

// Whichever call to the disk fails, there is a good backup or none.
static void a_disk_that_fails_leaves_no_half_backup(void)
{
    struct store_backup made;
    struct store_sqlite_error error;
    struct store *s = make_store();
    say_many(s, 30);
    store_destroy(s);
    char unfinished[700];
    snprintf(unfinished, sizeof unfinished, "%s.new", backup);
    fault_vfs_reset();
    int code = -1;
    for (uint64_t n = 1; code != 0 || n <= fault_vfs_calls(); n++) {
        remove_backup();
        fault_vfs_fail_call(n, false);
        code = write_backup(false, fault_vfs_name, &made, &error);
        bool there = access(backup, F_OK) == 0;
        check(there == (code == 0));
        check(code == 0 || error.sentence[0]);
        check(access(unfinished, F_OK) < 0);
        if (there) {
            check_number(check_backup(&error), 0);
        }
    }
    fault_vfs_fail_call(0, false);
    remove_backup();
    fault_vfs_space(8192);
    check_number(write_backup(false, fault_vfs_name, &made, &error), -ENOSPC);
    check_sentence(&error, "not enough room");
    check(access(backup, F_OK) < 0 && access(unfinished, F_OK) < 0);
    fault_vfs_space(-1);
    remove_backup();
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_backup_of_a_running_store_is_restored_elsewhere);
    TEST(what_was_acknowledged_before_is_in_a_backup_under_load);
    TEST(a_file_that_is_there_is_not_replaced);
    TEST(a_folder_that_a_server_has_is_left_to_it);
    TEST(without_a_database_there_is_no_backup);
    TEST(one_changed_bit_anywhere_is_refused);
    TEST(a_backup_that_is_cut_off_is_refused);
    TEST(what_is_no_backup_is_refused);
    TEST(a_backup_of_a_newer_server_is_refused);
    TEST(another_programs_copy_is_restored_if_sqlite_finds_it_whole);
    TEST(what_is_replaced_stays_beside_it);
    TEST(what_is_replaced_keeps_its_log);
    TEST(a_damaged_database_is_replaced_all_the_same);
    TEST(a_check_says_whether_the_database_is_whole);
    TEST(a_damaged_database_is_not_backed_up);
    TEST(it_is_given_up_when_the_server_stops);
    TEST(a_disk_that_fails_leaves_no_half_backup);
    store_sqlite_remove_folder();
    return test_end();
}
