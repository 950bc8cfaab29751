// One room with thousands of plain members, some of whom talk, and some of whom stop reading.
// Says how long messages took, what the server used, and whether every member got every message
// once and in one order.
//
// Members of one room get the same bytes, so the stream of the fastest is kept and everyone
// else's is compared with it: the cheapest check there is, because these clients share the
// machine with the server. Those who talk (they do not get their own lines) and those who stop
// reading (they miss some) keep the hash of each line instead, and are checked at the end.
#include "support/figures.h"
#include "support/load.h"
#include "support/served.h"

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
    {"members", 5000, "plain connections in #lobby"},
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

struct member {
    int fd;
    enum phase phase;
    uint32_t line;     // the line of the stream that it reads
    size_t at;         // ... and the byte
    struct buf partly; // senders and the stalled: a line that is not whole yet
    uint64_t *seen;    // ... and what they have seen
    size_t seen_count;
};

// A line of the stream.
struct line {
    size_t end;
    uint64_t due_us; // when it was to be sent; 0: not a message of ours
    uint64_t hash;
    uint32_t sender;
};

enum { NOBODY = UINT32_MAX };
// Marks an entry of `seen` as a number of lines that were missed.
static const uint64_t missed = 1ull << 63;

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
    struct buf stream;
    struct line *lines;
    size_t line_count;
    long ready; // members that are past the phase that is waited for
    uint64_t start_us;
    uint32_t sent;
    uint64_t gap_lines;
    uint32_t gaps;
    struct latency latency;
} bench;

static uint64_t hash_of(struct text line)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < line.len; i++) {
        hash = (hash ^ (unsigned char)line.at[i]) * 1099511628211u;
    }
    return hash & ~missed;
}

static size_t index_of(const struct member *m)
{
    return (size_t)(m - bench.all);
}

static bool is_stalled(const struct member *m)
{
    return index_of(m) >= (size_t)(bench.members - bench.stalled);
}

static bool is_careful(const struct member *m)
{
    return index_of(m) < (size_t)bench.senders || is_stalled(m);
}

// "[14:30:30] m00012: say 12 1234 567890 ....": sender, number, microseconds since the start.
static void line_read(struct line *line, struct text text)
{
    uint64_t due_us;
    unsigned number;
    char start[80];
    snprintf(start, sizeof start, "%.*s", (int)(text.len < 79 ? text.len : 79), text.at);
    const char *said = strstr(start, ": say ");
    line->hash = hash_of(text);
    if (said && sscanf(said, ": say %u %u %" SCNu64, &line->sender, &number, &due_us) == 3) {
        line->due_us = bench.start_us + due_us;
    } else {
        line->sender = NOBODY;
        line->due_us = 0;
    }
}

static void stream_add(struct text bytes)
{
    size_t from = bench.stream.len;
    buf_add(&bench.stream, bytes);
    const char *newline;
    while ((newline = memchr(bench.stream.at + from, '\n', bench.stream.len - from))) {
        size_t end = (size_t)(newline - bench.stream.at) + 1;
        size_t begin = bench.line_count ? bench.lines[bench.line_count - 1].end : 0;
        struct line line = {.end = end};
        line_read(&line, (struct text){bench.stream.at + begin, end - begin});
        if ((bench.line_count & (bench.line_count - 1)) == 0) {
            size_t size = bench.line_count ? 2 * bench.line_count : 1;
            bench.lines = realloc(bench.lines, size * sizeof *bench.lines);
        }
        bench.lines[bench.line_count++] = line;
        from = end;
    }
}

static void time_lines(struct member *m, uint64_t now)
{
    while (m->line < bench.line_count && bench.lines[m->line].end <= m->at) {
        uint64_t due_us = bench.lines[m->line++].due_us;
        if (due_us) {
            latency_add(&bench.latency, now > due_us ? now - due_us : 0);
        }
    }
}

static void follow(struct member *m, struct text bytes, uint64_t now)
{
    size_t known = bench.stream.len - m->at;
    size_t both = bytes.len < known ? bytes.len : known;
    if (both && memcmp(bench.stream.at + m->at, bytes.at, both) != 0) {
        fault("member %zu got other bytes than the first one, near byte %zu of the stream: %.60s",
              index_of(m), m->at, bytes.at);
    }
    if (both < bytes.len) {
        stream_add(text_skip(bytes, both));
    }
    m->at += bytes.len;
    time_lines(m, now);
}

static void note(struct member *m, uint64_t seen)
{
    if ((m->seen_count & (m->seen_count - 1)) == 0) {
        m->seen = realloc(m->seen, (m->seen_count ? 2 * m->seen_count : 1) * sizeof *m->seen);
    }
    m->seen[m->seen_count++] = seen;
}

static void careful_line(struct member *m, struct text text, uint64_t now)
{
    static const struct text notice =
        TEXT_INIT("[SYSTEM] You did not read for a while and missed ");
    if (text_starts(text, notice)) {
        uint64_t lines = strtoull(text.at + notice.len, NULL, 10);
        note(m, lines | missed);
        bench.gaps++;
        bench.gap_lines += lines;
        return;
    }
    struct line line;
    line_read(&line, text);
    note(m, line.hash);
    if (line.due_us && !is_stalled(m)) {
        latency_add(&bench.latency, now > line.due_us ? now - line.due_us : 0);
    }
}

static void follow_carefully(struct member *m, struct text bytes, uint64_t now)
{
    buf_add(&m->partly, bytes);
    struct text rest = buf_text(&m->partly);
    size_t end;
    while ((end = text_find(rest, '\n')) < rest.len) {
        careful_line(m, text_head(rest, end + 1), now);
        rest = text_skip(rest, end + 1);
    }
    buf_drop(&m->partly, m->partly.len - rest.len);
}

// Everything up to the conductor's line is forgotten.
static void begin_stream(struct member *m, struct text bytes, uint64_t now)
{
    static const char mark[] = " conductor: begin\n";
    const char *at = memmem(bytes.at, bytes.len, mark, sizeof mark - 1);
    if (!at) {
        return;
    }
    m->phase = READING;
    bench.ready++;
    struct text rest = text_skip(bytes, (size_t)(at - bytes.at) + sizeof mark - 1);
    if (rest.len && is_careful(m)) {
        follow_carefully(m, rest, now);
    } else if (rest.len) {
        follow(m, rest, now);
    }
}

static void take(struct member *m, struct text bytes, uint64_t now)
{
    switch (m->phase) {
    case WELCOME:
        if (bytes.at[0] != '=') {
            fault("member %zu is not let in: %.*s", index_of(m), TEXT_ARG(text_head(bytes, 200)));
        }
        m->phase = BEFORE;
        bench.ready++;
        break;
    case BEFORE:
        begin_stream(m, bytes, now);
        break;
    case READING:
        if (is_careful(m)) {
            follow_carefully(m, bytes, now);
        } else {
            follow(m, bytes, now);
        }
    }
}

static void member_read(struct member *m)
{
    static char bytes[READ_BYTES];
    ssize_t len = recv(m->fd, bytes, sizeof bytes, 0);
    if (len > 0) {
        take(m, (struct text){bytes, (size_t)len}, now_us());
    } else if (len == 0 || (errno != EAGAIN && errno != EINTR)) {
        fault("member %zu was disconnected", index_of(m));
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
    m->fd = load_connect(bench.server.port, is_stalled(m));
    if (m->fd < 0) {
        fault("no connection: %s", strerror(-m->fd));
        return false;
    }
    member_watch(m, true);
    return load_send(m->fd, text_of(name));
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
        snprintf(name, sizeof name, "m%05ld\n", i);
        buf_init(&bench.all[i].partly, 16 << 20);
        if (!member_join(&bench.all[i], name)) {
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
    int len = snprintf(line, sizeof line, "say %u %u %" PRIu64 " ", sender,
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
    bench.start_us = now_us();
    while (bench.sent < total) {
        uint64_t now = now_us() - bench.start_us;
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

static void check_stream(void)
{
    uint32_t *next = calloc((size_t)bench.senders, sizeof *next);
    size_t messages = 0;
    size_t begin = 0;
    for (size_t i = 0; i < bench.line_count; i++) {
        struct line *line = &bench.lines[i];
        unsigned number;
        const char *said = memmem(bench.stream.at + begin, line->end - begin, ": say ", 6);
        begin = line->end;
        if (line->sender == NOBODY || sscanf(said, ": say %*u %u", &number) != 1) {
            continue;
        }
        messages++;
        if (line->sender >= (uint32_t)bench.senders || number != next[line->sender]) {
            fault("message %u of sender %u is in the wrong place", number, line->sender);
        } else {
            next[line->sender]++;
        }
    }
    if (messages != bench.sent) {
        fault("%u messages were sent and %zu shown", bench.sent, messages);
    }
    free(next);
}

static size_t skip_own(const struct member *m, size_t line)
{
    while (line < bench.line_count && bench.lines[line].sender == index_of(m)) {
        line++;
    }
    return line;
}

static void check_careful(const struct member *m)
{
    size_t line = 0;
    for (size_t i = 0; i < m->seen_count; i++) {
        if (m->seen[i] & missed) {
            line += m->seen[i] & ~missed;
            continue;
        }
        line = skip_own(m, line);
        if (line >= bench.line_count || bench.lines[line].hash != m->seen[i]) {
            fault("member %zu got line %zu of the stream wrong", index_of(m), line);
            return;
        }
        line++;
    }
    line = skip_own(m, line);
    if (line != bench.line_count) {
        fault("member %zu got %zu of %zu lines", index_of(m), line, bench.line_count);
    }
}

static void check_all(void)
{
    check_stream();
    for (long i = 0; i < bench.members; i++) {
        const struct member *m = &bench.all[i];
        if (is_careful(m)) {
            check_careful(m);
        } else if (m->at != bench.stream.len) {
            fault("member %ld got %zu of %zu bytes", i, m->at, bench.stream.len);
        }
    }
    if (bench.stalled && bench.gaps == 0) {
        fault("nobody was told of missed lines: the members did not stall for long enough");
    }
}

static void report(const struct served_figures *before, const struct served_figures *at_most,
                   const struct served_figures *after, double own_cpu_s, double lasted_s)
{
    static const char target[] = "under 150";
    double cpu_s = after->cpu_s - before->cpu_s;
    figure("members", (double)bench.members, "", "");
    figure("messages", bench.sent, "", "");
    figure("deliveries a second", (double)bench.latency.count / (double)bench.seconds, "", "");
    figure("latency p50", latency_ms(&bench.latency, 50), "ms", "");
    figure("latency p99", latency_ms(&bench.latency, 99), "ms", target);
    figure("latency max", latency_max_ms(&bench.latency), "ms", "");
    figure("server CPU", 100 * cpu_s / lasted_s, "% of a core", "at most 100");
    figure("clients' CPU", 100 * own_cpu_s / lasted_s, "% of a core", "");
    figure("server memory of its own: before", (double)before->anonymous_kib, "KiB", "");
    figure("server memory of its own: at most", (double)at_most->anonymous_kib, "KiB", "");
    figure("server memory of its own: after", (double)after->anonymous_kib, "KiB", "");
    if (bench.stalled) {
        figure("members that stopped reading", (double)bench.stalled, "", "");
        figure("notices of missed lines", bench.gaps, "", "");
        figure("missed lines in them", (double)bench.gap_lines, "", "");
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
    double lasted_s = (double)(now_us() - bench.start_us - QUIET_US) / 1e6;
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
    buf_init(&bench.stream, 1 << 30);
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
