// Everybody comes back after a restart: thousands of clients, half of them plain and half IRC, each
// with an account and a resume token of its own. Says how long it took from the start of the
// server's process until the last of them was in its room again.
#include "chat/account_key.h"
#include "chat/login.h"
#include "store/store_sqlite.h"
#include "support/figures.h"
#include "support/load.h"
#include "support/served.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS = 512,
    READ_BYTES = 64 * 1024,
    KEPT_BYTES = 256, // of what came before, so that words are found that come in two pieces
    ROOM_MEMBERS = 50,
    PATIENCE_US = 120 * 1000000,
};

static struct number numbers[] = {
    {"clients", 10000, "that come back, each to an account of its own"},
    {"at_once", 500, "how many of them are on their way in at one time"},
    {.name = NULL},
};

struct client {
    int fd;
    long number;
    uint8_t step;
    uint16_t kept;
    char last[KEPT_BYTES];
    char token[TOKEN_LEN + 1];
};

static struct {
    struct served server;
    struct client *all;
    long count;
    long coming; // connected, and not in yet
    long in;
    int epoll;
} bench;

static bool is_plain(const struct client *c)
{
    return c->number % 2 == 0;
}

static void name_of(long number, char name[32])
{
    snprintf(name, 32, "m%05ld", number);
}

// Makes the token that the client has, and the record of its account.
static void make_account(struct client *c, struct store *store)
{
    unsigned char bits[TOKEN_BITS / 8];
    char hex[DIGEST_HEX + 1];
    char name[32];
    char number[32];
    randombytes_buf(bits, sizeof bits);
    memcpy(c->token, TOKEN_PREFIX, sizeof TOKEN_PREFIX);
    sodium_bin2hex(c->token + sizeof TOKEN_PREFIX - 1, sizeof c->token - sizeof TOKEN_PREFIX + 1,
                   bits, sizeof bits);
    struct digest *digest = digest_create();
    digest_add(digest, c->token, TOKEN_LEN);
    digest_finish(digest, hex);
    struct account_registry registry = {.last_number = (uint64_t)c->number};
    name_of(c->number, name);
    int64_t now_ms = (int64_t)time(NULL) * 1000;
    struct account *account = account_create(&registry, text_of(name), now_ms);
    key_add(&registry, account, KEY_TOKEN, text_of(hex), now_ms);
    struct buf value;
    buf_init(&value, STORE_RECORD_MAX);
    account_write(account, &value);
    snprintf(number, sizeof number, "%ld", c->number + 1);
    struct record record = {TEXT("account"), text_of(number), buf_text(&value)};
    store_set(store, &record, 0);
    buf_finish(&value);
    accounts_finish(&registry);
}

static void count_record(void *context, const struct store_answer *answer)
{
    long *written = context;
    if (answer->error) {
        fault("an account is not kept: %s", strerror(-answer->error));
    }
    (*written)++;
}

static void no_wake(void *context)
{
    (void)context;
}

static bool make_accounts(const char *folder)
{
    struct store_sqlite_error error;
    struct store *store = store_sqlite_open(
        &(struct store_sqlite_options){.folder = folder, .wake = no_wake}, &error);
    if (!store) {
        fault("no store: %s", error.sentence);
        return false;
    }
    for (long i = 0; i < bench.count; i++) {
        bench.all[i].number = i;
        make_account(&bench.all[i], store);
    }
    long written = 0;
    uint64_t end_us = now_us() + PATIENCE_US;
    while (written < bench.count && now_us() < end_us) {
        store_collect(store, count_record, &written);
        poll(NULL, 0, 5);
    }
    store_destroy(store);
    return written == bench.count && figures_status() == 0;
}

static bool say(struct client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool say(struct client *c, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return load_send(c->fd, text_of(line));
}

static void say_sasl(struct client *c, const char *name)
{
    char secret[128];
    char encoded[256];
    int len = snprintf(secret, sizeof secret, "%c%s%c%s", 0, name, 0, c->token);
    sodium_bin2base64(encoded, sizeof encoded, (unsigned char *)secret, (size_t)len,
                      sodium_base64_VARIANT_ORIGINAL);
    say(c, "AUTHENTICATE %s\r\n", encoded);
}

// What a client waits for, step by step, and what it says then. The last is to be in its room.
static const char *awaited(const struct client *c)
{
    static const char *const plain[] = {"Type its password:", "==\nWelcome to "};
    static const char *const irc[] = {" ACK :", "AUTHENTICATE +", " 903 ", " 001 ", " 366 "};
    return is_plain(c) ? plain[c->step] : irc[c->step];
}

static void begin(struct client *c)
{
    char name[32];
    name_of(c->number, name);
    c->step = 0;
    c->kept = 0;
    if (is_plain(c)) {
        say(c, "%s\n", name);
    } else {
        say(c, "CAP LS 302\r\nNICK %s\r\nUSER m 0 * :m\r\nCAP REQ :sasl\r\n", name);
    }
}

// True when it is in.
static bool go_on(struct client *c)
{
    char name[32];
    name_of(c->number, name);
    c->step++;
    if (is_plain(c)) {
        return c->step == 2 || !say(c, "%s\n", c->token);
    }
    switch (c->step) {
    case 1:
        say(c, "AUTHENTICATE PLAIN\r\n");
        break;
    case 2:
        say_sasl(c, name);
        break;
    case 3:
        say(c, "CAP END\r\n");
        break;
    case 4:
        say(c, "JOIN #room%ld\r\n", c->number / 2 / ROOM_MEMBERS);
        break;
    default:
        return true;
    }
    return false;
}

static void client_gone(struct client *c, const char *bytes, size_t len)
{
    fault("client %ld was disconnected at step %d: %.*s", c->number, c->step, (int)len, bytes);
    epoll_ctl(bench.epoll, EPOLL_CTL_DEL, c->fd, NULL);
}

// Those who are in only take what comes.
static void client_read(struct client *c)
{
    static char bytes[KEPT_BYTES + READ_BYTES];
    memcpy(bytes, c->last, c->kept);
    ssize_t got = recv(c->fd, bytes + c->kept, READ_BYTES, 0);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            client_gone(c, bytes, c->kept);
        }
        return;
    }
    if (c->step == UINT8_MAX) {
        return;
    }
    struct text in = {bytes, c->kept + (size_t)got};
    const char *words = awaited(c);
    const char *at;
    while ((at = memmem(in.at, in.len, words, strlen(words)))) {
        in = text_skip(in, (size_t)(at - in.at) + strlen(words));
        if (go_on(c)) {
            c->step = UINT8_MAX;
            c->kept = 0;
            bench.coming--;
            bench.in++;
            return;
        }
        words = awaited(c);
    }
    c->kept = (uint16_t)(in.len < KEPT_BYTES ? in.len : KEPT_BYTES);
    memcpy(c->last, in.at + in.len - c->kept, c->kept);
}

static bool come(struct client *c)
{
    c->fd = load_connect(bench.server.port, false);
    if (c->fd < 0) {
        fault("client %ld does not connect: %s", c->number, strerror(-c->fd));
        return false;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(bench.epoll, EPOLL_CTL_ADD, c->fd, &event);
    bench.coming++;
    begin(c);
    return true;
}

static void turn(void)
{
    static struct epoll_event events[EVENTS];
    int count = epoll_wait(bench.epoll, events, EVENTS, 100);
    for (int i = 0; i < count; i++) {
        client_read(events[i].data.ptr);
    }
}

static bool all_come(void)
{
    long at_once = number_of(numbers, "at_once");
    uint64_t end_us = now_us() + PATIENCE_US;
    long next = 0;
    bench.in = 0;
    bench.coming = 0;
    while (bench.in < bench.count && now_us() < end_us && figures_status() == 0) {
        while (next < bench.count && bench.coming < at_once) {
            if (!come(&bench.all[next++])) {
                return false;
            }
        }
        turn();
    }
    if (bench.in < bench.count) {
        fault("only %ld of %ld are in", bench.in, bench.count);
    }
    return bench.in == bench.count;
}

static void all_go(void)
{
    for (long i = 0; i < bench.count; i++) {
        if (bench.all[i].fd >= 0) {
            close(bench.all[i].fd);
        }
    }
}

// One life of the server; `what`: how long everybody took to be in.
static bool live(const char *program, const char *folder, const char *what, const char *target)
{
    const char *arguments[] = {"--no-limits-for", "127.0.0.0/8", "--data", folder, NULL};
    uint64_t since_us = now_us();
    double own_s = served_figures(getpid()).cpu_s;
    for (long i = 0; i < bench.count; i++) {
        bench.all[i].fd = -1;
    }
    if (!served_start(&bench.server, program, arguments)) {
        fault("the server does not start");
        return false;
    }
    double ready_s = (double)(now_us() - since_us) / 1e6;
    bool in = all_come();
    double all_s = (double)(now_us() - since_us) / 1e6;
    double server_s = served_figures(bench.server.pid).cpu_s;
    figure(what, all_s, "s", target);
    figure("  of that until the server answers", ready_s, "s", "");
    figure("  server CPU", server_s, "s", "");
    figure("  clients' CPU", served_figures(getpid()).cpu_s - own_s, "s", "");
    if (in && target[0]) {
        served_print_threads(bench.server.pid);
    }
    if (served_stop(&bench.server) != 0) {
        fault("the server did not end well");
    }
    all_go();
    return in;
}

int main(int argc, char **argv)
{
    numbers_parse(argc, argv, numbers);
    bench.count = number_of(numbers, "clients");
    bench.all = calloc((size_t)bench.count, sizeof *bench.all);
    bench.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (sodium_init() < 0 || descriptors_raise() < bench.count + 100) {
        fault("%ld clients need more descriptors than the system allows", bench.count);
        return figures_status();
    }
    char folder[256];
    folder_make(folder);
    const char *program = served_program(argv[0]);
    if (make_accounts(folder) && live(program, folder, "everybody in for the first time", "")) {
        figure("clients, half plain and half IRC", (double)bench.count, "", "");
        live(program, folder, "everybody back after a restart", "under 10");
    }
    folder_remove(folder);
    free(bench.all);
    return figures_status();
}
