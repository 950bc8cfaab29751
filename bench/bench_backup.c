// A backup of a large database while people talk: how long it takes, what the talk notices of it,
// and whether everything that was acknowledged when it was asked for is in what it restores.
#include "store/store_sqlite.h"
#include "support/figures.h"
#include "support/load.h"
#include "support/served.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TALKERS = 20, WORDS = 20000, TEXT_BYTES = 200, AHEAD = 20000, PATIENCE_MS = 60000 };

static struct number numbers[] = {
    {"megabytes", 500, "of database before the backup"},
    {"rate", 400, "messages a second, of 20 people together"},
    {"seconds", 20, "how long they talk without a backup"},
    {.name = NULL},
};

struct listener {
    struct load_client client;
    uint64_t shown;
};

static struct {
    char folder[256];
    char data[300];
    char restored[300];
    char backup[300];
    char ctl[4200];
    struct served server;
    struct listener listeners[TALKERS];
    struct latency *latency; // of the phase that is measured
    uint64_t said;
    uint64_t start_us;
    uint64_t filled;
    uint64_t answered;
} bench;

static void note_answer(void *context, const struct store_answer *answer)
{
    (void)context;
    if (answer->error) {
        fault("filling the database: error %d", answer->error);
    }
    bench.answered++;
}

// Words as people use them: few of them often.
static struct text some_text(uint64_t *state)
{
    static char text[TEXT_BYTES];
    size_t len = 0;
    while (len + 8 < sizeof text) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        uint64_t word = (*state >> 40) % WORDS * ((*state >> 20) % WORDS) / WORDS;
        len += (size_t)snprintf(text + len, sizeof text - len, "w%" PRIu64 " ", word);
    }
    return (struct text){text, len};
}

static long long file_bytes(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 ? (long long)file.st_size : 0;
}

static long long database_bytes(void)
{
    char path[400];
    snprintf(path, sizeof path, "%s/hobnob.db", bench.data);
    long long bytes = file_bytes(path);
    snprintf(path, sizeof path, "%s/hobnob.db-wal", bench.data);
    return bytes + file_bytes(path);
}

static void collect(struct store *store, uint64_t waiting_max)
{
    while (bench.filled - bench.answered > waiting_max) {
        store_collect(store, note_answer, NULL);
        usleep(1000);
    }
}

static void wait_for_index(struct store *store)
{
    struct store_sqlite_figures f;
    do {
        usleep(20000);
        store_sqlite_figures(store, &f);
    } while (f.not_indexed);
}

// As a server would have filled it, its index included.
static void fill(long megabytes)
{
    char room[32];
    uint64_t state = 1;
    struct store_sqlite_error error;
    struct store_sqlite_options options = {.folder = bench.data, .eager = true, .unsynced = true};
    struct store *store = store_sqlite_open(&options, &error);
    while (store && figures_status() == 0 && database_bytes() < megabytes * 1000000LL) {
        for (int i = 0; i < 1000; i++) {
            snprintf(room, sizeof room, "#room-%d", i % 100);
            struct message message = {.kind = MESSAGE_SAY,
                                      .time_ms = 1700000000000 + (int64_t)bench.filled,
                                      .place = text_of(room),
                                      .place_shown = text_of(room),
                                      .sender = {1 + (uint64_t)i, false},
                                      .sender_name = TEXT("Somebody"),
                                      .text = some_text(&state)};
            store_submit(store, &message, bench.filled++);
        }
        collect(store, AHEAD);
    }
    if (!store) {
        fault("%s", error.sentence);
        return;
    }
    collect(store, 0);
    wait_for_index(store);
    store_destroy(store);
    figure("database", (double)database_bytes() / 1e6, "MB", "");
    figure("messages in it", (double)bench.filled, "", "");
}

static void take_line(void *context, struct text line)
{
    struct listener *l = context;
    const char *at = memmem(line.at, line.len, ": say ", 6);
    if (at) {
        uint64_t due_us = strtoull(at + 6, NULL, 10);
        l->shown++;
        latency_add(bench.latency, now_us() - bench.start_us - due_us);
    }
}

static void listeners_read(int wait_ms)
{
    struct pollfd waits[TALKERS];
    for (int i = 0; i < TALKERS; i++) {
        waits[i] = (struct pollfd){.fd = bench.listeners[i].client.fd, .events = POLLIN};
    }
    poll(waits, TALKERS, wait_ms);
    for (int i = 0; i < TALKERS; i++) {
        struct listener *l = &bench.listeners[i];
        if (waits[i].revents && !load_client_read(&l->client, take_line, l)) {
            fault("somebody was disconnected");
        }
    }
}

// Says what is due and reads what has come.
static void talk_on(void)
{
    uint64_t rate = (uint64_t)number_of(numbers, "rate");
    uint64_t now = now_us() - bench.start_us;
    for (; bench.said * 1000000 / rate <= now; bench.said++) {
        char line[64];
        int len = snprintf(line, sizeof line, "say %" PRIu64 "\n", bench.said * 1000000 / rate);
        struct text said = {line, (size_t)len};
        if (!load_send(bench.listeners[bench.said % TALKERS].client.fd, said)) {
            fault("somebody cannot send");
        }
    }
    listeners_read(1);
}

// What everybody has been shown, but for one's own.
static uint64_t shown_to_all(void)
{
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < TALKERS; i++) {
        uint64_t shown = bench.listeners[i].shown;
        least = shown < least ? shown : least;
    }
    return least;
}

static void join_all(void)
{
    for (int i = 0; i < TALKERS; i++) {
        char name[32];
        struct load_client *client = &bench.listeners[i].client;
        load_client_init(client, load_connect(bench.server.port, false));
        int len = snprintf(name, sizeof name, "talker%d\n", i);
        if (client->fd < 0 || !load_send(client->fd, (struct text){name, (size_t)len}) ||
            !load_client_await(client, TEXT("Type '/help'"), PATIENCE_MS)) {
            fault("somebody cannot join");
        }
    }
}

static pid_t ctl(const char *data, const char *command, const char *path)
{
    pid_t pid = fork();
    if (pid == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(nowhere, STDOUT_FILENO); // the figures stand alone there
        execl(bench.ctl, bench.ctl, "--data", data, command, path, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static void expect_success(int status, const char *what)
{
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fault("the %s failed", what);
    }
}

static void report(const char *phase, const struct latency *latency)
{
    char what[64];
    static const double percents[] = {50, 99};
    for (size_t i = 0; i < 2; i++) {
        snprintf(what, sizeof what, "latency p%.0f %s", percents[i], phase);
        figure(what, latency_ms(latency, percents[i]), "ms", "");
    }
    snprintf(what, sizeof what, "latency max %s", phase);
    figure(what, latency_max_ms(latency), "ms", "");
}

static void talk_without(void)
{
    static struct latency latency;
    uint64_t end_us = now_us() + (uint64_t)number_of(numbers, "seconds") * 1000000;
    bench.latency = &latency;
    bench.start_us = now_us();
    while (now_us() < end_us && figures_status() == 0) {
        talk_on();
    }
    report("without a backup", &latency);
}

// Returns how many messages everybody had been shown when it was asked for.
static uint64_t talk_while_backing_up(void)
{
    static struct latency latency;
    char wal[400];
    int status = 0;
    long long wal_most = 0;
    uint64_t acknowledged = shown_to_all();
    uint64_t since_us = now_us();
    snprintf(wal, sizeof wal, "%s/hobnob.db-wal", bench.data);
    bench.latency = &latency;
    pid_t pid = ctl(bench.data, "backup", bench.backup);
    while (waitpid(pid, &status, WNOHANG) == 0) {
        talk_on();
        long long bytes = file_bytes(wal);
        wal_most = bytes > wal_most ? bytes : wal_most;
    }
    double took_s = (double)(now_us() - since_us) / 1e6;
    expect_success(status, "backup");
    figure("the backup took", took_s, "s", "");
    figure("megabytes a second", (double)file_bytes(bench.backup) / 1e6 / took_s, "", "");
    figure("the log grew to", (double)wal_most / 1e6, "MB", "");
    report("during the backup", &latency);
    return acknowledged;
}

static long long count_said(const char *folder)
{
    char path[400];
    sqlite3 *database;
    sqlite3_stmt *statement;
    long long count = -1;
    snprintf(path, sizeof path, "%s/hobnob.db", folder);
    sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL);
    if (sqlite3_prepare_v2(database, "SELECT count(*) FROM message WHERE text LIKE 'say %'", -1,
                           &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        count = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return count;
}

static void restore(uint64_t acknowledged)
{
    int status = 0;
    uint64_t since_us = now_us();
    waitpid(ctl(bench.restored, "restore", bench.backup), &status, 0);
    expect_success(status, "restoring");
    figure("restoring took", (double)(now_us() - since_us) / 1e6, "s", "");
    long long kept = count_said(bench.restored);
    figure("messages acknowledged when it was asked for", (double)acknowledged, "", "");
    figure("of that talk in what was restored", (double)kept, "", "at least as many");
    if (kept < (long long)acknowledged) {
        fault("%" PRIu64 " messages were acknowledged, the backup has %lld", acknowledged, kept);
    }
}

static void measure(const char *program)
{
    const char *arguments[] = {"--no-limits-for", "127.0.0.0/8", "--data", bench.data, NULL};
    if (!served_start(&bench.server, program, arguments)) {
        fault("the server does not start");
        return;
    }
    join_all();
    talk_without();
    uint64_t acknowledged = talk_while_backing_up();
    served_kill(&bench.server); // what it had is lost
    restore(acknowledged);
}

int main(int argc, char **argv)
{
    const char *program = served_program(argv[0]);
    numbers_parse(argc, argv, numbers);
    folder_make(bench.folder);
    snprintf(bench.data, sizeof bench.data, "%s/data", bench.folder);
    snprintf(bench.restored, sizeof bench.restored, "%s/restored", bench.folder);
    snprintf(bench.backup, sizeof bench.backup, "%s/backup", bench.folder);
    snprintf(bench.ctl, sizeof bench.ctl, "%.*sctl", (int)strlen(program) - 1, program);
    fill(number_of(numbers, "megabytes"));
    if (figures_status() == 0) {
        measure(program);
    }
    folder_remove(bench.data);
    folder_remove(bench.restored);
    folder_remove(bench.folder);
    return figures_status();
}
