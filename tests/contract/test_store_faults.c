// The SQLite store on a disk that fails. What was acknowledged is readable afterwards, what
// was refused is not, and numbers have no holes.
#include "support/fault_vfs.h"
#include "support/store_cases.h"
#include "support/store_sqlite_kind.h"
#include "support/test.h"

#include <errno.h>
#include <time.h>

enum { KEPT_MAX = 4096 };

// What was answered: text i was kept or not.
static struct {
    size_t submitted;
    size_t answered;
    uint64_t seq[KEPT_MAX]; // 0: not kept
    int error[KEPT_MAX];
    bool dead; // the disk does not let what has failed be undone either
} told;

static struct store *open_faulty(void)
{
    memset(&told, 0, sizeof told);
    return store_sqlite_open_here(fault_vfs_name, false);
}

static void note(void *context, const struct store_answer *answer)
{
    (void)context;
    if (answer->kind == STORE_WRITTEN) {
        told.answered++;
        told.error[answer->cookie] = answer->error;
        told.seq[answer->cookie] = answer->seq;
        check((answer->error == 0) == (answer->seq > 0));
    }
}

static void submit(struct store *s, size_t padding)
{
    static char text[STORE_TEXT_MAX];
    int len = snprintf(text, sizeof text, "text%zu ", told.submitted);
    memset(text + len, 'x', padding);
    struct message message = store_message_in("#a", "");
    message.text = (struct text){text, (size_t)len + padding};
    if (told.submitted % 5 == 4) {
        message.kind = MESSAGE_TOPIC;
    }
    store_submit(s, &message, told.submitted++);
}

static void await_all(struct store *s)
{
    while (told.answered < told.submitted) {
        store_sqlite_wait(s);
        store_collect(s, note, NULL);
    }
}

static int last_error(void)
{
    return told.error[told.submitted - 1];
}

struct reading {
    uint64_t next_seq;
    size_t found;
    bool done;
    bool more;
    uint64_t first_seq;
};

// Every message read was acknowledged, under the number that it has.
static void check_page(void *context, const struct store_answer *answer)
{
    struct reading *reading = context;
    check(answer->kind == STORE_PAGE && answer->error == 0);
    for (size_t i = 0; i < answer->message_count; i++) {
        const struct message *m = &answer->messages[i];
        char *end;
        unsigned long number = strtoul(m->text.at + 4, &end, 10);
        check(number < told.submitted);
        check(m->seq == told.seq[number] || (told.dead && !told.seq[number]));
        check(i == 0 || m->seq == answer->messages[i - 1].seq + 1);
        reading->found += told.seq[number] > 0;
    }
    reading->first_seq = answer->message_count ? answer->messages[0].seq : 0;
    reading->more = answer->more;
    reading->done = true;
}

static void check_kept(struct store *s)
{
    struct reading reading = {.more = true};
    struct store_query query = {.place = TEXT("#a"),
                                .from = {.kind = STORE_END},
                                .to = {.kind = STORE_START},
                                .limit = 500};
    while (reading.more) {
        reading.done = false;
        store_query(s, &query, 0);
        while (!reading.done) {
            store_sqlite_wait(s);
            store_collect(s, check_page, &reading);
        }
        query.from = (struct store_mark){STORE_SEQ, reading.first_seq, 0};
    }
    size_t kept = 0;
    for (size_t i = 0; i < told.submitted; i++) {
        kept += told.seq[i] > 0;
    }
    check_number(reading.found, kept);
    check(kept == 0 || reading.first_seq == 1);
}

// Closes, and looks at what a healthy disk then finds.
static void check_after_restart(struct store *s)
{
    store_destroy(s);
    fault_vfs_reset();
    s = store_sqlite_open_here(fault_vfs_name, false);
    check_kept(s);
    store_say(&store_sqlite_kind, s, "#b", "one more");
    store_sqlite_await_index(s);
    store_destroy(s);
    check_text(text_of(store_sqlite_integrity()), "ok");
}

static void ask(struct store *s, const char *words)
{
    struct store_query query = {.place = TEXT("#a"),
                                .from = {.kind = STORE_END},
                                .to = {.kind = STORE_START},
                                .limit = 20,
                                .words = text_of(words)};
    store_query(s, &query, 0);
}

// With indexing between the commits, as the store of the tests does it at once.
static void work_a_little(struct store *s)
{
    for (int batch = 0; batch < 3; batch++) {
        submit(s, 10);
        submit(s, 3000);
        await_all(s);
    }
    ask(s, "");
    ask(s, "text1");
    submit(s, 10);
    await_all(s);
}

// With checkpoints.
static void work_more(struct store *s)
{
    for (int batch = 0; batch < 15; batch++) {
        for (int i = 0; i < 25; i++) {
            submit(s, 16000);
        }
        await_all(s);
    }
}

static uint64_t survive_failing_call(uint64_t n, bool onwards, void (*work)(struct store *))
{
    struct store_sqlite_error error;
    store_sqlite_new_folder();
    fault_vfs_reset();
    memset(&told, 0, sizeof told);
    told.dead = onwards;
    fault_vfs_fail_call(n, onwards);
    struct store *s = store_sqlite_try_here(fault_vfs_name, &error);
    if (!s) {
        check(error.code < 0 && error.sentence[0]);
        check_after_restart(NULL);
        return n;
    }
    work(s);
    uint64_t calls = fault_vfs_calls();
    check_after_restart(s);
    return calls;
}

// How many calls there are differs a little from run to run: there are two threads.
static void fail_each_call(bool onwards, uint64_t step)
{
    uint64_t n = 1;
    for (int missed = 0; missed < 10; n += step) {
        missed = survive_failing_call(n, onwards, work_a_little) >= n ? 0 : missed + 1;
    }
    check(n > 150);
}

static void a40_survives_the_nth_call_failing(void)
{
    fail_each_call(false, 1);
}

static void a40_survives_all_calls_failing_from_the_nth(void)
{
    fail_each_call(true, 5);
}

static void a40_survives_a_call_failing_around_checkpoints(void)
{
    uint64_t calls = survive_failing_call(UINT64_MAX, false, work_more);
    check(calls > 4000);
    for (int i = 0; i < 40; i++) {
        survive_failing_call(test_random((unsigned)calls) + 1, i % 4 == 3, work_more);
    }
}

static void f05_disk_full_and_freed_a_hundred_times(void)
{
    store_sqlite_new_folder();
    fault_vfs_reset();
    struct store *s = open_faulty();
    for (int i = 0; i < 100; i++) {
        fault_vfs_space(0);
        do {
            submit(s, 5000);
            submit(s, 5000);
            await_all(s);
        } while (last_error() == 0 && told.submitted + 4 < KEPT_MAX);
        check_number(last_error(), -ENOSPC);
        if (i % 10 == 0) {
            check_kept(s); // reading goes on
        }
        fault_vfs_space(-1);
        submit(s, 10);
        await_all(s);
        check_number(last_error(), 0);
    }
    check_kept(s);
    check_after_restart(s);
}

static void f06_nothing_is_acknowledged_after_a_failed_fsync(void)
{
    store_sqlite_new_folder();
    fault_vfs_reset();
    struct store *s = open_faulty();
    submit(s, 10);
    submit(s, 10);
    await_all(s);
    check_number(last_error(), 0);
    fault_vfs_fail_syncs(true);
    submit(s, 10);
    await_all(s);
    check_number(last_error(), -EIO);
    fault_vfs_fail_syncs(false);
    for (int i = 0; i < 10; i++) {
        submit(s, 10);
        await_all(s);
        check_number(last_error(), -EIO);
    }
    check_kept(s);
    check_after_restart(s);
}

static void f06_a_commit_that_begins_the_log_anew(void)
{
    store_sqlite_new_folder();
    fault_vfs_reset();
    struct store *s = open_faulty();
    struct store_sqlite_figures figures;
    do {
        submit(s, 16000);
        await_all(s);
        store_sqlite_figures(s, &figures);
    } while (!figures.checkpoints);
    store_sqlite_await_index(s);
    fault_vfs_fail_syncs(true);
    submit(s, 10);
    await_all(s);
    check_number(last_error(), -EIO);
    fault_vfs_fail_syncs(false);
    check_after_restart(s);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void note_page(void *context, const struct store_answer *answer)
{
    note(NULL, answer);
    *(bool *)context |= answer->kind == STORE_PAGE;
}

static void f07_a_slow_fsync_stops_nobody(void)
{
    bool page = false;
    store_sqlite_new_folder();
    fault_vfs_reset();
    struct store *s = open_faulty();
    submit(s, 10);
    await_all(s);
    fault_vfs_hold_syncs(true);
    submit(s, 10);
    fault_vfs_await_held_sync();
    int64_t start_ms = now_ms();
    for (int i = 0; i < 1000; i++) {
        submit(s, 100);
        store_collect(s, note, NULL);
    }
    check(now_ms() - start_ms < 1000 * 20); // 20 ms each, and really all together
    check_number(told.answered, 1);
    ask(s, "");
    while (!page) { // comes while the disk is still busy
        store_sqlite_wait(s);
        store_collect(s, note_page, &page);
    }
    check_number(told.answered, 1);
    fault_vfs_hold_syncs(false);
    await_all(s);
    check_number(last_error(), 0);
    check_after_restart(s);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a40_survives_the_nth_call_failing);
    TEST(a40_survives_all_calls_failing_from_the_nth);
    TEST(a40_survives_a_call_failing_around_checkpoints);
    TEST(f05_disk_full_and_freed_a_hundred_times);
    TEST(f06_nothing_is_acknowledged_after_a_failed_fsync);
    TEST(f06_a_commit_that_begins_the_log_anew);
    TEST(f07_a_slow_fsync_stops_nobody);
    store_sqlite_remove_folder();
    return test_end();
}
