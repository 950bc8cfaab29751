// What a line of IRC costs: bytes out for bytes in, for every command; and the largest of all.
#include "base/buf.h"
#include "chat/core.h"
#include "chat/core_state.h"
#include "chat/presence.h"
#include "protocol/irc.h"
#include "protocol/irc_caps.h"
#include "protocol/irc_commands.h"
#include "store/store_memory.h"
#include "support/fake_net.h"
#include "support/test.h"

#include <stdarg.h>

enum {
    STORE_BYTES = 256 * 1024,
    PEOPLE = 40,
    BANS = 100,
    LINE_BYTES = 510,
    TURNS = 20,
    PER_BYTE_MAX = 40, // what is more comes as time passes
};

struct rig {
    struct fake_net *net;
    struct store *store;
    struct core *core;
    struct moment now;
    struct fake_conn *people[PEOPLE];
    size_t bytes; // that the first one has been sent
};

static void hear(void *context, void *person, const struct fake_line *line)
{
    struct rig *rig = context;
    if (person == &rig->people[0]) {
        rig->bytes += line->text.len + 1;
    }
}

static void closed(void *context, void *person, enum close_reason reason)
{
    (void)context;
    (void)reason;
    *(struct fake_conn **)person = NULL;
}

static void broken(void *context, const char *what)
{
    (void)context;
    test_fail("fake_net", 0, "%s", what);
}

// The time stands still, so that no credit comes back.
static void turns(struct rig *rig)
{
    for (int i = 0; i < TURNS; i++) {
        core_time(rig->core, rig->now);
        fake_net_pump(rig->net);
        core_store_ready(rig->core);
        core_turn_end(rig->core);
    }
}

static void send(struct rig *rig, unsigned person, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void send(struct rig *rig, unsigned person, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fake_conn_send(rig->people[person], text_of(line), CORE_LINE_WHOLE);
    turns(rig);
}

// Many people in one channel, which has a full list of bans and some history.
static void rig_init(struct rig *rig)
{
    struct core_config config = {.server_name = "Harbour", .limits = limits_default};
    *rig = (struct rig){.now = {.mono_ms = 1000, .wall_ms = 1767277815000}};
    struct fake_receiver receiver = {
        .context = rig, .line = hear, .closed = closed, .broken = broken};
    rig->net = fake_net_create(&receiver);
    rig->store = store_memory_create(STORE_BYTES);
    rig->core = core_create(&config, rig->store, fake_net_output(rig->net));
    fake_net_serve(rig->net, rig->core);
    core_time(rig->core, rig->now);
    struct peer peer = {.address = "127.0.0.1", .port = 50000, .listener_port = 5000};
    for (unsigned i = 0; i < PEOPLE; i++) {
        rig->people[i] = fake_net_connect(rig->net, &peer, &irc_protocol, &rig->people[i]);
        send(rig, i, "NICK person%u", i);
        send(rig, i, "USER person%u 0 * :Person %u", i, i);
        send(rig, i, "JOIN #c");
        send(rig, i, "PRIVMSG #c :hello from %u", i);
    }
    for (unsigned i = 0; i < BANS; i++) {
        send(rig, 0, "MODE #c +b nobody%u!*@*.example", i);
    }
}

static void rig_finish(struct rig *rig)
{
    core_shut_down(rig->core);
    turns(rig);
    check(core_is_empty(rig->core));
    core_destroy(rig->core);
    store_destroy(rig->store);
    fake_net_destroy(rig->net);
}

// A command with one thing again and again, as often as a line has room for it.
static void make_line(const struct irc_row *row, const char *first, const char *again, char *line)
{
    int len = snprintf(line, LINE_BYTES + 1, "%.*s %s", TEXT_ARG(row->name), first);
    size_t more = strlen(again);
    for (size_t at = (size_t)len; more && at + more <= LINE_BYTES; at += more) {
        memcpy(line + at, again, more + 1);
    }
}

static size_t cost(struct rig *rig, const struct irc_row *row, const char *const form[2])
{
    char line[LINE_BYTES + 1];
    make_line(row, form[0], form[1], line);
    rig->bytes = 0;
    send(rig, 0, "%s", line);
    if (rig->bytes > (size_t)LINE_BYTES * PER_BYTE_MAX) {
        printf("# %.60s…: %zu bytes\n", line, rig->bytes);
    }
    return rig->bytes;
}

// The most that one line with this command brings.
static size_t cost_of(const struct irc_row *row)
{
    static const char *const forms[][2] = {
        {"", ""},
        {"*", ",*"},
        {"person1", ",person1"},
        {"#c", ",#c"},
        {"#c ", "b"},
        {"person0 ", "Z"},
        {"x", " x"},
        {"#c person1", ",person1"},
        {"+ a", ",a"},
        {"LATEST #c * 500", ""},
        {"#c :", "\xc3\xbc"},
        {"REQ :", "x "},
    };
    struct rig rig;
    size_t most = 0;
    rig_init(&rig);
    for (size_t i = 0; i < sizeof forms / sizeof *forms && rig.people[0]; i++) {
        size_t bytes = cost(&rig, row, forms[i]);
        most = bytes > most ? bytes : most;
        if (rig.people[0]) {
            send(&rig, 0, "JOIN #c");
        }
    }
    rig_finish(&rig);
    return most;
}

static void a33_a_line_brings_so_many_bytes(void)
{
    size_t most = 0;
    struct text dearest = TEXT("");
    for (const struct irc_row *row = irc_row_next(NULL); row; row = irc_row_next(row)) {
        size_t bytes = cost_of(row);
        dearest = bytes > most ? row->name : dearest;
        most = bytes > most ? bytes : most;
    }
    printf("# the dearest line is one of %.*s: %zu bytes\n", TEXT_ARG(dearest), most);
    check(most <= (size_t)LINE_BYTES * PER_BYTE_MAX);
}

// A turn's output in a room has no more room than that: what does not fit ends the process.
static void count_bytes(void *context, uint32_t feed, struct segment *segment)
{
    (void)feed;
    *(size_t *)context += segment->len;
    segment_unref(segment);
}

static void the_largest_event_fits_in_a_segment(void)
{
    enum { AWAY_MAX = 4096, NAME_MAX = 64, REAL_NAME = 150, LOGIN = 18 };
    static char texts[AWAY_MAX];
    memset(texts, 'x', sizeof texts);
    struct text long_text = {texts, sizeof texts};
    struct text name = text_head(long_text, NAME_MAX);
    struct actor *actors = mem_array(PRESENCE_NAMES_MAX, sizeof *actors);
    for (size_t i = 0; i < PRESENCE_NAMES_MAX; i++) {
        actors[i] = (struct actor){.name = name,
                                   .account = name,
                                   .login = text_head(long_text, LOGIN),
                                   .real_name = text_head(long_text, REAL_NAME),
                                   .away = long_text};
    }
    struct event event = {.kind = EVENT_JOINED,
                          .wall_ms = 1767277815000,
                          .room = name,
                          .actors = actors,
                          .actor_count = PRESENCE_NAMES_MAX};
    size_t bytes = 0;
    struct output output = {.context = &bytes, .append = count_bytes};
    struct core core = {.output = &output};
    struct rendition *list = NULL;
    struct rendition *r =
        rendition_take(&core, &list, &irc_protocol,
                       CAP_SERVER_TIME | CAP_ACCOUNT_TAG | CAP_EXTENDED_JOIN | CAP_AWAY_NOTIFY);
    rendition_add(&core, r, &event, (struct origin){0});
    check(bytes >= (size_t)PRESENCE_NAMES_MAX * 1024);
    rendition_release(&core, &list, r);
    free(actors);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a33_a_line_brings_so_many_bytes);
    TEST(the_largest_event_fits_in_a_segment);
    return test_end();
}
