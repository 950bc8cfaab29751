// Whether shaking hands disturbs those who are inside: the time that a message takes between two
// plain clients, while nobody comes, and while many say TLS's hello, have the server do its costly
// part, and go away. The server has one I/O thread, so that all of them meet there.
#include "support/figures.h"
#include "support/load.h"
#include "support/served.h"
#include "support/tls_client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SHAKERS_MAX = 1000, EVERY_US = 5000, ANSWER_MS = 10000 };

static struct number numbers[] = {
    {"seconds", 10, "how long each part takes"},
    {"shakers", 200, "connections that say hello at once, at most 1000"},
    {.name = NULL},
};

static struct {
    struct served server;
    struct load_client ann;
    struct load_client bob;
    struct text hello;
    unsigned said;
    bool is_heard;
} bench;

// Those who shake hands: a process of their own, that counts into memory that both see.
static struct {
    struct pollfd sockets[SHAKERS_MAX];
    size_t count;
    volatile uint64_t *shaken;
} storm;

static bool shaker_come(size_t i)
{
    static const struct linger reset = {.l_onoff = 1}; // or ports would run out
    int fd = load_connect(bench.server.port, false);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    storm.sockets[i] = (struct pollfd){.fd = fd, .events = POLLIN};
    return fd >= 0 && load_send(fd, bench.hello);
}

// What the server says first is signed: that is the costly part.
static bool shaker_turn(size_t i)
{
    char bytes[4096];
    ssize_t got = recv(storm.sockets[i].fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) {
        return true;
    }
    close(storm.sockets[i].fd);
    if (got <= 0 || bytes[0] != 0x16) {
        return false;
    }
    ++*storm.shaken;
    return shaker_come(i);
}

// Until the process is killed, or something is wrong.
static void storm_run(void)
{
    bool goes_on = true;
    while (goes_on && storm.count < (size_t)number_of(numbers, "shakers") &&
           storm.count < SHAKERS_MAX) {
        goes_on = shaker_come(storm.count++);
    }
    while (goes_on) {
        poll(storm.sockets, storm.count, -1);
        for (size_t i = 0; i < storm.count && goes_on; i++) {
            goes_on = !storm.sockets[i].revents || shaker_turn(i);
        }
    }
    _exit(1);
}

static pid_t storm_start(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        storm_run();
    }
    return pid;
}

// False if it had ended before.
static bool storm_end(pid_t pid)
{
    int status = 0;
    kill(pid, SIGKILL);
    return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

static bool say_and_hear(struct latency *latency)
{
    char line[32], heard[32];
    int len = snprintf(line, sizeof line, "word %u\n", ++bench.said);
    snprintf(heard, sizeof heard, "Ann: word %u", bench.said);
    uint64_t start_us = now_us();
    if (!load_send(bench.ann.fd, (struct text){line, (size_t)len}) ||
        !load_client_await(&bench.bob, text_of(heard), ANSWER_MS)) {
        fault("a message does not come in time");
        return false;
    }
    latency_add(latency, now_us() - start_us);
    return true;
}

static bool talk(struct latency *latency)
{
    uint64_t end_us = now_us() + (uint64_t)number_of(numbers, "seconds") * 1000000;
    while (now_us() < end_us) {
        if (!say_and_hear(latency)) {
            return false;
        }
        usleep(EVERY_US);
    }
    return true;
}

static bool client_join(struct load_client *client, const char *name)
{
    load_client_init(client, load_connect(bench.server.port, false));
    return client->fd >= 0 && load_send(client->fd, text_of(name)) &&
           load_client_await(client, TEXT("Online Users"), ANSWER_MS);
}

static void report(const struct latency *alone, const struct latency *crowded, double cpu_s,
                   double lasted_s)
{
    figure("hands shaken a second", (double)*storm.shaken / lasted_s, "", "");
    figure("server CPU for that", 100 * cpu_s / lasted_s, "% of a core", "");
    figure("latency p50 while nobody comes", latency_ms(alone, 50), "ms", "");
    figure("latency p99 while nobody comes", latency_ms(alone, 99), "ms", "");
    figure("latency p50 while all come", latency_ms(crowded, 50), "ms", "");
    figure("latency p99 while all come", latency_ms(crowded, 99), "ms", "under 100");
    figure("latency max while all come", latency_max_ms(crowded), "ms", "");
}

static void measure(void)
{
    static struct latency alone, crowded;
    if (!client_join(&bench.ann, "Ann\n") || !client_join(&bench.bob, "Bob\n")) {
        fault("nobody gets in");
        return;
    }
    if (!talk(&alone)) {
        return;
    }
    struct served_figures before = served_figures(bench.server.pid);
    uint64_t start_us = now_us();
    pid_t pid = storm_start();
    bool talked = talk(&crowded);
    double lasted_s = (double)(now_us() - start_us) / 1e6;
    double cpu_s = served_figures(bench.server.pid).cpu_s - before.cpu_s;
    if (!storm_end(pid)) {
        fault("the server does not shake hands");
    } else if (talked) {
        report(&alone, &crowded, cpu_s, lasted_s);
    }
}

int main(int argc, char **argv)
{
    numbers_parse(argc, argv, numbers);
    descriptors_raise();
    storm.shaken =
        mmap(NULL, sizeof *storm.shaken, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct tls_client *client = tls_client_in_memory(NULL);
    bench.hello = tls_client_outgoing(client);
    const char *arguments[] = {"--no-limits-for", "127.0.0.0/8", "--ephemeral",
                               "--io-threads",    "1",           NULL};
    if (served_start(&bench.server, served_program(argv[0]), arguments)) {
        measure();
        served_stop(&bench.server);
    } else {
        fault("the server does not start");
    }
    tls_client_destroy(client);
    return figures_status();
}
