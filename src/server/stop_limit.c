#include "server/stop_limit.h"

#include "base/must.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

struct stop_limit {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool over;
    struct timespec until;
    void (*late)(void *context);
    void *context;
};

static void *watch(void *context)
{
    struct stop_limit *limit = context;
    int code = 0;
    pthread_mutex_lock(&limit->lock);
    while (!limit->over && code == 0) {
        code = pthread_cond_timedwait(&limit->ended, &limit->lock, &limit->until);
    }
    bool over = limit->over;
    pthread_mutex_unlock(&limit->lock);
    if (!over) {
        limit->late(limit->context);
    }
    return NULL;
}

static void make_condition(struct stop_limit *limit)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&limit->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

struct stop_limit *stop_limit_begin(int64_t ms, void (*late)(void *context), void *context)
{
    struct stop_limit *limit = mem_alloc(sizeof *limit);
    limit->late = late;
    limit->context = context;
    clock_gettime(CLOCK_MONOTONIC, &limit->until);
    limit->until.tv_sec += ms / 1000;
    limit->until.tv_nsec += (ms % 1000) * 1000000;
    limit->until.tv_sec += limit->until.tv_nsec / 1000000000;
    limit->until.tv_nsec %= 1000000000;
    pthread_mutex_init(&limit->lock, NULL);
    make_condition(limit);
    // A second signal to stop is for the thread that runs the program.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    must(pthread_create(&limit->thread, NULL, watch, limit) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return limit;
}

void stop_limit_end(struct stop_limit *limit)
{
    if (!limit) {
        return;
    }
    pthread_mutex_lock(&limit->lock);
    limit->over = true;
    pthread_cond_signal(&limit->ended);
    pthread_mutex_unlock(&limit->lock);
    pthread_join(limit->thread, NULL);
    pthread_cond_destroy(&limit->ended);
    pthread_mutex_destroy(&limit->lock);
    free(limit);
}
