#include "server/hasher.h"

#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

enum {
    WAITING_MAX = 64,
    CORES_PER_HASH = 4,
    AT_ONCE_MAX = 32,
    MEMORY_SHARE = 8,
    MIB = 1024 * 1024
};

// RFC 9106's second choice, and OWASP's for machines that cannot spare as much.
static const struct password_cost large = {3, (size_t)64 * MIB}, small = {2, (size_t)19 * MIB};

struct hash {
    struct hash *prev, *next;
    struct hasher *hasher;
    uv_work_t work;
    uint64_t cookie;
    size_t process; // which of them works on it
    bool nobodys;
    struct password_try attempt;
    char *password;
    size_t password_len;
};

struct hasher {
    uv_loop_t *loop;
    struct hash_processes *processes;
    void (*done)(void *context, uint64_t cookie, bool matches, struct text stored);
    void *context;
    struct password_cost cost;
    char nobody[PASSWORD_KEPT_MAX]; // what nobody's password is compared with
    struct hash *waiting;
    size_t waiting_count;
    size_t running;
    size_t running_max;
    uint64_t busy; // bits of the processes that work
    bool given_up; // takes nothing any more
    bool ending;
};

// In a thread of the pool, which does it itself if the process is gone.
static void work(uv_work_t *request)
{
    struct hash *hash = request->data;
    struct hash_processes *processes = hash->hasher->processes;
    struct password_try *t = &hash->attempt;
    if (hash->process >= hash_processes_count(processes) ||
        !hash_processes_work(processes, hash->process, t, hash->password, hash->password_len)) {
        password_work(t, hash->password, hash->password_len);
    }
    t->matches = t->matches && !hash->nobodys;
}

static void hash_destroy(struct hash *hash)
{
    explicit_bzero(hash->password, hash->password_len);
    free(hash->password);
    free(hash);
}

static void start_next(struct hasher *h);

static void ended(uv_work_t *request, int status)
{
    struct hash *hash = request->data;
    struct hasher *h = hash->hasher;
    must(status == 0);
    h->running--;
    h->busy &= ~(UINT64_C(1) << hash->process);
    if (h->ending) {
        hash_destroy(hash);
        if (h->running == 0) {
            free(h);
        }
        return;
    }
    start_next(h);
    h->done(h->context, hash->cookie, hash->attempt.matches, text_of(hash->attempt.made));
    hash_destroy(hash);
}

static void start_next(struct hasher *h)
{
    while (h->waiting && h->running < h->running_max) {
        struct hash *hash = h->waiting;
        DL_DELETE(h->waiting, hash);
        h->waiting_count--;
        h->running++;
        hash->process = (size_t)__builtin_ctzll(~h->busy);
        h->busy |= UINT64_C(1) << hash->process;
        must(uv_queue_work(h->loop, &hash->work, work, ended) == 0);
    }
}

static struct password_cost choose_cost(size_t at_once)
{
    uint64_t memory = uv_get_constrained_memory();
    if (memory == 0 || memory > uv_get_total_memory()) {
        memory = uv_get_total_memory();
    }
    return at_once * large.memory <= memory / MEMORY_SHARE ? large : small;
}

size_t hasher_at_once(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t at_once = cores > CORES_PER_HASH ? (size_t)cores / CORES_PER_HASH : 1;
    return at_once < AT_ONCE_MAX ? at_once : AT_ONCE_MAX;
}

struct hasher *hasher_create(uv_loop_t *loop, struct hash_processes *processes,
                             void (*done)(void *context, uint64_t cookie, bool matches,
                                          struct text stored),
                             void *context)
{
    struct hasher *h = mem_alloc(sizeof *h);
    h->loop = loop;
    h->processes = processes;
    h->done = done;
    h->context = context;
    h->running_max = hasher_at_once();
    h->cost = choose_cost(h->running_max);
    password_nobody(&h->cost, h->nobody);
    return h;
}

void hasher_destroy(struct hasher *h)
{
    if (!h) {
        return;
    }
    struct hash *hash;
    struct hash *next;
    DL_FOREACH_SAFE(h->waiting, hash, next)
    {
        hash_destroy(hash);
    }
    h->ending = true;
    h->waiting = NULL;
    if (h->running == 0) {
        free(h);
    }
}

void hasher_give_up(struct hasher *h, void (*given_up)(void *context, uint64_t cookie))
{
    h->given_up = true;
    while (h->waiting) {
        struct hash *hash = h->waiting;
        DL_DELETE(h->waiting, hash);
        h->waiting_count--;
        given_up(h->context, hash->cookie);
        hash_destroy(hash);
    }
}

bool hasher_work(struct hasher *h, const struct password_job *job)
{
    if (h->waiting_count == WAITING_MAX || h->given_up) {
        return false;
    }
    struct hash *hash = mem_alloc(sizeof *hash);
    hash->hasher = h;
    hash->work.data = hash;
    hash->cookie = job->cookie;
    hash->nobodys = job->work == PASSWORD_CHECK && job->stored.len == 0;
    hash->attempt.cost = h->cost;
    hash->attempt.makes = job->work == PASSWORD_MAKE;
    hash->attempt.scram = job->scram;
    snprintf(hash->attempt.against, PASSWORD_KEPT_MAX, "%.*s",
             TEXT_ARG(hash->nobodys ? text_of(h->nobody) : job->stored));
    hash->password = text_copy(job->password);
    hash->password_len = job->password.len;
    DL_APPEND(h->waiting, hash);
    h->waiting_count++;
    start_next(h);
    return true;
}
