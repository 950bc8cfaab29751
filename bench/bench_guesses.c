// What wrong passwords cost the others. Some people talk in #lobby; in every other stretch of time
// somebody tries passwords, of a name that is registered and of ones that are not, each over a
// connection of its own. Compares how long messages took with and without that, in one run, so that
// whatever else the machine does touches both alike.
#include "support/figures.h"
#include "support/load.h"
#include "support/served.h"

#include <inttypes.h>
#include <sodium.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS = 256, GUESSES_MAX = 4096, MEMBERS_MAX = 1000, NAMES = 2, SETTLE_US = 200000 };

static struct number numbers[] = {
    {"members", 100, "people in #lobby"},
    {"senders", 10, "how many of them talk"},
    {"rate", 100, "messages a second, of all senders together"},
    {"guesses", 40, "wrong passwords a second"},
    {"stretch", 4, "seconds of guessing at a time"},
    {"rounds", 3, "how often there is guessing, and quiet for as long"},
    {.name = NULL},
};

struct guess {
    struct load_client client; // fd -1: free
    bool ended;
};

// What messages took in each second of one kind of stretch. Other load comes and goes within
// seconds, so what is compared are medians over them.
enum { SECONDS_MAX = 600 };
struct seconds {
    struct latency now;
    uint64_t since_us;
    size_t count;
    double p50_ms[SECONDS_MAX];
    double p99_ms[SECONDS_MAX];
};

static struct {
    struct served server;
    int epoll;
    long members;
    struct load_client people[MEMBERS_MAX];
    struct guess guesses[GUESSES_MAX];
    long pending;         // guesses without an answer
    uint64_t quiet_since; // when the last guess was answered
    bool guessing;
    long begun;
    long refused;              // told to come again, without a hash
    long worked;               // told that it was wrong
    struct seconds seconds[2]; // without guesses, and with
} bench;

static void seconds_close(struct seconds *s)
{
    if (s->now.count && s->count < SECONDS_MAX) {
        s->p50_ms[s->count] = latency_ms(&s->now, 50);
        s->p99_ms[s->count++] = latency_ms(&s->now, 99);
    }
    s->now = (struct latency){0};
}

static void seconds_add(struct seconds *s, uint64_t sent_us, uint64_t now)
{
    if (sent_us - s->since_us >= 1000000) {
        seconds_close(s);
        s->since_us = sent_us;
    }
    latency_add(&s->now, now - sent_us);
}

static int compare(const void *a, const void *b)
{
    const double *one = a;
    const double *other = b;
    return (*one > *other) - (*one < *other);
}

static double median(double *all, size_t count)
{
    qsort(all, count, sizeof *all, compare);
    return count ? all[count / 2] : 0;
}

// Lines like "[12:00:00] p3: at 123456 0": when it was due, and which kind of stretch that was in.
static void person_line(void *context, struct text line)
{
    (void)context;
    const char *at = memmem(line.at, line.len, ": at ", 5);
    uint64_t sent_us;
    int with;
    char copy[64];
    if (!at) {
        return;
    }
    snprintf(copy, sizeof copy, "%.*s", (int)(line.at + line.len - at - 5), at + 5);
    if (sscanf(copy, "%" SCNu64 " %d", &sent_us, &with) == 2 && with >= 0 && with <= 1) {
        seconds_add(&bench.seconds[with], sent_us, now_us());
    }
}

static void guess_line(void *context, struct text line)
{
    struct guess *guess = context;
    if (!memmem(line.at, line.len, " 904 ", 5)) {
        return;
    }
    bool busy = memmem(line.at, line.len, "Try again in a moment", 21);
    bench.refused += busy;
    bench.worked += !busy;
    guess->ended = true;
}

static void guess_finish(struct guess *guess)
{
    load_client_finish(&guess->client);
    bench.pending--;
    if (bench.pending == 0) {
        bench.quiet_since = now_us();
    }
}

static void watch(int fd, void *context)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = context};
    epoll_ctl(bench.epoll, EPOLL_CTL_ADD, fd, &event);
}

static bool is_guess(const void *context)
{
    const char *at = context;
    const char *first = (const char *)bench.guesses;
    return at >= first && at < first + sizeof bench.guesses;
}

static void turn(uint64_t wait_us)
{
    struct epoll_event events[EVENTS];
    struct timespec wait = {.tv_nsec = (long)wait_us * 1000};
    int count = epoll_pwait2(bench.epoll, events, EVENTS, &wait, NULL);
    for (int i = 0; i < count; i++) {
        void *context = events[i].data.ptr;
        if (!is_guess(context)) {
            if (!load_client_read(context, person_line, NULL)) {
                fault("a member was disconnected");
                epoll_ctl(bench.epoll, EPOLL_CTL_DEL, ((struct load_client *)context)->fd, NULL);
            }
            continue;
        }
        struct guess *guess = context;
        bool alive = load_client_read(&guess->client, guess_line, guess);
        if (!alive && !guess->ended) {
            fault("a guess was disconnected before it was answered");
        }
        if (!alive || guess->ended) {
            guess_finish(guess);
        }
    }
}

static void guess_begin(void)
{
    struct guess *guess = bench.guesses;
    while (guess < bench.guesses + GUESSES_MAX && guess->client.fd >= 0) {
        guess++;
    }
    if (guess == bench.guesses + GUESSES_MAX) {
        fault("%d guesses are not answered", GUESSES_MAX);
        return;
    }
    char secret[64];
    char encoded[128];
    char lines[256];
    const char *name = bench.begun % NAMES ? "nobody" : "victim";
    int len = snprintf(secret, sizeof secret, "%c%s%cwrong horse %ld", 0, name, 0, bench.begun);
    sodium_bin2base64(encoded, sizeof encoded, (unsigned char *)secret, (size_t)len,
                      sodium_base64_VARIANT_ORIGINAL);
    snprintf(lines, sizeof lines,
             "CAP LS 302\r\nCAP REQ :sasl\r\nAUTHENTICATE PLAIN\r\nAUTHENTICATE %s\r\n", encoded);
    load_client_init(&guess->client, load_connect(bench.server.port, false));
    guess->ended = false;
    bench.begun++;
    bench.pending++;
    if (guess->client.fd < 0 || !load_send(guess->client.fd, text_of(lines))) {
        fault("a guess does not connect");
        guess_finish(guess);
        return;
    }
    watch(guess->client.fd, guess);
}

// A message belongs to the stretch in which it is said; to neither where one goes over into the
// other, and 2 stands for that.
static void say(long number)
{
    char line[64];
    int with = bench.guessing || bench.pending;
    if (!with && now_us() - bench.quiet_since < SETTLE_US) {
        with = 2;
    }
    snprintf(line, sizeof line, "at %" PRIu64 " %d\n", now_us(), with);
    struct load_client *sender = &bench.people[number % number_of(numbers, "senders")];
    if (!load_send(sender->fd, text_of(line))) {
        fault("a sender was disconnected");
    }
}

// Talks for so long, and until all guesses are answered. Returns how long that was.
static uint64_t stretch(bool guessing, uint64_t lasts_us)
{
    uint64_t gap_us = 1000000 / (uint64_t)number_of(numbers, "rate");
    uint64_t guess_gap_us = 1000000 / (uint64_t)number_of(numbers, "guesses");
    uint64_t start_us = now_us();
    uint64_t next_us = start_us;
    uint64_t guess_us = start_us;
    uint64_t now = start_us;
    long said = 0;
    while ((now < start_us + lasts_us || bench.pending) && figures_status() == 0) {
        bench.guessing = guessing && now < start_us + lasts_us;
        for (; next_us <= now; next_us += gap_us) {
            say(said++);
        }
        for (; bench.guessing && guess_us <= now; guess_us += guess_gap_us) {
            guess_begin();
        }
        uint64_t until_us = bench.guessing && guess_us < next_us ? guess_us : next_us;
        now = now_us();
        turn(until_us > now ? until_us - now : 0);
        now = now_us();
    }
    bench.guessing = false;
    return now - start_us;
}

static bool join_all(void)
{
    for (long i = 0; i < bench.members; i++) {
        char name[32];
        struct load_client *person = &bench.people[i];
        snprintf(name, sizeof name, "p%03ld\n", i);
        load_client_init(person, load_connect(bench.server.port, false));
        if (person->fd < 0 || !load_send(person->fd, text_of(name)) ||
            !load_client_await(person, TEXT("Online Users"), 10000)) {
            fault("member %ld does not get in", i);
            return false;
        }
        watch(person->fd, person);
    }
    return true;
}

static bool register_victim(void)
{
    struct load_client victim;
    load_client_init(&victim, load_connect(bench.server.port, false));
    bool done = victim.fd >= 0 && load_send(victim.fd, TEXT("victim\n/register right horse\n")) &&
                load_client_await(&victim, TEXT("is yours now"), 30000);
    load_client_finish(&victim);
    return done;
}

static void report(double lasted_s, double cpu_s)
{
    struct seconds *without = &bench.seconds[0];
    struct seconds *with = &bench.seconds[1];
    double p50_ms = median(without->p50_ms, without->count);
    double p99_ms = median(without->p99_ms, without->count);
    char target[64];
    figure("guesses that were worked on", (double)bench.worked, "", "");
    figure("guesses that were told to come again", (double)bench.refused, "", "");
    figure("seconds without guesses", (double)without->count, "", "");
    figure("seconds with guesses", (double)with->count, "", "");
    figure("latency p50 without guesses, median of the seconds", p50_ms, "ms", "");
    snprintf(target, sizeof target, "at most %.1f", p50_ms * 1.25 + 1);
    figure("latency p50 with guesses", median(with->p50_ms, with->count), "ms", target);
    figure("latency p99 without guesses", p99_ms, "ms", "");
    snprintf(target, sizeof target, "at most %.1f", p99_ms * 1.25 + 1);
    figure("latency p99 with guesses", median(with->p99_ms, with->count), "ms", target);
    figure("server CPU without that of the hashes", 100 * cpu_s / lasted_s, "% of a core", "");
    if (bench.worked == 0) {
        fault("no guess was worked on");
    }
}

static void measure(void)
{
    uint64_t since_us = now_us();
    double cpu_s = served_figures(bench.server.pid).cpu_s;
    uint64_t lasts_us = 1000000 * (uint64_t)number_of(numbers, "stretch");
    long rounds = number_of(numbers, "rounds");
    for (long i = 0; i < rounds && figures_status() == 0; i++) {
        // Those who wait at its end are answered still, so the quiet stretch is as long as that.
        stretch(false, stretch(true, lasts_us));
    }
    seconds_close(&bench.seconds[0]);
    seconds_close(&bench.seconds[1]);
    report((double)(now_us() - since_us) / 1e6, served_figures(bench.server.pid).cpu_s - cpu_s);
}

int main(int argc, char **argv)
{
    numbers_parse(argc, argv, numbers);
    bench.members = number_of(numbers, "members");
    bench.epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < GUESSES_MAX; i++) {
        bench.guesses[i].client.fd = -1;
    }
    if (bench.members > MEMBERS_MAX || number_of(numbers, "senders") > bench.members) {
        fault("at most %d members, and no more senders than members", MEMBERS_MAX);
        return figures_status();
    }
    descriptors_raise();
    char folder[256];
    folder_make(folder);
    const char *arguments[] = {"--no-limits-for", "127.0.0.0/8", "--data", folder, NULL};
    if (served_start(&bench.server, served_program(argv[0]), arguments)) {
        if (register_victim() && join_all()) {
            measure();
        }
        if (served_stop(&bench.server) != 0) {
            fault("the server did not end well");
        }
    } else {
        fault("the server does not start");
    }
    folder_remove(folder);
    return figures_status();
}
