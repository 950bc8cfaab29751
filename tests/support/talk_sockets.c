#include "support/talk_sockets.h"

#include "base/buf.h"
#include "base/must.h"
#include "support/load.h"
#include "support/served.h"
#include "support/talk.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RELAY_PORT = 12345, WAIT_MS = 20000, READ_BYTES = 256 * 1024, PEOPLE_MAX = 100 };

struct link {
    int fd;
    uint16_t port; // its own
    struct buf in; // the beginning of a line
    bool begun;    // has sent something
    bool welcome;  // is in
    bool over;     // sends no more
    bool answered; // the probe's answer has come
};

struct talk_sockets {
    struct talk_world world;
    struct served served;
    const char *program;
    char folder[256];
    uint16_t relay_port;
};

// What brings an answer that a script does not expect, whatever the person is.
static const struct {
    struct text line, answer;
} probes[] = {
    [TALK_PLAIN] = {TEXT_INIT("/help /help"),
                    TEXT_INIT("[SYSTEM] /help [command]: shows this list, or one command.")},
    [TALK_RELAY] = {TEXT_INIT("\x80\x80\x80"),
                    TEXT_INIT("[SYSTEM] That message is not valid UTF-8 and was not sent.")},
    [TALK_IRC] = {TEXT_INIT("PING probe"), TEXT_INIT(":Harbour PONG Harbour :probe\r")},
};

static struct talk_sockets *from(struct talk_world *world)
{
    return (struct talk_sockets *)world;
}

static void hear(struct talk_person *person, struct text line)
{
    struct link *link = person->link;
    if (!link->answered && text_equal(line, probes[person->kind].answer)) {
        link->answered = true;
    } else {
        link->welcome = link->welcome || text_starts(line, TEXT("Welcome to Harbour, "));
        talk_person_hears(person, line);
    }
}

static void hear_lines(struct talk_person *person)
{
    struct link *link = person->link;
    for (;;) {
        struct text all = buf_text(&link->in);
        size_t end = text_find(all, '\n');
        if (end == all.len) {
            break;
        }
        hear(person, text_head(all, end));
        buf_drop(&link->in, end + 1);
    }
}

static void hang_up(struct talk_person *person)
{
    struct link *link = person->link;
    close(link->fd);
    link->fd = -1;
    link->answered = true;
    person->open = false;
}

// Who sends without line ends gets one message per write, without one as well.
static void hear_bytes(struct talk_person *person, struct text bytes)
{
    struct link *link = person->link;
    bool unended = person->pauses && link->begun;
    if (unended && link->in.len == 0 && bytes.len && *bytes.at == '\n') {
        bytes = text_skip(bytes, 1);
    }
    check(buf_add(&link->in, bytes));
    hear_lines(person);
    if (unended && link->in.len) {
        hear(person, buf_text(&link->in));
        buf_reset(&link->in);
    }
}

static void read_from(struct talk_person *person)
{
    static char bytes[READ_BYTES];
    struct link *link = person->link;
    ssize_t count = recv(link->fd, bytes, sizeof bytes, 0);
    if (count > 0) {
        hear_bytes(person, (struct text){bytes, (size_t)count});
    } else {
        hang_up(person);
    }
}

// Reads what comes for anybody, as soon as it comes: to who sends without line ends each write
// is a message. False if nothing came for this person in that time.
static bool read_some(struct talk_world *world, const struct talk_person *person, int wait_ms)
{
    bool for_person = false;
    while (person->open && !for_person) {
        struct pollfd readable[PEOPLE_MAX];
        struct talk_person *whose[PEOPLE_MAX];
        nfds_t count = 0;
        for (struct talk_person *p = world->people; p; p = p->next) {
            if (p->open) {
                check(count < PEOPLE_MAX);
                readable[count] =
                    (struct pollfd){.fd = ((struct link *)p->link)->fd, .events = POLLIN};
                whose[count++] = p;
            }
        }
        if (poll(readable, count, wait_ms) <= 0) {
            return false;
        }
        for (nfds_t i = 0; i < count; i++) {
            if (readable[i].revents) {
                for_person = for_person || whose[i] == person;
                read_from(whose[i]);
            }
        }
    }
    return for_person;
}

static void await(struct talk_world *world, struct talk_person *person)
{
    while (person->open && !person->unread && read_some(world, person, WAIT_MS)) {
    }
}

static void connect_person(struct talk_world *world, struct talk_person *person)
{
    struct talk_sockets *t = from(world);
    if (!person->link) {
        person->link = mem_alloc(sizeof(struct link));
        buf_init(&((struct link *)person->link)->in, 4 * READ_BYTES);
    }
    struct link *link = person->link;
    struct buf in = link->in;
    *link = (struct link){.in = in, .answered = true};
    buf_reset(&link->in);
    link->fd = load_connect(person->kind == TALK_RELAY ? t->relay_port : t->served.port, false);
    check(link->fd >= 0);
    struct sockaddr_in own = {0};
    socklen_t size = sizeof own;
    check(getsockname(link->fd, (struct sockaddr *)&own, &size) == 0);
    link->port = ntohs(own.sin_port);
}

static void send_bytes(struct talk_world *world, struct talk_person *person, struct text bytes,
                       bool pause)
{
    (void)world;
    (void)pause;
    struct link *link = person->link;
    link->begun = true;
    load_send(link->fd, bytes); // that the server has closed shows when reading
}

// Where a message ends by a pause, a probe right behind it would become part of it.
static bool can_probe(const struct talk_person *person)
{
    const struct link *link = person->link;
    return person->open && !link->over && (person->kind != TALK_PLAIN || link->welcome) &&
           (person->kind != TALK_IRC || link->begun) && !(person->pauses && link->begun);
}

// Asks something whose answer comes after all that is due.
static void probe(struct talk_world *world, struct talk_person *person)
{
    struct link *link = person->link;
    if (!can_probe(person)) {
        return;
    }
    link->answered = false;
    send_bytes(world, person, probes[person->kind].line, person->pauses);
    if (!person->pauses) {
        send_bytes(world, person, TEXT("\n"), false);
    }
    while (!link->answered && read_some(world, person, WAIT_MS)) {
    }
    check(link->answered);
}

// Before a name is given every line has an answer.
static void sent(struct talk_world *world, struct talk_person *person)
{
    struct link *link = person->link;
    if (person->kind == TALK_PLAIN && !link->welcome && link->begun) {
        await(world, person);
    }
    probe(world, person);
}

static void settle(struct talk_world *world)
{
    // In the second round everybody has what the first one completed.
    for (int round = 0; round < 2; round++) {
        for (struct talk_person *person = world->people; person; person = person->next) {
            probe(world, person);
            while (read_some(world, person, 0)) {
            }
        }
    }
}

static void stop_sending(struct talk_world *world, struct talk_person *person)
{
    (void)world;
    struct link *link = person->link;
    link->over = true;
    shutdown(link->fd, SHUT_WR);
}

static void vanish(struct talk_world *world, struct talk_person *person)
{
    (void)world;
    struct link *link = person->link;
    struct linger reset = {.l_onoff = 1};
    setsockopt(link->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    hang_up(person);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

// The port that stands for a number of the script.
static uint64_t port_for(struct talk_sockets *t, struct text number)
{
    uint64_t value = 0;
    text_number(number, UINT64_MAX, &value);
    for (const struct talk_person *p = t->world.people; p; p = p->next) {
        if (text_equal(text_of(p->name), number) && p->link) {
            return ((const struct link *)p->link)->port;
        }
    }
    return value == RELAY_PORT ? t->relay_port : 0;
}

static char *put(struct talk_world *world, struct text text)
{
    struct buf out;
    buf_init(&out, READ_BYTES);
    while (text.len) {
        size_t len = 0;
        while (len < text.len && is_digit(text.at[len])) {
            len++;
        }
        uint64_t port = len ? port_for(from(world), text_head(text, len)) : 0;
        if (port) {
            buf_printf(&out, "%u", (unsigned)port);
        } else {
            buf_add(&out, text_head(text, len ? len : 1));
        }
        text = text_skip(text, len ? len : 1);
    }
    char *copy = text_copy(buf_text(&out));
    buf_finish(&out);
    return copy;
}

// How many bytes of a time `t` begins with: as plain people read it, or as IRC's tag has it.
static size_t time_len(struct text t)
{
    static const struct text forms[] = {TEXT_INIT("[00:00:00]"), TEXT_INIT(":[00:00] "),
                                        TEXT_INIT("time=0000-00-00T00:00:00.000Z")};
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        struct text form = forms[f];
        bool same = t.len >= form.len;
        for (size_t i = 0; same && i < form.len; i++) {
            same = form.at[i] == '0' ? is_digit(t.at[i]) : t.at[i] == form.at[i];
        }
        if (same) {
            return form.len;
        }
    }
    return 0;
}

// A time is any time.
static bool same(struct text actual, struct text expected)
{
    while (actual.len && expected.len) {
        size_t len = time_len(actual);
        len = len == time_len(expected) ? len : 0;
        if (!len && *actual.at != *expected.at) {
            return false;
        }
        actual = text_skip(actual, len ? len : 1);
        expected = text_skip(expected, len ? len : 1);
    }
    return actual.len == expected.len;
}

static void stop(struct talk_world *world)
{
    check_number(served_stop(&from(world)->served), 0);
}

static void start(struct talk_world *world)
{
    struct talk_sockets *t = from(world);
    char relay[64];
    snprintf(relay, sizeof relay, "relay://127.0.0.1:%u", t->relay_port);
    const char *arguments[] = {"--listen",        relay,       "--data",
                               t->folder,         "--name",    "Harbour",
                               "--no-limits-for", "127.0.0.1", NULL};
    check(served_start(&t->served, t->program, arguments));
}

static const struct talk_ops ops = {
    .connect = connect_person,
    .send = send_bytes,
    .stop_sending = stop_sending,
    .vanish = vanish,
    .await = await,
    .sent = sent,
    .settle = settle,
    .put = put,
    .same = same,
    .stop = stop,
    .start = start,
};

void talk_sockets_run(const char *path, const char *program)
{
    struct talk_sockets t = {.world = {.ops = &ops}, .program = program};
    folder_make(t.folder);
    t.relay_port = load_free_port();
    start(&t.world);
    talk_run(&t.world, path);
    // A server that stops waits a second for those who do not hang up.
    for (struct talk_person *person = t.world.people; person; person = person->next) {
        struct link *link = person->link;
        if (link->fd >= 0) {
            hang_up(person);
        }
        buf_finish(&link->in);
        free(link);
    }
    stop(&t.world);
    talk_free(&t.world);
    folder_remove(t.folder);
}
