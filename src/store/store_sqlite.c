#include "store/store_sqlite.h"

#include "base/must.h"
#include "store/sqlite_clock.h"
#include "store/sqlite_error.h"
#include "store/sqlite_folder.h"
#include "store/sqlite_queue.h"
#include "store/sqlite_reader.h"
#include "store/store.h"
#include "store/store_answers.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include <utlist.h>

enum {
    READS_WAITING_MAX = 16384,
    QUIET_MS = 250, // without a commit: then what may wait is done
    REST_MS = 200,
    PAGE_BYTES_WAITING_MAX = 4 << 20, // the reader rests until they are collected
};

struct store_sqlite {
    struct store store;
    struct store_sqlite_options options;
    int folder_lock;
    struct sqlite_writer *writer; // its thread's alone
    struct sqlite_reader reader;  // likewise
    pthread_t writer_thread;
    pthread_t reader_thread;

    pthread_mutex_t lock; // for all below; held for moves of memory only
    pthread_cond_t written;
    pthread_cond_t asked;
    struct submission_list submissions;
    struct read_request *reads;
    size_t read_count;
    struct answer_list answers;
    struct store_retention retention;
    bool retention_new; // the writer has not seen it
    struct store_sqlite_figures figures;
    bool log_is_stuck;
    unsigned holds; // store_sqlite_hold()
    bool closing;
};

static struct store_sqlite *from(struct store *s)
{
    return (struct store_sqlite *)s;
}

// Adds answers and calls for the core if it does not know yet that some wait.
static void publish(struct store_sqlite *s, struct answer_list *answers)
{
    pthread_mutex_lock(&s->lock);
    bool known = s->answers.count > 0;
    answer_list_move(&s->answers, answers);
    pthread_mutex_unlock(&s->lock);
    if (!known && s->options.wake) {
        s->options.wake(s->options.wake_context);
    }
}

// With the lock held, by the writer's thread.
static void note_figures(struct store_sqlite *s)
{
    s->figures = sqlite_writer_figures(s->writer);
    s->figures.writer_cpu_us = thread_cpu_us();
    s->figures.trimming |= s->retention_new;
}

static void commit(struct store_sqlite *s, const struct submission_list *batch)
{
    struct answer_list answers = {0};
    int error = sqlite_writer_commit(s->writer, batch->at, batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        const struct message *m = batch->at[i].message;
        int failed = error ? error : batch->at[i].refused;
        if (m) {
            answer_list_written(&answers, batch->at[i].cookie, failed, failed ? 0 : m->id,
                                failed ? 0 : m->seq);
        } else {
            answer_list_recorded(&answers, batch->at[i].cookie, failed);
        }
    }
    // Who is told that something is written finds it among what is not indexed yet.
    pthread_mutex_lock(&s->lock);
    note_figures(s);
    pthread_mutex_unlock(&s->lock);
    publish(s, &answers);
}

static struct timespec moment_after(long ms)
{
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_nsec += ms * 1000000;
    moment.tv_sec += moment.tv_nsec / 1000000000;
    moment.tv_nsec %= 1000000000;
    return moment;
}

static void wait_for_submissions(struct store_sqlite *s, enum upkeep upkeep)
{
    struct timespec until = moment_after(QUIET_MS);
    int code = 0;
    while (upkeep != UPKEEP_MORE && code == 0 && !s->submissions.count && !s->retention_new &&
           !s->closing) {
        code = upkeep == UPKEEP_LATER ? pthread_cond_timedwait(&s->written, &s->lock, &until)
                                      : pthread_cond_wait(&s->written, &s->lock);
    }
}

// Takes everything that waits to be written; where nothing does, waits for it as long as
// `upkeep` allows. False when there is nothing and will be nothing.
static bool take_submissions(struct store_sqlite *s, struct submission_list *batch,
                             enum upkeep upkeep)
{
    bool stuck = sqlite_log_is_stuck(&s->writer->log);
    pthread_mutex_lock(&s->lock);
    note_figures(s);
    stuck = stuck && !s->holds;
    if (s->log_is_stuck != stuck) {
        s->log_is_stuck = stuck;
        pthread_cond_signal(&s->asked);
    }
    wait_for_submissions(s, upkeep);
    struct submission_list taken = s->submissions;
    s->submissions = *batch; // an empty one, with its memory
    *batch = taken;
    if (s->retention_new) {
        trim_want(&s->writer->trim, &s->retention);
        s->retention_new = false;
    }
    bool over = s->closing && !batch->count;
    pthread_mutex_unlock(&s->lock);
    return !over;
}

static void *write_all(void *context)
{
    struct store_sqlite *s = context;
    struct submission_list batch = {0};
    enum upkeep upkeep = UPKEEP_MORE;
    bool quiet = true;
    while (take_submissions(s, &batch, upkeep)) {
        quiet = !batch.count && (quiet || upkeep == UPKEEP_LATER);
        if (batch.count) {
            commit(s, &batch);
            submission_list_finish(&batch);
        }
        upkeep = sqlite_writer_upkeep(s->writer, quiet);
    }
    submission_list_finish(&batch);
    free(batch.at);
    return NULL;
}

// Lets the log be begun anew, which needs a moment without any reader. Not for ever:
// the one in the way may be another program's.
static void rest_reader(struct store_sqlite *s)
{
    struct timespec until = moment_after(REST_MS);
    int code = 0;
    while (s->log_is_stuck && !s->closing && code == 0) {
        code = pthread_cond_timedwait(&s->asked, &s->lock, &until);
    }
}

static void let_go(void *context)
{
    struct store_sqlite *s = context;
    pthread_mutex_lock(&s->lock);
    rest_reader(s);
    pthread_mutex_unlock(&s->lock);
}

static struct read_request *take_read(struct store_sqlite *s)
{
    pthread_mutex_lock(&s->lock);
    rest_reader(s);
    while (!s->closing && (!s->reads || s->answers.page_bytes >= PAGE_BYTES_WAITING_MAX)) {
        pthread_cond_wait(&s->asked, &s->lock);
    }
    struct read_request *request = s->closing ? NULL : s->reads;
    if (request) {
        DL_DELETE(s->reads, request);
        s->read_count--;
    }
    pthread_mutex_unlock(&s->lock);
    return request;
}

static void *read_all(void *context)
{
    struct store_sqlite *s = context;
    struct read_request *request;
    while ((request = take_read(s))) {
        struct answer_list answers = {0};
        struct page *page = page_create(request->query.limit);
        int error = sqlite_reader_page(&s->reader, &request->query, page);
        if (error) {
            page_destroy(page);
            page = NULL;
        }
        answer_list_page(&answers, request->cookie, error, page);
        free(request);
        publish(s, &answers);
    }
    return NULL;
}

static void add_submission(struct store_sqlite *s, struct submission submission)
{
    pthread_mutex_lock(&s->lock);
    submission_list_add(&s->submissions, submission);
    pthread_cond_signal(&s->written);
    pthread_mutex_unlock(&s->lock);
}

static void submit(struct store *store, const struct message *message, uint64_t cookie)
{
    must(message->place.len >= 1 && message->place.len <= STORE_KEY_MAX);
    must(message->text.len <= STORE_TEXT_MAX);
    add_submission(from(store),
                   (struct submission){.message = message_copy(message), .cookie = cookie});
}

static void set(struct store *store, const struct record *record, uint64_t cookie)
{
    must(record->kind.len >= 1 && record->kind.len <= STORE_KEY_MAX);
    must(record->key.len >= 1 && record->key.len <= STORE_RECORD_KEY_MAX);
    must(record->value.len <= STORE_RECORD_MAX);
    add_submission(from(store),
                   (struct submission){.record = record_copy(record), .cookie = cookie});
}

static void query(struct store *store, const struct store_query *query, uint64_t cookie)
{
    struct store_sqlite *s = from(store);
    struct read_request *request = read_request_create(query, cookie);
    pthread_mutex_lock(&s->lock);
    bool taken = s->read_count < READS_WAITING_MAX;
    if (taken) {
        DL_APPEND(s->reads, request);
        s->read_count++;
        pthread_cond_signal(&s->asked);
    }
    pthread_mutex_unlock(&s->lock);
    if (!taken) {
        struct answer_list answers = {0};
        free(request);
        answer_list_page(&answers, cookie, -EAGAIN, NULL);
        publish(s, &answers);
    }
}

static void retain(struct store *store, const struct store_retention *retention)
{
    struct store_sqlite *s = from(store);
    pthread_mutex_lock(&s->lock);
    s->retention = *retention;
    s->retention_new = true;
    s->figures.trimming = true;
    pthread_cond_signal(&s->written);
    pthread_mutex_unlock(&s->lock);
}

static size_t collect(struct store *store, void (*answered)(void *, const struct store_answer *),
                      void *context)
{
    struct store_sqlite *s = from(store);
    pthread_mutex_lock(&s->lock);
    struct answer_list answers = s->answers;
    s->answers = (struct answer_list){0};
    pthread_cond_signal(&s->asked);
    pthread_mutex_unlock(&s->lock);
    return answer_list_hand_out(&answers, answered, context);
}

// Before the first request the reader's thread has not touched its connection.
static void each_room(struct store *store, void (*room)(void *, const struct store_room *),
                      void *context)
{
    sqlite_reader_rooms(&from(store)->reader, room, context);
}

static void each_record(struct store *store, void (*record)(void *, const struct record *),
                        void *context)
{
    sqlite_reader_records(&from(store)->reader, record, context);
}

static uint32_t epoch(struct store *store)
{
    return from(store)->writer->epoch;
}

static void join(struct store_sqlite *s)
{
    pthread_mutex_lock(&s->lock);
    s->closing = true;
    pthread_cond_signal(&s->written);
    pthread_cond_signal(&s->asked);
    pthread_mutex_unlock(&s->lock);
    sqlite_reader_interrupt(&s->reader);
    pthread_join(s->reader_thread, NULL);
    pthread_join(s->writer_thread, NULL);
}

static void close_database(struct store_sqlite *s)
{
    sqlite_reader_close(&s->reader); // the last one to close may change the file
    sqlite_writer_close(s->writer);
    close(s->folder_lock);
}

static void destroy(struct store *store)
{
    struct store_sqlite *s = from(store);
    struct read_request *request;
    struct read_request *next;
    join(s);
    DL_FOREACH_SAFE(s->reads, request, next)
    {
        free(request);
    }
    answer_list_finish(&s->answers);
    free(s->submissions.at);
    pthread_cond_destroy(&s->written);
    pthread_cond_destroy(&s->asked);
    pthread_mutex_destroy(&s->lock);
    close_database(s);
    free(s);
}

static const struct store_ops ops = {
    .submit = submit,
    .set = set,
    .query = query,
    .retain = retain,
    .collect = collect,
    .each_room = each_room,
    .each_record = each_record,
    .epoch = epoch,
    .destroy = destroy,
};

void store_sqlite_figures(struct store *store, struct store_sqlite_figures *figures)
{
    struct store_sqlite *s = from(store);
    pthread_mutex_lock(&s->lock);
    *figures = s->figures;
    pthread_mutex_unlock(&s->lock);
}

void store_sqlite_hold(struct store *store, bool begins)
{
    struct store_sqlite *s = from(store);
    pthread_mutex_lock(&s->lock);
    s->holds += begins ? 1 : -1u;
    s->log_is_stuck = s->log_is_stuck && !s->holds;
    pthread_cond_signal(&s->asked);
    pthread_mutex_unlock(&s->lock);
}

static void pass_over(void *context, const struct store_room *room)
{
    (void)context, (void)room;
}

static void pass_over_record(void *context, const struct record *record)
{
    (void)context, (void)record;
}

static int open_database(struct store_sqlite *s, struct store_sqlite_error *error)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/hobnob.db", s->options.folder);
    must(len < (int)sizeof path); // the lock's path is longer
    int code = file_make_private(path);
    if (code == 0) {
        s->writer = sqlite_writer_open(path, &s->options, error);
        code = error->code;
    }
    if (code < 0) {
        return error_say_unusable(error, code, path, NULL);
    }
    code = sqlite_reader_open(&s->reader, path, s->options.vfs, let_go, s);
    // So that store_each_room() and store_each_record() cannot fail on a damaged table.
    code = code ? code : sqlite_reader_rooms(&s->reader, pass_over, NULL);
    code = code ? code : sqlite_reader_records(&s->reader, pass_over_record, NULL);
    return code ? error_say_unusable(error, code, path, s->reader.database) : 0;
}

// Signals are for the thread that runs the program.
static void start(pthread_t *thread, const char *name, void *(*run)(void *), struct store_sqlite *s)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    must(pthread_create(thread, NULL, run, s) == 0);
    pthread_setname_np(*thread, name);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct store *store_sqlite_open(const struct store_sqlite_options *options,
                                struct store_sqlite_error *error)
{
    struct store_sqlite *s = mem_alloc(sizeof *s);
    *error = (struct store_sqlite_error){0};
    s->store.ops = &ops;
    s->options = *options;
    s->folder_lock = folder_lock(options->folder, error);
    if (s->folder_lock < 0) {
        free(s);
        return NULL;
    }
    if (open_database(s, error) < 0) {
        close_database(s);
        free(s);
        return NULL;
    }
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->written, &monotonic);
    pthread_cond_init(&s->asked, &monotonic);
    pthread_condattr_destroy(&monotonic);
    start(&s->writer_thread, "store-writer", write_all, s);
    start(&s->reader_thread, "store-reader", read_all, s);
    return &s->store;
}
