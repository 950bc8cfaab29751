// What a try to log in costs and tells, whoever it is about.
#include "base/buf.h"
#include "chat/core.h"
#include "protocol/control.h"
#include "protocol/irc.h"
#include "protocol/plain.h"
#include "store/store_memory.h"
#include "support/fake_net.h"
#include "support/test.h"

enum { STORE_BYTES = 64 * 1024, GUESSERS = 200, GUESSES_EACH = 50 };

struct person {
    char last[512];
    size_t wrong; // answers that a password was
    size_t busy;
    size_t often;
};

struct rig {
    struct fake_net *net;
    struct store *store;
    struct core *core;
    struct output output;
    struct moment now;
    size_t hashes;
    enum password_work work; // the last one
    char password[64];
};

static struct rig rig;

static bool counting_hash(void *context, const struct password_job *job)
{
    bool taken = fake_net_output(rig.net)->hash(context, job);
    rig.hashes += taken;
    rig.work = job->work;
    snprintf(rig.password, sizeof rig.password, "%.*s", TEXT_ARG(job->password));
    return taken;
}

static bool has(const struct fake_line *line, const char *words)
{
    return memmem(line->text.at, line->text.len, words, strlen(words));
}

static void hear(void *context, void *to, const struct fake_line *line)
{
    (void)context;
    struct person *person = to;
    struct text text = text_head(line->text, text_find(line->text, '\r'));
    snprintf(person->last, sizeof person->last, "%.*s", TEXT_ARG(text));
    person->wrong += has(line, "do not belong together");
    person->busy += has(line, "Try again in a moment");
    person->often += has(line, "tried too often");
}

static void closed(void *context, void *person, enum close_reason reason)
{
    (void)context;
    (void)person;
    (void)reason;
}

static void broken(void *context, const char *what)
{
    (void)context;
    test_fail("fake_net", 0, "%s", what);
}

static void turns(int count)
{
    for (int i = 0; i < count; i++) {
        rig.now.mono_ms++;
        rig.now.wall_ms++;
        core_time(rig.core, rig.now);
        fake_net_pump(rig.net);
        core_store_ready(rig.core);
        core_turn_end(rig.core);
    }
}

static void rig_init(void)
{
    struct core_config config = {.server_name = "Harbour", .limits = limits_default};
    struct fake_receiver receiver = {.line = hear, .closed = closed, .broken = broken};
    rig = (struct rig){.now = {.mono_ms = 1000, .wall_ms = 1767277815000}};
    rig.net = fake_net_create(&receiver);
    rig.store = store_memory_create(STORE_BYTES);
    rig.output = *fake_net_output(rig.net);
    rig.output.hash = counting_hash;
    rig.core = core_create(&config, rig.store, &rig.output);
    fake_net_serve(rig.net, rig.core);
}

static void rig_finish(void)
{
    core_shut_down(rig.core);
    turns(10);
    check(core_is_empty(rig.core));
    core_destroy(rig.core);
    store_destroy(rig.store);
    fake_net_destroy(rig.net);
}

static struct fake_conn *come(struct person *person, const struct protocol *protocol,
                              bool unlimited)
{
    struct peer peer = {.address = "192.0.2.7", .port = 50000, .listener_port = 5000};
    peer.secure = true;
    peer.unlimited = unlimited;
    return fake_net_connect(rig.net, &peer, protocol, person);
}

static void say(struct fake_conn *conn, const char *line)
{
    fake_conn_send(conn, text_of(line), CORE_LINE_WHOLE);
    turns(10);
}

// Alice, whose password is "correct horse", and who is gone.
static void register_alice(void)
{
    struct person alice = {0};
    struct fake_conn *conn = come(&alice, &plain_protocol, true);
    say(conn, "Alice");
    say(conn, "/register correct horse");
    check(fake_conn_is_registered(conn));
    say(conn, "/quit");
}

static void suspend_alice(void)
{
    struct person root = {0};
    struct fake_conn *conn = come(&root, &control_protocol, true);
    say(conn, "{\"command\":\"account suspend\",\"user\":\"Alice\"}");
    check(text_starts(text_of(root.last), TEXT("{\"ok\":true")));
    fake_conn_vanish(conn, CLOSE_LOST);
}

// One try by SASL: what was answered, after how many hashes.
static void expect_a_refusal_after_one_hash(const char *sasl, const char *password)
{
    struct person person = {0};
    struct fake_conn *conn = come(&person, &irc_protocol, true);
    char line[256];
    size_t before = rig.hashes;
    snprintf(line, sizeof line, "AUTHENTICATE %s", sasl);
    say(conn, "AUTHENTICATE PLAIN");
    fake_net_hold_passwords(rig.net, true);
    say(conn, line);
    check_text(text_of(person.last), ":Harbour AUTHENTICATE +"); // nothing yet
    fake_net_hold_passwords(rig.net, false);
    turns(10);
    check_text(text_of(person.last), ":Harbour 904 * :SASL authentication failed. That name and "
                                     "password do not belong together.");
    check_number(rig.hashes - before, 1);
    check_number(rig.work, PASSWORD_CHECK);
    check_text(text_of(rig.password), password);
    check(!fake_conn_is_registered(conn));
    fake_conn_vanish(conn, CLOSE_LOST);
}

#define NOBODY_WRONG "AE5vYm9keQB3cm9uZyBob3JzZXM="     // Nobody, "wrong horses"
#define ALICE_WRONG "AEFsaWNlAHdyb25nIGhvcnNlcw=="      // Alice, "wrong horses"
#define ALICE_RIGHT "AEFsaWNlAGNvcnJlY3QgaG9yc2U="      // Alice, "correct horse"
#define IMPOSSIBLE_WRONG "AEEgYiwjYwB3cm9uZyBob3JzZXM=" // "A b,#c", which is no name

static void a23_every_try_costs_one_hash_and_says_the_same(void)
{
    rig_init();
    register_alice();
    expect_a_refusal_after_one_hash(NOBODY_WRONG, "wrong horses");
    expect_a_refusal_after_one_hash(ALICE_WRONG, "wrong horses");
    expect_a_refusal_after_one_hash(IMPOSSIBLE_WRONG, "wrong horses");
    suspend_alice();
    expect_a_refusal_after_one_hash(ALICE_WRONG, "wrong horses");
    expect_a_refusal_after_one_hash(ALICE_RIGHT, "correct horse");
    rig_finish();
}

// Under a flood of guesses no more passwords wait than may, everybody gets an answer, and who
// chats is heard in the same turn as ever.
static void a36_guesses_do_not_touch_the_chat(void)
{
    static struct person guessers[GUESSERS];
    struct person bob = {0};
    rig_init();
    register_alice();
    struct fake_conn *bob_conn = come(&bob, &plain_protocol, true);
    struct fake_conn *conns[GUESSERS];
    say(bob_conn, "Bob");
    memset(guessers, 0, sizeof guessers);
    for (int i = 0; i < GUESSERS; i++) {
        char name[32];
        snprintf(name, sizeof name, "guesser%d", i);
        conns[i] = come(&guessers[i], &plain_protocol, true);
        say(conns[i], name);
    }
    fake_net_hold_passwords(rig.net, true);
    rig.hashes = 0;
    for (int i = 0; i < GUESSERS * GUESSES_EACH; i++) {
        fake_conn_send(conns[i % GUESSERS], TEXT("/login Alice wrong horses"), CORE_LINE_WHOLE);
    }
    turns(10);
    check_number(rig.hashes, FAKE_JOBS_MAX);
    say(bob_conn, "can anybody hear me");
    for (int i = FAKE_JOBS_MAX; i < GUESSERS; i++) {
        check(strstr(guessers[i].last, "Bob: can anybody hear me") != NULL);
        check_number(guessers[i].busy, GUESSES_EACH);
    }
    fake_net_hold_passwords(rig.net, false);
    turns(10 * GUESSES_EACH);
    for (int i = 0; i < GUESSERS; i++) {
        check_number(guessers[i].busy + guessers[i].wrong, GUESSES_EACH);
    }
    rig_finish();
}

static void a36_one_address_is_told_to_wait_without_a_hash(void)
{
    struct person eve = {0};
    rig_init();
    register_alice();
    struct fake_conn *conn = come(&eve, &plain_protocol, false);
    say(conn, "Eve");
    rig.hashes = 0;
    for (int i = 0; i < 1000; i++) {
        fake_conn_send(conn, TEXT("/login Alice wrong horses"), CORE_LINE_WHOLE);
    }
    turns(2000);
    check_number(rig.hashes, limits_default.failed_logins_per_min);
    check_number(eve.wrong, limits_default.failed_logins_per_min);
    check_number(eve.wrong + eve.often, 1000);
    rig_finish();
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a23_every_try_costs_one_hash_and_says_the_same);
    TEST(a36_guesses_do_not_touch_the_chat);
    TEST(a36_one_address_is_told_to_wait_without_a_hash);
    return test_end();
}
