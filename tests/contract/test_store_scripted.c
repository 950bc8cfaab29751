#include "support/store_cases.h"
#include "support/store_scripted.h"
#include "support/test.h"

#include <errno.h>

static struct store *make(void)
{
    return store_scripted_create(1 << 20);
}

static struct store *reopen(struct store *s)
{
    return s;
}

static void wait(struct store *s)
{
    store_scripted_release(s, 1);
}

static const struct store_kind kind = {.make = make, .reopen = reopen, .wait = wait};

static void submit(struct store *s, const char *text, uint64_t cookie)
{
    struct message message = store_message_in("#a", text);
    store_submit(s, &message, cookie);
}

static void ask(struct store *s, uint64_t cookie)
{
    struct store_query query = {
        .place = TEXT("#a"), .from = {.kind = STORE_END}, .to = {.kind = STORE_START}, .limit = 10};
    store_query(s, &query, cookie);
}

static void note(void *context, const struct store_answer *answer)
{
    char *notes = context;
    size_t len = strlen(notes);
    snprintf(notes + len, 100 - len, "%llu=%d/%llu/%zu ", (unsigned long long)answer->cookie,
             answer->error, (unsigned long long)answer->seq, answer->message_count);
}

static void check_collected(struct store *s, const char *expected)
{
    char notes[100] = "";
    store_collect(s, note, notes);
    check_text(text_of(notes), expected);
}

static void nothing_comes_before_it_is_released(void)
{
    struct store *s = make();
    submit(s, "one", 1);
    submit(s, "two", 2);
    ask(s, 3);
    check_collected(s, "");
    check_number(store_scripted_writes_waiting(s), 2);
    check_number(store_scripted_reads_waiting(s), 1);
    check_number(store_scripted_release_reads(s, 5), 1);
    check_collected(s, "3=0/0/0 ");
    check_number(store_scripted_release_writes(s, 1), 1);
    check_collected(s, "1=0/1/0 ");
    ask(s, 4);
    check_number(store_scripted_release(s, 9), 2);
    check_collected(s, "2=0/2/0 4=0/0/2 ");
    submit(s, "three", 5);
    store_scripted_hold(s, false);
    submit(s, "four", 6);
    check_collected(s, "5=0/3/0 6=0/4/0 ");
    store_destroy(s);
}

static void failures_leave_no_hole(void)
{
    struct store *s = make();
    store_scripted_hold(s, false);
    store_scripted_fail_next(s, -ENOSPC);
    store_scripted_fail_next(s, -EIO);
    store_scripted_fail_next_read(s, -EIO);
    submit(s, "one", 1);
    submit(s, "two", 2);
    submit(s, "three", 3);
    ask(s, 4);
    ask(s, 5);
    check_collected(s, "1=-28/0/0 2=-5/0/0 3=0/1/0 4=-5/0/0 5=0/0/1 ");
    store_destroy(s);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    store_cases_run(&kind);
    TEST(nothing_comes_before_it_is_released);
    TEST(failures_leave_no_hole);
    return test_end();
}
