#include "server/hasher.h"

#include "support/test.h"

enum { JOBS = 20 };

static bool is_done[JOBS];
static bool is_given_up[JOBS];

static void done(void *context, uint64_t cookie, bool matches, struct text stored)
{
    (void)context;
    (void)matches;
    (void)stored;
    is_done[cookie] = true;
}

static void given_up(void *context, uint64_t cookie)
{
    (void)context;
    is_given_up[cookie] = true;
}

// What waits is not worked on; what is under way ends, and nothing is begun any more.
static void at_the_end_what_waits_is_given_up(void)
{
    uv_loop_t loop;
    check(uv_loop_init(&loop) == 0);
    struct hash_processes *processes = hash_processes_create(hasher_at_once());
    struct hasher *hasher = hasher_create(&loop, processes, done, NULL);
    struct password_job job = {.work = PASSWORD_CHECK, .password = TEXT("wrong horse")};
    size_t at_once = hasher_at_once() < JOBS ? hasher_at_once() : JOBS;
    for (job.cookie = 0; job.cookie < JOBS; job.cookie++) {
        check(hasher_work(hasher, &job));
    }
    hasher_give_up(hasher, given_up);
    for (size_t i = 0; i < JOBS; i++) {
        check(is_given_up[i] == (i >= at_once));
    }
    job.cookie = 0;
    check(!hasher_work(hasher, &job));
    uv_run(&loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < JOBS; i++) {
        check(is_done[i] == (i < at_once));
    }
    hasher_destroy(hasher);
    check(uv_loop_close(&loop) == 0);
    hash_processes_destroy(processes);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(at_the_end_what_waits_is_given_up);
    return test_end();
}
