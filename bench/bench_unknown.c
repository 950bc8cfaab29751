// Whether the time or the work of a wrong login tells if the name is registered: tries with a
// registered name and with one that is not, in pairs of random order. For each the time until the
// answer and the processor time of the server and of its processes for passwords. The two kinds are
// compared by ranks (Mann and Whitney), which other load on the machine does not deceive: it
// touches both alike.
#include "support/figures.h"
#include "support/load.h"
#include "support/served.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <sodium.h>

enum { KINDS = 2, TRIES_MAX = 10000, WAIT_MS = 30000 };

static struct number numbers[] = {
    {"tries", 100, "of each kind"},
    {"control", 0, "1: the unknown names are refused by what costs no hash, which must show"},
    {.name = NULL},
};

struct sample {
    double value;
    int kind;
};

static struct served server;
static struct load_client guesser;
static struct sample times_ms[KINDS * TRIES_MAX];
static struct sample cpu_ms[KINDS * TRIES_MAX];
static size_t count;

// Nanoseconds that all threads of a process have run.
static uint64_t process_ns(long pid)
{
    char path[300];
    uint64_t all = 0;
    snprintf(path, sizeof path, "/proc/%ld/task", pid);
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        uint64_t ns = 0;
        snprintf(path, sizeof path, "/proc/%ld/task/%.20s/schedstat", pid, entry->d_name);
        FILE *file = fopen(path, "re");
        if (file) {
            all += fscanf(file, "%" SCNu64, &ns) == 1 ? ns : 0;
            fclose(file);
        }
    }
    if (folder) {
        closedir(folder);
    }
    return all;
}

static uint64_t server_ns(void)
{
    char path[64];
    long child;
    uint64_t all = process_ns(server.pid);
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", server.pid, server.pid);
    FILE *file = fopen(path, "re");
    while (file && fscanf(file, "%ld", &child) == 1) {
        all += process_ns(child);
    }
    if (file) {
        fclose(file);
    }
    return all;
}

static bool guess(int kind)
{
    static unsigned number;
    char secret[128];
    char encoded[200];
    char line[256];
    // Both names have as many letters, and so have all passwords.
    bool cheap = kind && number_of(numbers, "control");
    int len = snprintf(secret, sizeof secret, "%c%s%c%swrong %06u", 0, kind ? "nobody" : "victim",
                       0, cheap ? "hobnob-token:" : "", number++);
    sodium_bin2base64(encoded, sizeof encoded, (unsigned char *)secret, (size_t)len,
                      sodium_base64_VARIANT_ORIGINAL);
    snprintf(line, sizeof line, "AUTHENTICATE %s\r\n", encoded);
    if (!load_send(guesser.fd, TEXT("AUTHENTICATE PLAIN\r\n")) ||
        !load_client_await(&guesser, TEXT("AUTHENTICATE +"), WAIT_MS)) {
        return false;
    }
    uint64_t cpu_ns = server_ns();
    uint64_t since_us = now_us();
    if (!load_send(guesser.fd, text_of(line)) ||
        !load_client_await(&guesser, TEXT(" 904 "), WAIT_MS)) {
        return false;
    }
    times_ms[count] = (struct sample){(double)(now_us() - since_us) / 1e3, kind};
    cpu_ms[count] = (struct sample){(double)(server_ns() - cpu_ns) / 1e6, kind};
    count++;
    return true;
}

static int by_value(const void *a, const void *b)
{
    const struct sample *one = a;
    const struct sample *other = b;
    return (one->value > other->value) - (one->value < other->value);
}

static double quantile(const struct sample *sorted, int kind, double part)
{
    size_t of_kind = 0;
    size_t wanted = (size_t)((double)count / KINDS * part);
    for (size_t i = 0; i < count; i++) {
        if (sorted[i].kind == kind && of_kind++ == wanted) {
            return sorted[i].value;
        }
    }
    return 0;
}

// How many standard deviations the sum of the ranks of one kind is away from what it would be if
// the kinds were alike.
static double rank_z(const struct sample *sorted)
{
    double n = (double)count / KINDS;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += sorted[i].kind ? (double)i + 1 : 0;
    }
    double expected = n * (2 * n + 1) / 2;
    return (sum - expected) / sqrt(n * n * (2 * n + 1) / 12);
}

static void report(const char *what, struct sample *samples)
{
    static const char *const kinds[KINDS] = {"registered", "unknown"};
    char title[80];
    qsort(samples, count, sizeof *samples, by_value);
    for (int kind = 0; kind < KINDS; kind++) {
        snprintf(title, sizeof title, "%s, %s name: median", what, kinds[kind]);
        figure(title, quantile(samples, kind, 0.5), "ms", "");
        snprintf(title, sizeof title, "%s, %s name: quartiles apart", what, kinds[kind]);
        figure(title, quantile(samples, kind, 0.75) - quantile(samples, kind, 0.25), "ms", "");
    }
    double z = rank_z(samples);
    snprintf(title, sizeof title, "%s, difference by ranks", what);
    figure(title, fabs(z), "deviations", "under 3.3");
    if (fabs(z) >= 3.3) {
        fault("%s tells whether a name is registered", what);
    }
}

static bool measure(void)
{
    struct load_client victim;
    load_client_init(&victim, load_connect(server.port, false));
    bool done = victim.fd >= 0 && load_send(victim.fd, TEXT("victim\n/register right horse\n")) &&
                load_client_await(&victim, TEXT("is yours now"), WAIT_MS);
    load_client_finish(&victim);
    load_client_init(&guesser, load_connect(server.port, false));
    done = done && guesser.fd >= 0 &&
           load_send(guesser.fd, TEXT("NICK guesser\r\nUSER g 0 * :g\r\n")) &&
           load_client_await(&guesser, TEXT(" 001 "), WAIT_MS);
    done = done && guess(0) && guess(1); // what is done once is not counted
    count = 0;
    for (long i = 0; done && i < number_of(numbers, "tries"); i++) {
        int first = (int)randombytes_uniform(KINDS);
        done = guess(first) && guess(!first);
    }
    load_client_finish(&guesser);
    return done;
}

int main(int argc, char **argv)
{
    numbers_parse(argc, argv, numbers);
    if (number_of(numbers, "tries") > TRIES_MAX || sodium_init() < 0) {
        fault("at most %d tries", TRIES_MAX);
        return figures_status();
    }
    const char *arguments[] = {"--no-limits-for", "127.0.0.0/8", "--ephemeral", NULL};
    if (!served_start(&server, served_program(argv[0]), arguments)) {
        fault("the server does not start");
        return figures_status();
    }
    if (measure()) {
        figure("tries of each kind", (double)count / KINDS, "", "");
        report("time", times_ms);
        report("processor time", cpu_ms);
    } else {
        fault("a try was not answered");
    }
    if (served_stop(&server) != 0) {
        fault("the server did not end well");
    }
    return figures_status();
}
