#include "server/tasks.h"

#include "base/must.h"
#include "server/core_thread.h"
#include "server/credential.h"
#include "server/server.h"
#include "store/store_backup.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { FIGURES_MAX = 32 };

struct asked {
    struct asked *next;
    enum task_kind kind;
    void *asker;
    char path[];
};

struct job {
    uv_work_t work;
    struct tasks *tasks;
    struct asked *asked;
    struct store_backup found;
    struct store_sqlite_error error;
};

struct tasks {
    struct server *server;
    uv_loop_t *loop;
    struct asked *asked; // oldest first
    struct job *job;     // under way; NULL: none
    atomic_bool stop;
    bool ending; // the core is not to be told any more
};

struct figures {
    struct figure at[FIGURES_MAX];
    size_t count;
};

static void number_add(struct figures *f, const char *name, uint64_t number)
{
    must(f->count < FIGURES_MAX);
    f->at[f->count++] = (struct figure){.name = name, .number = (int64_t)number};
}

static void text_add(struct figures *f, const char *name, const char *text)
{
    must(f->count < FIGURES_MAX);
    f->at[f->count++] = (struct figure){.name = name, .text = text_of(text)};
}

struct tasks *tasks_create(struct server *server, uv_loop_t *loop)
{
    struct tasks *t = mem_alloc(sizeof *t);
    t->server = server;
    t->loop = loop;
    return t;
}

void tasks_put(struct tasks *t, const struct task *task)
{
    struct asked *asked = mem_alloc(sizeof *asked + task->path.len + 1);
    asked->kind = task->kind;
    asked->asker = task->asker;
    if (task->path.len) {
        memcpy(asked->path, task->path.at, task->path.len);
    }
    struct asked **last = &t->asked;
    while (*last) {
        last = &(*last)->next;
    }
    *last = asked;
}

static void answer(struct tasks *t, const struct asked *asked, const struct figures *figures,
                   struct text fault)
{
    struct task_answer done = {.fault = fault};
    if (figures) {
        done.figures = figures->at;
        done.figure_count = figures->count;
    }
    core_task_done(t->server->core, asked->asker, &done);
}

// Of the process, in RAM.
static uint64_t memory_bytes(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        if (fscanf(file, "%*u %llu", &pages) != 1) {
            pages = 0;
        }
        fclose(file);
    }
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t file_bytes(const char *folder, const char *name)
{
    char path[4096];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

static void store_add(const struct server *s, struct figures *f)
{
    struct store_sqlite_figures figures;
    struct statvfs disk;
    store_sqlite_figures(s->store, &figures);
    text_add(f, "data", s->started.data);
    number_add(f, "database_bytes", file_bytes(s->started.data, "hobnob.db"));
    number_add(f, "log_bytes", file_bytes(s->started.data, "hobnob.db-wal"));
    if (statvfs(s->started.data, &disk) == 0) {
        number_add(f, "free_bytes", (uint64_t)disk.f_bavail * disk.f_frsize);
    }
    number_add(f, "commits", figures.commits);
    number_add(f, "committed", figures.committed);
    number_add(f, "not_indexed", figures.not_indexed);
    number_add(f, "checkpoints", figures.checkpoints);
    number_add(f, "checkpoint_max_us", (uint64_t)figures.checkpoint_max_us);
}

static void certificate_add(const struct credential *credential, struct figures *f)
{
    text_add(f, "certificate", credential_fingerprint(credential));
    number_add(f, "certificate_expires_s", (uint64_t)credential_expires_s(credential));
}

static void run_status(struct tasks *t, const struct asked *asked)
{
    const struct server *s = t->server;
    struct figures f = {.count = 0};
    number_add(&f, "process", (uint64_t)getpid());
    number_add(&f, "uptime_s", (uint64_t)(clock_now().mono_ms - s->metrics.started_ms) / 1000);
    number_add(&f, "memory_bytes", memory_bytes());
    number_add(&f, "connections", net_connections(s->net));
    number_add(&f, "accepted", s->metrics.accepted);
    number_add(&f, "refused", s->metrics.refused);
    number_add(&f, "lagged", s->metrics.lagged);
    number_add(&f, "not_kept", s->metrics.activities[ACTIVITY_REFUSED]);
    if (s->securing.credential) {
        certificate_add(s->securing.credential, &f);
    }
    if (!s->started.ephemeral) {
        store_add(s, &f);
    }
    answer(t, asked, &f, TEXT(""));
}

static void run_reload(struct tasks *t, const struct asked *asked)
{
    struct buf said;
    buf_init(&said, 1024);
    bool done = server_reload(t->server, &said);
    answer(t, asked, NULL, done ? TEXT("") : buf_text(&said));
    buf_finish(&said);
}

// What takes long.

static void work(uv_work_t *request)
{
    struct job *job = request->data;
    const struct server *s = job->tasks->server;
    struct store_backup_options options = {
        .folder = s->started.data, .running = true, .stop = &job->tasks->stop};
    store_sqlite_hold(s->store, true);
    if (job->asked->kind == TASK_BACKUP) {
        options.path = job->asked->path;
        store_backup_write(&options, &job->found, &job->error);
    } else {
        store_backup_check(&options, &job->found, &job->error);
    }
    store_sqlite_hold(s->store, false);
}

static void worked(uv_work_t *request, int status)
{
    (void)status; // it is never cancelled
    struct job *job = request->data;
    struct tasks *t = job->tasks;
    struct figures f = {.count = 0};
    t->job = NULL;
    number_add(&f, "messages", job->found.messages);
    number_add(&f, "bytes", job->found.bytes);
    number_add(&f, "newest_ms", (uint64_t)job->found.newest_ms);
    if (!t->ending) {
        bool failed = job->error.code != 0;
        answer(t, job->asked, failed ? NULL : &f, text_of(job->error.sentence));
        core_thread_wake(t->server->thread);
    }
    free(job->asked);
    free(job);
}

// Takes `asked` over if it returns true.
static bool begin(struct tasks *t, struct asked *asked)
{
    if (t->server->started.ephemeral) {
        answer(t, asked, NULL,
               TEXT("This server keeps everything in memory (--ephemeral): there is no database."));
        return false;
    }
    if (t->job) {
        answer(t, asked, NULL,
               TEXT("A backup or a check is under way already. Try again when it is done."));
        return false;
    }
    struct job *job = mem_alloc(sizeof *job);
    job->tasks = t;
    job->asked = asked;
    job->work.data = job;
    t->job = job;
    must(uv_queue_work(t->loop, &job->work, work, worked) == 0);
    return true;
}

static bool run(struct tasks *t, struct asked *asked)
{
    switch (asked->kind) {
    case TASK_STATUS:
        run_status(t, asked);
        return false;
    case TASK_RELOAD:
        run_reload(t, asked);
        return false;
    case TASK_BACKUP:
    case TASK_CHECK:
        break;
    }
    return begin(t, asked);
}

bool tasks_run(struct tasks *t)
{
    bool any = t->asked != NULL;
    while (t->asked) {
        struct asked *asked = t->asked;
        t->asked = asked->next;
        if (!run(t, asked)) {
            free(asked);
        }
    }
    return any;
}

void tasks_stop(struct tasks *t)
{
    atomic_store(&t->stop, true);
}

void tasks_destroy(struct tasks *t)
{
    if (!t) {
        return;
    }
    t->ending = true;
    tasks_stop(t);
    while (t->job) {
        uv_run(t->loop, UV_RUN_ONCE);
    }
    while (t->asked) {
        struct asked *next = t->asked->next;
        free(t->asked);
        t->asked = next;
    }
    free(t);
}
