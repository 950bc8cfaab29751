// What the core owes to whoever drives it, beyond what scripts of tests/talk show.
#include "base/buf.h"
#include "chat/core.h"
#include "protocol/irc.h"
#include "protocol/plain.h"
#include "store/store_memory.h"
#include "support/fake_net.h"
#include "support/test.h"

#include <dlfcn.h>
#include <malloc.h>

enum { STORE_BYTES = 32 * 1024, PEOPLE = 50, LINES_MAX = 1000 };

struct rig {
    struct fake_net *net;
    struct store *store;
    struct core *core;
    struct moment now;
    size_t lines;
    char last[256];
};

static void hear(void *context, void *person, const struct fake_line *line)
{
    (void)person;
    struct rig *rig = context;
    rig->lines++;
    snprintf(rig->last, sizeof rig->last, "%.*s", TEXT_ARG(line->text));
}

static void closed(void *context, void *person, enum close_reason reason)
{
    (void)context;
    (void)reason;
    if (person) {
        *(struct fake_conn **)person = NULL;
    }
}

static void broken(void *context, const char *what)
{
    (void)context;
    test_fail("fake_net", 0, "%s", what);
}

static void rig_init(struct rig *rig)
{
    static const struct core_config config = {.server_name = "Harbour"};
    struct core_config with_limits = config;
    with_limits.limits = limits_default;
    *rig = (struct rig){.now = {.mono_ms = 1000, .wall_ms = 1767277815000}};
    struct fake_receiver receiver = {
        .context = rig, .line = hear, .closed = closed, .broken = broken};
    rig->net = fake_net_create(&receiver);
    rig->store = store_memory_create(STORE_BYTES);
    rig->core = core_create(&with_limits, rig->store, fake_net_output(rig->net));
    fake_net_serve(rig->net, rig->core);
}

static void turns(struct rig *rig)
{
    for (int i = 0; i < 5; i++) {
        rig->now.mono_ms += 300;
        rig->now.wall_ms += 300;
        core_time(rig->core, rig->now);
        fake_net_pump(rig->net);
        core_store_ready(rig->core);
        core_turn_end(rig->core);
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

static struct fake_conn *connect_person(struct rig *rig, struct fake_conn **person)
{
    struct peer peer = {.address = "127.0.0.1", .port = 50000, .listener_port = 5000};
    return fake_net_connect(rig->net, &peer, &plain_protocol, person);
}

// From this machine, whose passwords need no TLS.
static struct fake_conn *connect_person_here(struct rig *rig)
{
    struct peer peer = {.address = "127.0.0.1", .port = 50001, .listener_port = 5000};
    peer.loopback = true;
    return fake_net_connect(rig->net, &peer, &plain_protocol, NULL);
}

static void say(struct rig *rig, struct fake_conn *conn, const char *line)
{
    fake_conn_send(conn, text_of(line), CORE_LINE_WHOLE);
    turns(rig);
}

// fake_net fails the test when the list of a connection passes what one may ignore.
static void ignored_people_who_come_and_go_do_not_pile_up(void)
{
    struct rig rig;
    rig_init(&rig);
    struct fake_conn *alice = connect_person(&rig, NULL);
    say(&rig, alice, "Alice");
    for (int i = 0; i < 2 * FAKE_IGNORED_MAX; i++) {
        struct fake_conn *bob = connect_person(&rig, NULL);
        say(&rig, bob, "Bob");
        if (i == 0) {
            say(&rig, alice, "/ignore Bob");
        }
        rig.lines = 0;
        say(&rig, bob, "hello");
        check_number(rig.lines, 0);
        say(&rig, bob, "/quit");
    }
    rig_finish(&rig);
}

static void who_logs_in_may_send_more_than_a_guest(void)
{
    struct rig rig;
    rig_init(&rig);
    struct fake_conn *alice = connect_person_here(&rig);
    say(&rig, alice, "Alice");
    check(!fake_conn_is_registered(alice));
    say(&rig, alice, "/register correct horse");
    check(fake_conn_is_registered(alice));
    say(&rig, alice, "/logout");
    check(!fake_conn_is_registered(alice));
    say(&rig, alice, "/login wrong horses");
    check(!fake_conn_is_registered(alice));
    say(&rig, alice, "/login correct horse");
    check(fake_conn_is_registered(alice));
    rig_finish(&rig);
}

static void a_dead_handle_names_nobody(void)
{
    struct rig rig;
    rig_init(&rig);
    struct fake_conn *alice = connect_person(&rig, NULL);
    struct handle dead = fake_conn_handle(alice);
    say(&rig, alice, "Alice");
    say(&rig, alice, "/quit");
    struct fake_conn *bob = connect_person(&rig, NULL);
    check_number(fake_conn_handle(bob).index, dead.index);
    say(&rig, bob, "Bob");
    rig.lines = 0;
    core_conn_line(rig.core, dead, TEXT("/list"), CORE_LINE_WHOLE);
    core_conn_drained(rig.core, dead);
    core_conn_lagged(rig.core, dead, 1, 0);
    core_conn_ended(rig.core, dead, CLOSE_LOST);
    core_conn_line(rig.core, (struct handle){1000000, 1}, TEXT("/list"), CORE_LINE_WHOLE);
    turns(&rig);
    check_number(rig.lines, 0);
    check_number(core_users_online(rig.core), 1);
    rig_finish(&rig);
}

static void describes_a_connection_in_one_line(void)
{
    struct rig rig;
    rig_init(&rig);
    struct fake_conn *alice = connect_person(&rig, NULL);
    struct buf out;
    buf_init(&out, 1024);
    check(core_conn_describe(rig.core, fake_conn_handle(alice), &out));
    check_text(buf_text(&out), "conn=plain#1 peer=127.0.0.1:50000 user=- rooms=");
    say(&rig, alice, "Alice");
    say(&rig, alice, "/join #dev");
    buf_reset(&out);
    check(core_conn_describe(rig.core, fake_conn_handle(alice), &out));
    check_text(buf_text(&out), "conn=plain#1 peer=127.0.0.1:50000 user=Alice rooms=#dev,#lobby");
    check(!core_conn_describe(rig.core, (struct handle){7, 7}, &out));
    buf_finish(&out);
    rig_finish(&rig);
}

static void a_session_keeps_the_certificate_of_its_peer(void)
{
    struct rig rig;
    rig_init(&rig);
    char fingerprint[] = "c0ffee";
    struct peer peer = {
        .address = "::1", .port = 50000, .secure = true, .certificate = fingerprint};
    struct fake_conn *alice = fake_net_connect(rig.net, &peer, &plain_protocol, NULL);
    memset(fingerprint, 'x', sizeof fingerprint - 1);
    struct buf out;
    buf_init(&out, 1024);
    check(core_conn_describe(rig.core, fake_conn_handle(alice), &out));
    check_text(buf_text(&out),
               "conn=plain#1 peer=::1:50000 tls=yes certificate=c0ffee user=- rooms=");
    buf_finish(&out);
    rig_finish(&rig);
}

static void a_stop_does_not_wait_for_who_reads_no_history(void)
{
    struct rig rig;
    rig_init(&rig);
    struct fake_conn *alice = connect_person(&rig, NULL);
    say(&rig, alice, "Alice");
    for (int i = 0; i < 60; i++) {
        say(&rig, alice, "line");
    }
    fake_conn_stop_reading(alice, 100000);
    fake_conn_send(alice, TEXT("/history 60"), CORE_LINE_WHOLE);
    core_time(rig.core, rig.now);
    fake_net_pump(rig.net);
    core_turn_end(rig.core);
    // The answer of the store comes after the word to stop.
    core_shut_down(rig.core);
    turns(&rig);
    check(core_is_empty(rig.core));
    rig_finish(&rig);
}

// mallinfo2() knows nothing of the sanitizer's heap.
static size_t bytes_in_use(void)
{
    size_t (*sanitizer)(void);
    *(void **)&sanitizer = dlsym(RTLD_DEFAULT, "__sanitizer_get_current_allocated_bytes");
    return sanitizer ? sanitizer() : mallinfo2().uordblks;
}

// A37, for the core: people come, talk and go.
struct crowd {
    const struct protocol *protocol;
    const char *come; // before the name
    const char *const *lines;
    const char *leave;
};

static void comes(struct rig *rig, const struct crowd *crowd, struct fake_conn **person, int number)
{
    struct peer peer = {.address = "127.0.0.1", .port = 50000, .listener_port = 5000};
    char line[32];
    *person = fake_net_connect(rig->net, &peer, crowd->protocol, person);
    snprintf(line, sizeof line, "%sn%d", crowd->come, number);
    say(rig, *person, line);
    for (const char *const *said = crowd->lines; *said; said++) {
        say(rig, *person, *said);
    }
}

static void comes_and_goes(struct rig *rig, const struct crowd *crowd)
{
    struct fake_conn *people[PEOPLE];
    for (int i = 0; i < PEOPLE; i++) {
        comes(rig, crowd, &people[i], i);
    }
    check_number((long long)core_users_online(rig->core), PEOPLE);
    for (int i = 0; i < PEOPLE; i++) {
        if (i % 3) {
            say(rig, people[i], crowd->leave);
        } else {
            fake_conn_vanish(people[i], CLOSE_LOST);
        }
    }
    turns(rig);
    check(core_is_empty(rig->core));
    check_number(fake_net_feed_count(rig->net), 0);
}

static void check_memory_returns(const struct crowd *crowd)
{
    // What the store keeps varies by a few messages.
    enum { ROUNDS_FIRST = 12, ROUNDS = 20, NOISE_BYTES = 32 * 1024 };
    struct rig rig;
    rig_init(&rig);
    // Until the store is full and lets as much go as it takes.
    for (int i = 0; i < ROUNDS_FIRST; i++) {
        comes_and_goes(&rig, crowd);
    }
    size_t before = bytes_in_use();
    for (int i = 0; i < ROUNDS; i++) {
        comes_and_goes(&rig, crowd);
    }
    size_t after = bytes_in_use();
    printf("# %zu bytes before, %zu after\n", before, after);
    check(after < before + NOISE_BYTES);
    rig_finish(&rig);
}

static void a37_memory_returns_when_everybody_has_left(void)
{
    static const char *const lines[] = {"/join #even", "/join #odd",          "/ignore n1",
                                        "/me waves",   "what everybody says", "/away",
                                        "/away once",  "/history 30",         NULL};
    static const struct crowd crowd = {&plain_protocol, "", lines, "/quit"};
    check_memory_returns(&crowd);
}

static void a37_memory_returns_when_everybody_by_irc_has_left(void)
{
    static const char *const lines[] = {
        "CAP REQ :message-tags batch labeled-response draft/chathistory draft/multiline",
        "USER somebody 0 * :Somebody",
        "CAP END",
        "JOIN #even,#odd",
        "MODE #even +bk nobody!*@* key",
        "TOPIC #odd :news",
        "PRIVMSG #odd :what everybody says",
        "@label=a PRIVMSG #odd,n0,nobody :with a label",
        "@label=b WHO #odd",
        "MONITOR + n0,nobody",
        "AWAY :once",
        "CHATHISTORY LATEST #odd * 30",
        "BATCH +1 draft/multiline #odd",
        "@batch=1 PRIVMSG #odd :never whole",
        NULL,
    };
    static const struct crowd crowd = {&irc_protocol, "NICK ", lines, "QUIT :bye"};
    check_memory_returns(&crowd);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(ignored_people_who_come_and_go_do_not_pile_up);
    TEST(who_logs_in_may_send_more_than_a_guest);
    TEST(a_dead_handle_names_nobody);
    TEST(describes_a_connection_in_one_line);
    TEST(a_session_keeps_the_certificate_of_its_peer);
    TEST(a_stop_does_not_wait_for_who_reads_no_history);
    TEST(a37_memory_returns_when_everybody_has_left);
    TEST(a37_memory_returns_when_everybody_by_irc_has_left);
    return test_end();
}
