// What idle connections cost: the server's own memory (RssAnon: heap and stacks that are
// present; not what the kernel holds for sockets) before and after many plain connections have
// joined #lobby, and again after they have gone. With tls=1 they speak TLS.
#include "support/figures.h"
#include "support/load.h"
#include "support/served.h"

#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static struct number numbers[] = {
    {"connections", 10000, "plain connections in #lobby"},
    {"tls", 0, "1: in TLS"},
    {"settle_ms", 3000, "how long the server may do nothing before memory is read"},
    {.name = NULL},
};

static struct served server;
static int *fds;

// Throws away what has come for those that joined.
static void drain(long count)
{
    static char bytes[256 * 1024];
    for (long i = 0; i < count; i++) {
        while (read(fds[i], bytes, sizeof bytes) == sizeof bytes) {
        }
    }
}

static SSL_CTX *rules;

// Whether what `result` says has to be waited for, and has come.
static bool tls_waits(SSL *ssl, int fd, int result)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ && poll(&wait, 1, 30000) == 1;
}

// Shakes hands and says the name; of the client's side nothing stays but the socket.
static bool say_in_tls(int fd, const char *name)
{
    SSL *ssl = SSL_new(rules);
    int result;
    SSL_set_fd(ssl, fd);
    while ((result = SSL_connect(ssl)) != 1 && tls_waits(ssl, fd, result)) {
    }
    bool said = result == 1 && SSL_write(ssl, name, (int)strlen(name)) == (int)strlen(name);
    char bytes[16384];
    // The tickets come before the welcome.
    while (said && (result = SSL_read(ssl, bytes, sizeof bytes)) <= 0) {
        said = tls_waits(ssl, fd, result);
    }
    SSL_set_quiet_shutdown(ssl, 1);
    SSL_free(ssl);
    return said;
}

static bool await_welcome(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, 30000) == 1;
}

static bool say(int fd, const char *name)
{
    return rules ? say_in_tls(fd, name) : load_send(fd, text_of(name)) && await_welcome(fd);
}

static bool join(long count)
{
    for (long i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "m%05ld\n", i);
        fds[i] = load_connect(server.port, false);
        if (fds[i] < 0 || !say(fds[i], name)) {
            fault("connection %ld does not get in: %s", i, fds[i] < 0 ? strerror(-fds[i]) : "");
            return false;
        }
        if (i % 100 == 0) {
            drain(i);
        }
    }
    return true;
}

// The server has settled when it has used no CPU for a while.
static void settle(long count)
{
    double cpu_s = -1;
    struct served_figures f = served_figures(server.pid);
    while (f.cpu_s > cpu_s + 0.02) {
        cpu_s = f.cpu_s;
        poll(NULL, 0, (int)number_of(numbers, "settle_ms"));
        drain(count);
        f = served_figures(server.pid);
    }
}

static void measure(long count)
{
    settle(0);
    struct served_figures before = served_figures(server.pid);
    uint64_t since = now_us();
    if (!join(count)) {
        return;
    }
    figure("joining took", (double)(now_us() - since) / 1e6, "s", "");
    settle(count);
    struct served_figures joined = served_figures(server.pid);
    for (long i = 0; i < count; i++) {
        close(fds[i]);
    }
    settle(0);
    struct served_figures gone = served_figures(server.pid);
    double each = (double)(joined.anonymous_kib - before.anonymous_kib) * 1024 / (double)count;
    figure("idle connections in #lobby", (double)count, "", "");
    figure("own memory for each", each, "bytes", rules ? "at most 17408" : "at most 1536");
    figure("own memory before", (double)before.anonymous_kib, "KiB", "");
    figure("own memory with all of them", (double)joined.anonymous_kib, "KiB", "");
    figure("own memory after they have gone", (double)gone.anonymous_kib, "KiB", "");
    figure("descriptors before", before.descriptors, "", "");
    figure("descriptors after they have gone", gone.descriptors, "", "");
}

int main(int argc, char **argv)
{
    numbers_parse(argc, argv, numbers);
    long count = number_of(numbers, "connections");
    rules = number_of(numbers, "tls") ? SSL_CTX_new(TLS_client_method()) : NULL;
    fds = calloc((size_t)count, sizeof *fds);
    if (descriptors_raise() < count + 100) {
        fault("%ld connections need more descriptors than the system allows", count);
        return figures_status();
    }
    char folder[256];
    folder_make(folder);
    const char *arguments[] = {"--no-limits-for", "127.0.0.0/8", "--data", folder, NULL};
    if (served_start(&server, served_program(argv[0]), arguments)) {
        measure(count);
        if (served_stop(&server) != 0) {
            fault("the server did not end well");
        }
    } else {
        fault("the server does not start");
    }
    folder_remove(folder);
    free(fds);
    SSL_CTX_free(rules);
    return figures_status();
}
