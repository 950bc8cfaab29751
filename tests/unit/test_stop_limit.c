#include "base/must.h"
#include "server/stop_limit.h"
#include "support/test.h"

#include <semaphore.h>
#include <time.h>

static sem_t was_late;

static void late(void *context)
{
    *(bool *)context = true;
    sem_post(&was_late);
}

static void who_ends_in_time_is_not_late(void)
{
    bool told = false;
    struct stop_limit *limit = stop_limit_begin(60000, late, &told);
    stop_limit_end(limit);
    check(!told);
    stop_limit_end(NULL);
}

static void who_does_not_is_told_at_the_limit(void)
{
    bool told = false;
    struct timespec start;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    struct stop_limit *limit = stop_limit_begin(50, late, &told);
    sem_wait(&was_late);
    clock_gettime(CLOCK_MONOTONIC, &now);
    check((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 >= 49);
    stop_limit_end(limit);
    check(told);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    sem_init(&was_late, 0, 0);
    TEST(who_ends_in_time_is_not_late);
    TEST(who_does_not_is_told_at_the_limit);
    return test_end();
}
