// How long a message waits for its commit: MESSAGES a second of BYTES bytes in ROOMS rooms
// for SECONDS (arguments in that order), with indexing and checkpoints going on.
#include "base/must.h"
#include "store/sqlite_clock.h"
#include "support/store_sqlite_kind.h"

#include <semaphore.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

enum { WORDS = 20000, TURN_US = 1000 };

struct bench {
    struct store *store;
    uint64_t count;
    uint64_t answered;
    int64_t *submitted_us;
    uint32_t *latency_us;
};

static uint64_t random_state = 1;

static uint64_t random_below(uint64_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 33) % below;
}

// Words as people use them: few of them often.
static void fill_text(char *text, size_t len)
{
    size_t at = 0;
    while (at < len) {
        uint64_t word = random_below(WORDS) * random_below(WORDS) / WORDS;
        for (int i = 0; i < 5 && at < len; i++, word /= 10) {
            text[at++] = (char)('a' + word % 10 + (uint64_t)i);
        }
        if (at < len) {
            text[at++] = ' ';
        }
    }
}

static void note(void *context, const struct store_answer *answer)
{
    struct bench *b = context;
    must(answer->error == 0);
    b->latency_us[answer->cookie] = (uint32_t)(clock_us() - b->submitted_us[answer->cookie]);
    b->answered++;
}

static sem_t answers_wait;

static void wake(void *context)
{
    (void)context;
    sem_post(&answers_wait);
}

static void submit_one(struct bench *b, uint64_t number, size_t bytes, uint64_t rooms)
{
    static char text[STORE_TEXT_MAX];
    char room[32];
    snprintf(room, sizeof room, "#room-%llu", (unsigned long long)random_below(rooms));
    fill_text(text, bytes);
    struct message message = {.kind = MESSAGE_SAY,
                              .time_ms = 1700000000000 + (int64_t)number,
                              .place = text_of(room),
                              .place_shown = text_of(room),
                              .sender = {random_below(1000), false},
                              .sender_name = TEXT("Somebody"),
                              .sender_mask = TEXT("ann@0123456789abcdef.hobnob"),
                              .text = {text, bytes}};
    b->submitted_us[number] = clock_us();
    store_submit(b->store, &message, number);
}

static void collect_until(struct bench *b, int64_t end_us)
{
    int64_t now_us;
    while ((now_us = clock_us()) < end_us) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        int64_t ns = until.tv_nsec + (end_us - now_us) * 1000;
        until.tv_sec += ns / 1000000000;
        until.tv_nsec = ns % 1000000000;
        sem_timedwait(&answers_wait, &until);
        store_collect(b->store, note, b);
    }
}

static void run(struct bench *b, uint64_t per_second, size_t bytes, uint64_t rooms)
{
    int64_t start_us = clock_us();
    uint64_t number = 0;
    while (number < b->count) {
        int64_t passed_us = clock_us() - start_us;
        uint64_t due = (uint64_t)passed_us * per_second / 1000000;
        for (; number < due && number < b->count; number++) {
            submit_one(b, number, bytes, rooms);
        }
        collect_until(b, start_us + passed_us + TURN_US);
    }
    while (b->answered < b->count) {
        collect_until(b, clock_us() + TURN_US);
    }
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void print_latency(struct bench *b)
{
    qsort(b->latency_us, b->count, sizeof *b->latency_us, by_size);
    printf("commit latency: p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, max %.2f ms\n",
           b->latency_us[b->count / 2] / 1e3, b->latency_us[b->count * 99 / 100] / 1e3,
           b->latency_us[b->count * 999 / 1000] / 1e3, b->latency_us[b->count - 1] / 1e3);
}

static void print_figures(struct bench *b, double seconds)
{
    struct store_sqlite_figures f;
    struct rusage used;
    store_sqlite_figures(b->store, &f);
    getrusage(RUSAGE_SELF, &used);
    printf("commits %llu (%.1f messages each), checkpoints %llu (longest %.2f ms), longest piece "
           "of indexing %.2f ms\n",
           (unsigned long long)f.commits, (double)f.committed / (double)f.commits,
           (unsigned long long)f.checkpoints, (double)f.checkpoint_max_us / 1e3,
           (double)f.slice_max_us / 1e3);
    printf("in %.1f s: writing thread %.2f CPU s, whole process %.2f CPU s, %ld MB resident; "
           "not indexed: %llu messages\n",
           seconds, (double)f.writer_cpu_us / 1e6,
           (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6 +
               (double)used.ru_stime.tv_sec + (double)used.ru_stime.tv_usec / 1e6,
           used.ru_maxrss / 1024, (unsigned long long)f.not_indexed);
}

static void wait_for_index(struct bench *b)
{
    struct store_sqlite_figures f;
    store_sqlite_figures(b->store, &f);
    int64_t start_us = clock_us();
    int64_t before_us = f.writer_cpu_us;
    do {
        collect_until(b, clock_us() + 20 * TURN_US);
        store_sqlite_figures(b->store, &f);
    } while (f.not_indexed && clock_us() - start_us < 120000000);
    printf("the index has caught up after another %.2f s, %.2f CPU s of the writing thread\n",
           (double)(clock_us() - start_us) / 1e6, (double)(f.writer_cpu_us - before_us) / 1e6);
}

static uint64_t argument(int argc, char **argv, int i, uint64_t otherwise)
{
    uint64_t number = otherwise;
    if (argc > i && (!text_number(text_of(argv[i]), 1000000000, &number) || !number)) {
        fprintf(stderr, "usage: bench_store [MESSAGES [BYTES [ROOMS [SECONDS]]]]\n");
        exit(2);
    }
    return number;
}

static struct bench *bench_create(uint64_t count)
{
    struct bench *b = mem_alloc(sizeof *b);
    struct store_sqlite_error error;
    store_sqlite_new_folder();
    struct store_sqlite_options options = {.folder = store_sqlite_folder(), .wake = wake};
    sem_init(&answers_wait, 0, 0);
    b->store = store_sqlite_open(&options, &error);
    b->count = count;
    b->submitted_us = mem_array(count, sizeof *b->submitted_us);
    b->latency_us = mem_array(count, sizeof *b->latency_us);
    must(b->store);
    return b;
}

int main(int argc, char **argv)
{
    uint64_t per_second = argument(argc, argv, 1, 50000);
    uint64_t bytes = argument(argc, argv, 2, 200);
    uint64_t rooms = argument(argc, argv, 3, 100);
    uint64_t seconds = argument(argc, argv, 4, 10);
    must(bytes <= STORE_TEXT_MAX);
    struct bench *b = bench_create(per_second * seconds);
    printf("%llu messages/s of %llu bytes in %llu rooms for %llu s\n",
           (unsigned long long)per_second, (unsigned long long)bytes, (unsigned long long)rooms,
           (unsigned long long)seconds);
    int64_t start_us = clock_us();
    run(b, per_second, bytes, rooms);
    print_latency(b);
    print_figures(b, (double)(clock_us() - start_us) / 1e6);
    wait_for_index(b);
    struct stat file;
    must(stat(store_sqlite_path("hobnob.db-wal"), &file) == 0);
    printf("the write-ahead log has %lld MB\n", (long long)file.st_size / 1000000);
    start_us = clock_us();
    store_destroy(b->store);
    printf("closed in %.2f s\n", (double)(clock_us() - start_us) / 1e6);
    store_sqlite_remove_folder();
    free(b->submitted_us);
    free(b->latency_us);
    free(b);
    return 0;
}
