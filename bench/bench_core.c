// The core and the durable store, without connections: messages from many senders, paced in
// real time, go into the core, are committed, and come out as lines of feeds. Says how long
// that takes from the moment when each message is due.
//
// As in the server the core has a thread that sleeps until input or the store wakes it. A second
// thread stands in for the I/O threads: it hands over what has become due every millisecond.
#include "base/must.h"
#include "chat/core.h"
#include "protocol/plain.h"
#include "store/store_memory.h"
#include "store/store_sqlite.h"
#include "support/figures.h"
#include "support/served.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct number numbers[] = {
    {"rate", 50000, "messages a second"},
    {"bytes", 200, "of each message's text"},
    {"senders", 2000, "sessions that talk in turn"},
    {"rooms", 50, "rooms, with as many senders each"},
    {"seconds", 30, "how long they talk"},
    {"memory", 0, "1: the store in memory instead of SQLite"},
    {.name = NULL},
};

enum { WINDOW_LINES = 64, PATIENCE_US = 30000000, TEXT_MAX = 4000, STEP_US = 1000 };

static char words[1 << 20];

struct sender {
    uint32_t window; // lines that it may still send
};

static struct {
    long rate;
    long bytes;
    long senders;
    long seconds;
    int wake; // eventfd
    struct core *core;
    struct sender *all;
    uint64_t start_us;
    atomic_ulong due;    // messages that the second thread has handed over
    uint64_t sent;       // ... that the core has been given
    uint64_t committed;  // ... that have come out
    uint64_t no_window;  // how often a sender had to wait
    size_t longest_turn; // messages in one
    uint64_t turns;
    struct latency latency;
} bench;

static void wake(void *unused)
{
    (void)unused;
    uint64_t one = 1;
    must(write(bench.wake, &one, sizeof one) == sizeof one);
}

static void ignore_reply(void *unused, struct handle handle, struct text bytes)
{
    (void)unused;
    (void)handle;
    if (memmem(bytes.at, bytes.len, "could not be kept", 17)) {
        fault("%.*s", TEXT_ARG(bytes));
    }
}

// Our messages hold the moment when they were due: "... say <microseconds> ...".
static void take_append(void *unused, uint32_t feed, struct segment *segment)
{
    (void)unused;
    (void)feed;
    uint64_t now = now_us() - bench.start_us;
    for (uint32_t i = 0; i < segment->line_count; i++) {
        struct text line = segment_line_text(segment, i);
        const char *said = memmem(line.at, line.len, ": say ", 6);
        if (said) {
            uint64_t due_us = strtoull(said + 6, NULL, 10);
            latency_add(&bench.latency, now > due_us ? now - due_us : 0);
            bench.committed++;
        }
    }
    segment_unref(segment);
}

static void ignore_subscribe(void *unused, struct handle handle, uint32_t feed,
                             struct member_tag tag)
{
    (void)unused;
    (void)handle;
    (void)feed;
    (void)tag;
}

static void ignore_feed(void *unused, struct handle handle, uint32_t feed)
{
    (void)unused;
    (void)handle;
    (void)feed;
}

static void ignore_user(void *unused, struct handle handle, uint32_t user, bool ignored)
{
    (void)unused;
    (void)handle;
    (void)user;
    (void)ignored;
}

static void ignore_handle(void *unused, struct handle handle)
{
    (void)unused;
    (void)handle;
}

static void take_credit(void *unused, struct handle handle, uint32_t lines)
{
    (void)unused;
    bench.all[handle.index].window += lines;
}

static void note_close(void *unused, struct handle handle, enum close_reason reason)
{
    (void)unused;
    if (reason != CLOSE_SHUTDOWN) {
        fault("session %u was closed: %s", handle.index, close_reason_word(reason));
    }
}

static void ignore_registered(void *unused, struct handle handle, bool registered)
{
    (void)unused, (void)handle, (void)registered;
}

static void make_random(void *unused, void *bytes, size_t count)
{
    (void)unused;
    memset(bytes, 1, count);
}

static void ignore_activity(void *unused, const struct activity *activity)
{
    (void)unused;
    (void)activity;
}

static const struct output output = {
    .reply = ignore_reply,
    .append = take_append,
    .subscribe = ignore_subscribe,
    .unsubscribe = ignore_feed,
    .ignore = ignore_user,
    .named = ignore_handle,
    .registered = ignore_registered,
    .credit = take_credit,
    .watch = ignore_handle,
    .close = note_close,
    .activity = ignore_activity,
    .random = make_random,
};

static void input(uint32_t sender, struct text line)
{
    core_conn_line(bench.core, (struct handle){sender, 1}, line, CORE_LINE_WHOLE);
}

// Words as people have them, so that the index has something to do: some often, most seldom.
static void words_fill(void)
{
    uint32_t random = 1;
    size_t at = 0;
    while (at < sizeof words - 16) {
        random = random * 1664525 + 1013904223;
        uint32_t word = (random >> 20) * (random >> 8 & 0xfff) >> 10;
        at += (size_t)snprintf(words + at, sizeof words - at, " w%x", word);
    }
    memset(words + at, ' ', sizeof words - at);
}

static void say(uint32_t number)
{
    char text[TEXT_MAX];
    uint32_t sender = number % (uint32_t)bench.senders;
    uint64_t due_us = (uint64_t)number * 1000000 / (uint64_t)bench.rate;
    size_t len = (size_t)snprintf(text, sizeof text, "say %" PRIu64, due_us);
    size_t most = (size_t)bench.bytes;
    if (len < most) {
        memcpy(text + len, words + number * 7919u % (sizeof words - TEXT_MAX), most - len);
        len = most;
    }
    bench.all[sender].window--;
    input(sender, (struct text){text, len});
}

// Gives the core what is due; a sender without credit stops all behind it, as its messages
// would be late in any case.
static void say_due(void)
{
    uint64_t due = atomic_load(&bench.due);
    size_t count = 0;
    while (bench.sent < due) {
        if (bench.all[bench.sent % (uint64_t)bench.senders].window == 0) {
            bench.no_window++;
            break;
        }
        say((uint32_t)bench.sent++);
        count++;
    }
    bench.longest_turn = count > bench.longest_turn ? count : bench.longest_turn;
}

static void core_turn(void)
{
    core_time(bench.core, clock_now());
    say_due();
    core_store_ready(bench.core);
    core_turn_end(bench.core);
    bench.turns++;
}

static void sleep_until_woken(int wait_ms)
{
    struct pollfd poll_wake = {.fd = bench.wake, .events = POLLIN};
    uint64_t count;
    if (poll(&poll_wake, 1, wait_ms) == 1) {
        must(read(bench.wake, &count, sizeof count) == sizeof count);
    }
}

static void open_senders(void)
{
    struct peer peer = {.address = "127.0.0.1", .loopback = true, .unlimited = true};
    long rooms = number_of(numbers, "rooms");
    for (uint32_t i = 0; i < (uint32_t)bench.senders; i++) {
        char line[64];
        bench.all[i].window = WINDOW_LINES - 2;
        core_time(bench.core, clock_now());
        core_conn_opened(bench.core, (struct handle){i, 1}, &peer, &plain_protocol);
        int len = snprintf(line, sizeof line, "u%u", i);
        input(i, (struct text){line, (size_t)len});
        len = snprintf(line, sizeof line, "/join #room%u", i % (uint32_t)rooms);
        input(i, (struct text){line, (size_t)len});
        core_turn_end(bench.core);
    }
}

// Those that wait for a room's history get it from the store's answers.
static bool all_are_in(void)
{
    uint64_t end_us = now_us() + PATIENCE_US;
    while (now_us() < end_us) {
        core_turn();
        bool in = true;
        for (long i = 0; i < bench.senders; i++) {
            in = in && bench.all[i].window == WINDOW_LINES;
        }
        if (in) {
            return true;
        }
        sleep_until_woken(5);
    }
    return false;
}

static void *hand_over(void *unused)
{
    pthread_setname_np(pthread_self(), "input");
    uint64_t total = (uint64_t)(bench.rate * bench.seconds);
    for (uint64_t due = 0; due < total;) {
        struct timespec step = {.tv_nsec = STEP_US * 1000};
        nanosleep(&step, NULL);
        due = (now_us() - bench.start_us) * (uint64_t)bench.rate / 1000000;
        due = due < total ? due : total;
        atomic_store(&bench.due, due);
        wake(unused);
    }
    return NULL;
}

static void talk(void)
{
    uint64_t total = (uint64_t)(bench.rate * bench.seconds);
    uint64_t end_us = now_us() + (uint64_t)bench.seconds * 1000000 + PATIENCE_US;
    bench.start_us = now_us();
    pthread_t thread;
    must(pthread_create(&thread, NULL, hand_over, NULL) == 0);
    while (bench.committed < total && now_us() < end_us) {
        sleep_until_woken(100);
        core_turn();
    }
    pthread_join(thread, NULL);
    if (bench.committed < total) {
        fault("of %" PRIu64 " messages %" PRIu64 " came out", total, bench.committed);
    }
}

static void report(double lasted_s, double cpu_s)
{
    figure("messages", (double)bench.committed, "", "");
    figure("messages a second", (double)bench.committed / lasted_s, "", "50000");
    figure("latency p50", latency_ms(&bench.latency, 50), "ms", "");
    figure("latency p99", latency_ms(&bench.latency, 99), "ms", "at most 15");
    figure("latency p99.9", latency_ms(&bench.latency, 99.9), "ms", "");
    figure("latency max", latency_max_ms(&bench.latency), "ms", "");
    figure("CPU of all threads", 100 * cpu_s / lasted_s, "% of a core", "");
    figure("turns a second", (double)bench.turns / lasted_s, "", "");
    figure("most messages in one turn", (double)bench.longest_turn, "", "");
    figure("times that a sender's window was full", (double)bench.no_window, "", "");
    served_print_threads(getpid());
}

static void print_size(const char *folder, const char *name)
{
    char path[300];
    struct stat file;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (stat(path, &file) == 0) {
        figure(name, (double)file.st_size / (1 << 20), "MiB", "");
    }
}

static void shut_down(void)
{
    core_shut_down(bench.core);
    while (!core_is_empty(bench.core)) {
        core_turn();
        sleep_until_woken(5);
    }
}

static void measure(struct store *store)
{
    struct core_config config = {.server_name = "bench", .limits = limits_default};
    bench.core = core_create(&config, store, &output);
    open_senders();
    if (all_are_in()) {
        double cpu_s = served_figures(getpid()).cpu_s;
        bench.turns = 0;
        talk();
        double lasted_s = (double)(now_us() - bench.start_us) / 1e6;
        report(lasted_s, served_figures(getpid()).cpu_s - cpu_s);
    } else {
        fault("the senders do not get in");
    }
    shut_down();
    core_destroy(bench.core);
}

int main(int argc, char **argv)
{
    numbers_parse(argc, argv, numbers);
    bench.rate = number_of(numbers, "rate");
    bench.bytes = number_of(numbers, "bytes");
    bench.senders = number_of(numbers, "senders");
    bench.seconds = number_of(numbers, "seconds");
    bench.bytes = bench.bytes < TEXT_MAX ? bench.bytes : TEXT_MAX;
    words_fill();
    bench.wake = eventfd(0, EFD_CLOEXEC);
    bench.all = calloc((size_t)bench.senders, sizeof *bench.all);
    char folder[256];
    folder_make(folder);
    struct store_sqlite_options options = {.folder = folder, .wake = wake};
    struct store_sqlite_error error;
    struct store *store = number_of(numbers, "memory") ? store_memory_create(256 << 20)
                                                       : store_sqlite_open(&options, &error);
    if (store) {
        measure(store);
        print_size(folder, "hobnob.db");
        print_size(folder, "hobnob.db-wal");
        store_destroy(store);
    } else {
        fault("%s", error.sentence);
    }
    folder_remove(folder);
    free(bench.all);
    return figures_status();
}
