// One room with thousands of members, plain or IRC clients of mixed capabilities, some of whom
// talk, and some of whom stop reading. Says how long messages took, what the server used, and
// whether every member got every message once and in one order.
#include "support/figures.h"
#include "support/load.h"
#include "support/served.h"
#include "support/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 256 * 1024,
    EVENTS = 1024,
    QUIET_US = 1500000,
    TOGETHER_US = 3000,
    PATIENCE_US = 60000000
};

static struct number numbers[] = {
    {"members", 5000, "connections in #lobby"},
    {"irc", 0, "1: they are IRC clients, not plain ones"},
    {"senders", 50, "how many of them talk"},
    {"rate", 200, "messages a second, of all senders together"},
    {"bytes", 60, "of each message's text, at least 40"},
    {"seconds", 60, "how long they talk"},
    {"stalled", 0, "members that stop reading after a tenth of the time, until three quarters"},
    {"backlog_ms", 60000, "the server's setting of that name"},
    {"io_threads", 0, "the server's; 0: its default"},
    {"ephemeral", 0, "1: the server keeps messages in memory only"},
    {.name = NULL},
};

enum phase { WELCOME, BEFORE, READING };

// What IRC members ask for: those of one kind get the same bytes. A list of names for each of
// thousands who join would be most of the work. Who talks is of one of the first two kinds, for
// it gets no echo there.
static const char *const irc_kinds[] = {
    "no-implicit-names",
    "no-implicit-names server-time message-tags",
    "no-implicit-names echo-message",
    "no-implicit-names server-time message-tags echo-message batch labeled-response account-tag",
    "no-implicit-names extended-join away-notify setname multi-prefix userhost-in-names",
    "no-implicit-names server-time batch draft/multiline draft/chathistory draft/message-redaction",
};

enum { KINDS_MAX = sizeof irc_kinds / sizeof *irc_kinds, KINDS_WITHOUT_ECHO = 2 };

struct member {
    int fd;
    enum phase phase;
    struct stream *stream; // of its kind
    struct reader reader;
};

static struct {
    long members;
    long senders;
    long rate;
    long seconds;
    long stalled;
    int epoll;
    struct served server;
    struct member *all;
    struct member conductor; // says where the stream starts
    long ready;              // members that are past the phase that is waited for
    uint32_t sent;
    bool irc;
    size_t kinds;
    struct stream streams[KINDS_MAX];
} bench;

// Everything up to the conductor's line is forgotten.
static void begin_stream(struct member *m, struct text bytes, uint64_t now)
{
    struct text mark = bench.irc ? TEXT(" PRIVMSG #lobby :begin\r\n") : TEXT(" conductor: begin\n");
    const char *at = memmem(bytes.at, bytes.len, mark.at, mark.len);
    if (!at) {
        return;
    }
    m->phase = READING;
    bench.ready++;
    struct text rest = text_skip(bytes, (size_t)(at - bytes.at) + mark.len);
    stream_take(m->stream, &m->reader, rest, now);
}

static void welcome(struct member *m, struct text bytes)
{
    if (bench.irc && !memmem(bytes.at, bytes.len, " JOIN #lobby", strlen(" JOIN #lobby"))) {
        return; // that is what it waits for
    }
    if (!bench.irc && bytes.at[0] != '=') {
        fault("member %zu is not let in: %.*s", m->reader.number, TEXT_ARG(text_head(bytes, 200)));
    }
    m->phase = BEFORE;
    bench.ready++;
}

static void take(struct member *m, struct text bytes, uint64_t now)
{
    switch (m->phase) {
    case WELCOME:
        welcome(m, bytes);
        break;
    case BEFORE:
        begin_stream(m, bytes, now);
        break;
    case READING:
        stream_take(m->stream, &m->reader, bytes, now);
    }
}

static void member_read(struct member *m)
{
    static char bytes[READ_BYTES];
    ssize_t len = recv(m->fd, bytes, sizeof bytes, 0);
    if (len > 0) {
        take(m, (struct text){bytes, (size_t)len}, now_us());
    } else if (len == 0 || (errno != EAGAIN && errno != EINTR)) {
        fault("member %zu was disconnected", m->reader.number);
        epoll_ctl(bench.epoll, EPOLL_CTL_DEL, m->fd, NULL);
    }
}

// Reads what comes for up to `wait_us`; returns how many members had something.
static int turn(uint64_t wait_us)
{
    static struct epoll_event events[EVENTS];
    struct timespec wait = {.tv_nsec = (long)wait_us * 1000};
    int count = epoll_pwait2(bench.epoll, events, EVENTS, &wait, NULL);
    for (int i = 0; i < count; i++) {
        member_read(events[i].data.ptr);
    }
    return count;
}

// The same while they talk: reading what has come in a few milliseconds at once spares the server,
// which shares the machine, a wake-up of this process for each member. It counts as latency.
static void turn_together(uint64_t wait_us)
{
    usleep((useconds_t)(wait_us < TOGETHER_US ? wait_us : TOGETHER_US));
    while (turn(0) == EVENTS) {
    }
}

static void member_watch(struct member *m, bool wanted)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = m};
    epoll_ctl(bench.epoll, wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, m->fd, &event);
}

static bool member_join(struct member *m, const char *name)
{
    m->fd = load_connect(bench.server.port, m->reader.is_late);
    if (m->fd < 0) {
        fault("no connection: %s", strerror(-m->fd));
        return false;
    }
    member_watch(m, true);
    char opening[512];
    snprintf(opening, sizeof opening, "%s\n", name);
    if (bench.irc) {
        snprintf(opening, sizeof opening,
                 "CAP REQ :%s\r\nNICK %s\r\nUSER m 0 * :m\r\nCAP END\r\nJOIN #lobby\r\n",
                 irc_kinds[m->stream - bench.streams], name);
    }
    return load_send(m->fd, text_of(opening));
}

static bool wait_ready(long wanted)
{
    uint64_t end_us = now_us() + PATIENCE_US;
    while (bench.ready < wanted && now_us() < end_us && figures_status() == 0) {
        turn(100000);
    }
    if (bench.ready < wanted) {
        fault("after a minute only %ld of %ld members are ready", bench.ready, wanted);
    }
    return bench.ready >= wanted;
}

static bool join_all(void)
{
    enum { AT_ONCE = 50 };
    for (long i = 0; i < bench.members; i++) {
        char name[32];
        snprintf(name, sizeof name, "m%05ld", i);
        struct member *m = &bench.all[i];
        reader_init(&m->reader, (size_t)i);
        bool echo = i >= bench.senders || !bench.irc;
        m->stream = &bench.streams[(size_t)i % (echo ? bench.kinds : KINDS_WITHOUT_ECHO)];
        m->reader.is_late = i >= bench.members - bench.stalled;
        m->reader.careful = i < bench.senders || m->reader.is_late;
        if (!member_join(m, name)) {
            return false;
        }
        if (i % AT_ONCE == 0 && !wait_ready(i - AT_ONCE)) {
            return false;
        }
    }
    return wait_ready(bench.members);
}

// The last joins are told before the stream starts.
static void wait_quiet(void)
{
    uint64_t quiet_since = now_us();
    while (now_us() - quiet_since < QUIET_US) {
        if (turn(10000)) {
            quiet_since = now_us();
        }
    }
}

static bool begin(void)
{
    bench.ready = 0;
    int fd = load_connect(bench.server.port, false);
    struct load_client conductor;
    load_client_init(&conductor, fd);
    bool in =
        load_send(fd, TEXT("conductor\n")) && load_client_await(&conductor, TEXT("/help"), 10000);
    wait_quiet();
    bench.ready = 0;
    in = in && load_send(fd, TEXT("begin\n")) && wait_ready(bench.members);
    bench.conductor.fd = fd; // stays
    buf_finish(&conductor.in);
    return in;
}

static void say(uint32_t number)
{
    uint32_t sender = number % (uint32_t)bench.senders;
    uint64_t due_us = (uint64_t)number * 1000000 / (uint64_t)bench.rate;
    char line[4200];
    int len = snprintf(line, sizeof line, "%ssay %u %u %" PRIu64 " ",
                       bench.irc ? "PRIVMSG #lobby :: " : "", sender,
                       number / (uint32_t)bench.senders, due_us);
    long bytes = number_of(numbers, "bytes");
    for (; len < bytes && len < 4095; len++) {
        line[len] = (char)('a' + len % 26);
    }
    line[len++] = '\n';
    if (!load_send(bench.all[sender].fd, (struct text){line, (size_t)len})) {
        fault("member %u cannot send", sender);
    }
}

static void stall(bool stalled)
{
    for (long i = bench.members - bench.stalled; i < bench.members; i++) {
        member_watch(&bench.all[i], !stalled);
    }
}

static void talk(struct served_figures *at_most)
{
    uint32_t total = (uint32_t)(bench.rate * bench.seconds);
    uint32_t stall_at = bench.stalled ? total / 10 : total;
    uint32_t resume_at = bench.stalled ? total / 4 * 3 : total;
    uint64_t look_us = 0;
    uint64_t start_us = now_us();
    for (size_t i = 0; i < bench.kinds; i++) {
        bench.streams[i].start_us = start_us;
    }
    while (bench.sent < total) {
        uint64_t now = now_us() - start_us;
        while (bench.sent < total && bench.sent * 1000000ull / (uint64_t)bench.rate <= now) {
            if (bench.sent == stall_at || bench.sent == resume_at) {
                stall(bench.sent == stall_at);
            }
            say(bench.sent++);
        }
        uint64_t next_us = bench.sent * 1000000ull / (uint64_t)bench.rate;
        turn_together(next_us > now ? next_us - now : 0);
        if (now >= look_us) {
            struct served_figures f = served_figures(bench.server.pid);
            *at_most = f.anonymous_kib > at_most->anonymous_kib ? f : *at_most;
            look_us += 500000;
        }
    }
}

static void check_all(void)
{
    for (size_t i = 0; i < bench.kinds; i++) {
        stream_check(&bench.streams[i], bench.sent, (uint32_t)bench.senders);
        stream_check_order(&bench.streams[0], &bench.streams[i]);
    }
    for (long i = 0; i < bench.members; i++) {
        reader_check(bench.all[i].stream, &bench.all[i].reader);
    }
    if (bench.stalled && bench.streams[0].notices == 0) {
        fault("nobody was told of missed lines: the members did not stall for long enough");
    }
}

// Of the kind that waited longest.
static double worst_ms(bool first, double percent)
{
    double worst = 0;
    for (size_t i = 0; i < bench.kinds; i++) {
        const struct stream *s = &bench.streams[i];
        const struct latency *latency = first ? &s->first : &s->latency;
        double ms = percent < 100 ? latency_ms(latency, percent) : latency_max_ms(latency);
        worst = ms > worst ? ms : worst;
    }
    return worst;
}

static double deliveries(void)
{
    double count = 0;
    for (size_t i = 0; i < bench.kinds; i++) {
        count += (double)bench.streams[i].latency.count;
    }
    return count;
}

static void report(const struct served_figures *before, const struct served_figures *at_most,
                   const struct served_figures *after, double own_cpu_s, double lasted_s)
{
    static const char target[] = "under 150";
    double cpu_s = after->cpu_s - before->cpu_s;
    figure("members", (double)bench.members, "", "");
    figure("messages", bench.sent, "", "");
    figure("deliveries a second", deliveries() / (double)bench.seconds, "", "");
    figure("latency p50 until the first member has it", worst_ms(true, 50), "ms", "");
    figure("latency p99 until the first member has it", worst_ms(true, 99), "ms", "");
    figure("latency p50", worst_ms(false, 50), "ms", "");
    figure("latency p99", worst_ms(false, 99), "ms", target);
    figure("latency max", worst_ms(false, 100), "ms", "");
    figure("server CPU", 100 * cpu_s / lasted_s, "% of a core", "at most 100");
    figure("clients' CPU", 100 * own_cpu_s / lasted_s, "% of a core", "");
    figure("server memory of its own: before", (double)before->anonymous_kib, "KiB", "");
    figure("server memory of its own: at most", (double)at_most->anonymous_kib, "KiB", "");
    figure("server memory of its own: after", (double)after->anonymous_kib, "KiB", "");
    if (bench.stalled) {
        figure("members that stopped reading", (double)bench.stalled, "", "");
        figure("notices of missed lines", bench.streams[0].notices, "", "");
        figure("missed lines in them", (double)bench.streams[0].missed_lines, "", "");
    }
}

static void measure(void)
{
    struct served_figures before = served_figures(bench.server.pid);
    struct served_figures at_most = before;
    double own_cpu_s = served_figures(getpid()).cpu_s;
    talk(&at_most);
    wait_quiet();
    struct served_figures after = served_figures(bench.server.pid);
    double lasted_s = (double)(now_us() - bench.streams[0].start_us - QUIET_US) / 1e6;
    check_all();
    report(&before, &at_most, &after, served_figures(getpid()).cpu_s - own_cpu_s, lasted_s);
    served_print_threads(bench.server.pid);
}

static bool start(const char *program, const char *folder)
{
    char config[300];
    char threads[16];
    snprintf(config, sizeof config, "%s/hobnobd.conf", folder);
    FILE *file = fopen(config, "we");
    fprintf(file, "backlog_ms = %ld\n", number_of(numbers, "backlog_ms"));
    fclose(file);
    snprintf(threads, sizeof threads, "%ld", number_of(numbers, "io_threads"));
    const char *arguments[10] = {"--no-limits-for", "127.0.0.0/8", "--config", config,
                                 "--data",          folder};
    size_t count = 6;
    if (number_of(numbers, "ephemeral")) {
        arguments[count++] = "--ephemeral";
    }
    if (number_of(numbers, "io_threads")) {
        arguments[count++] = "--io-threads";
        arguments[count++] = threads;
    }
    if (!served_start(&bench.server, program, arguments)) {
        fault("the server does not start");
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    numbers_parse(argc, argv, numbers);
    bench.members = number_of(numbers, "members");
    bench.senders = number_of(numbers, "senders");
    bench.rate = number_of(numbers, "rate");
    bench.seconds = number_of(numbers, "seconds");
    bench.stalled = number_of(numbers, "stalled");
    bench.all = calloc((size_t)bench.members, sizeof *bench.all);
    bench.epoll = epoll_create1(EPOLL_CLOEXEC);
    bench.irc = number_of(numbers, "irc");
    bench.kinds = bench.irc ? KINDS_MAX : 1;
    for (size_t i = 0; i < bench.kinds; i++) {
        stream_init(&bench.streams[i]);
    }
    descriptors_raise();
    char folder[256];
    folder_make(folder);
    if (start(served_program(argv[0]), folder)) {
        uint64_t since = now_us();
        if (join_all() && begin()) {
            figure("joining took", (double)(now_us() - since - QUIET_US) / 1e6, "s", "");
            measure();
        }
        if (served_stop(&bench.server) != 0) {
            fault("the server did not end well");
        }
    }
    folder_remove(folder);
    return figures_status();
}
