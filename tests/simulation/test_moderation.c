// People who keep order, at random, on a store that is slow and fails: whenever all is quiet, what
// the server knows is what the store has, and nothing is still on its way.
//
//   HOBNOB_SEED=7 HOBNOB_STEPS=100000 test_moderation
#include "chat/bans.h"
#include "chat/core_state.h"
#include "chat/invitations.h"
#include "chat/room.h"
#include "protocol/irc.h"
#include "support/fake_net.h"
#include "support/store_scripted.h"
#include "support/test.h"

#include <errno.h>
#include <stdarg.h>

enum { PEOPLE = 10, ROOMS = 3, STEPS = 20000, STORE_BYTES = 64 * 1024 * 1024, LINE_BYTES = 400 };

struct person {
    struct fake_conn *conn; // NULL: is not there
    char name[8];
};

static struct {
    struct fake_net *net;
    struct store *store;
    struct core *core;
    struct moment now;
    struct person people[PEOPLE];
    char code[INVITATION_CODE_LEN + 1]; // the last that somebody was told
    size_t lines;
    size_t failures;
    size_t checks;
} sim;

static void hear(void *context, void *person, const struct fake_line *line)
{
    (void)context, (void)person;
    static const char words[] = "It is shown only once: /join ";
    const char *at = memmem(line->text.at, line->text.len, words, strlen(words));
    size_t end = (size_t)(at ? line->text.at + line->text.len - at : 0);
    if (at && end > INVITATION_CODE_LEN) {
        snprintf(sim.code, sizeof sim.code, "%.*s", INVITATION_CODE_LEN,
                 line->text.at + line->text.len - INVITATION_CODE_LEN);
    }
    sim.lines++;
}

static void closed(void *context, void *person, enum close_reason reason)
{
    (void)context, (void)reason;
    ((struct person *)person)->conn = NULL;
}

static void broken(void *context, const char *what)
{
    (void)context;
    test_fail("fake_net", 0, "%s", what);
}

static void turn(void)
{
    sim.now.mono_ms += 20;
    sim.now.wall_ms += 20;
    core_time(sim.core, sim.now);
    fake_net_pump(sim.net);
    core_store_ready(sim.core);
    core_turn_end(sim.core);
}

static bool is_quiet(void)
{
    return !fake_net_has_input(sim.net) && !store_scripted_has_answers(sim.store) &&
           store_scripted_writes_waiting(sim.store) == 0 &&
           store_scripted_reads_waiting(sim.store) == 0;
}

static void settle(void)
{
    do {
        store_scripted_release(sim.store, SIZE_MAX);
        turn();
    } while (!is_quiet());
}

static void say(struct person *person, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(struct person *person, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (person->conn) {
        fake_conn_send(person->conn, (struct text){line, (size_t)len}, CORE_LINE_WHOLE);
    }
}

static void come(struct person *person, const char *password)
{
    struct peer peer = {.address = "127.0.0.1", .port = 50000, .loopback = true};
    person->conn = fake_net_connect(sim.net, &peer, &irc_protocol, person);
    say(person, "PASS %s", password);
    say(person, "NICK %s", person->name);
    say(person, "USER %s 0 * :%s", person->name, person->name);
}

static void begin(void)
{
    static struct core_config config = {.server_name = "Harbour"};
    config.limits = limits_default;
    struct fake_receiver receiver = {.line = hear, .closed = closed, .broken = broken};
    sim.now = (struct moment){.mono_ms = 1000, .wall_ms = 1767277815000};
    sim.net = fake_net_create(&receiver);
    sim.store = store_scripted_create(STORE_BYTES);
    sim.core = core_create(&config, sim.store, fake_net_output(sim.net));
    core_offer_claim(sim.core, TEXT("CODE"));
    fake_net_serve(sim.net, sim.core);
    settle();
    for (unsigned i = 0; i < PEOPLE; i++) {
        struct person *person = &sim.people[i];
        snprintf(person->name, sizeof person->name, "n%u", i);
        come(person, "nothing");
        say(person, "REGISTER * * correcthorse");
        say(person, "CLAIM CODE");
        settle();
        for (unsigned r = 0; r < ROOMS; r++) {
            say(person, "JOIN #r%u", r);
        }
        settle();
        say(&sim.people[0], "ROLE %s %s", person->name, i % 3 ? "member" : "moderator");
        settle();
    }
}

static void change_modes(struct person *person)
{
    static const char *const changes[] = {
        "+m",        "-m",     "+i",         "-i",        "+k sesame", "-k sesame", "+l 9",
        "-l",        "+W 5",   "-W",         "+b n%u",    "-b n%u",    "+b ~a:n%u", "-b ~a:n%u",
        "+o n%u",    "-o n%u", "+v n%u",     "-v n%u",    "+q n%u",    "+h n%u",    "-h n%u",
        "+I n%u",    "-I n%u", "+s-t",       "-s+t",      "+b-b x y",  "+R",        "-R",
        "+F strict", "-F",     "+bbb a b c", "-bbb a b c"};
    char change[64];
    const char *format = changes[test_random(sizeof changes / sizeof *changes)];
    const char *at = strchr(format, '%');
    if (at) {
        snprintf(change, sizeof change, "%.*s%u", (int)(at - format), format,
                 (unsigned)test_random(PEOPLE));
    } else {
        snprintf(change, sizeof change, "%s", format);
    }
    say(person, "MODE #r%u %s", (unsigned)test_random(ROOMS), change);
}

static void act(struct person *person)
{
    unsigned room = (unsigned)test_random(ROOMS);
    unsigned other = (unsigned)test_random(PEOPLE);
    switch (test_random(16)) {
    case 0:
        say(person, "PRIVMSG #r%u :hello", room);
        break;
    case 1:
        say(person, "KLINE z%u :why", (unsigned)test_random(4));
        break;
    case 2:
        say(person, "UNKLINE z%u", (unsigned)test_random(4));
        break;
    case 3:
        say(person, "ROLE n%u %s", other, test_random(2) ? "moderator" : "member");
        break;
    case 4:
        say(person, "INVITATION MAKE #r%u 3", room);
        break;
    case 5:
        say(person, "JOIN #r%u %s", room, sim.code);
        break;
    case 6:
        say(person, "JOIN #r%u sesame", room);
        break;
    case 7:
        say(person, "PART #r%u", room);
        break;
    case 8:
        say(person, "RENAME #r%u #r%u", room, (unsigned)test_random(ROOMS + 1));
        break;
    case 9:
        say(person, "METADATA #r%u SET colour :%u", room, other);
        break;
    case 11:
        say(person, "CS REGISTER #r%u", room);
        break;
    case 10:
        say(person, "KICK #r%u n%u", room, other);
        break;
    default:
        change_modes(person);
    }
}

// What comes back to a room or to a place after it failed is written next, and must not fail too.
static void fail(void)
{
    size_t waiting = store_scripted_writes_waiting(sim.store);
    size_t failing = waiting ? 1 + test_random((unsigned)waiting) : 0;
    for (size_t i = 0; i < failing; i++) {
        store_scripted_fail_next(sim.store, -ENOSPC);
    }
    sim.failures += failing;
    store_scripted_release_writes(sim.store, waiting);
    settle();
}

static void check_same(const struct record *record, const struct buf *value)
{
    if (!text_equal(record->value, buf_text(value))) {
        printf("# kept:  %.*s\n# known: %.*s\n", TEXT_ARG(record->value),
               TEXT_ARG(buf_text(value)));
        test_fail(__FILE__, __LINE__, "%.*s %.*s differs", TEXT_ARG(record->kind),
                  TEXT_ARG(record->key));
    }
}

// What is left of other rooms when all have gone is told to nobody, and waited for by nobody.
static bool is_kept(const struct room *room)
{
    return room->rules && room->rules->kept;
}

// But for the name, which a record of its own has.
static void check_room(const struct record *record)
{
    const struct room *room = room_of_place(sim.core, record->key);
    struct room again = {.shown = text_own(TEXT(""))};
    struct buf value;
    struct buf known;
    check(room && room_read(&again, record->value));
    text_replace(&again.shown, room->shown);
    buf_init(&value, STORE_RECORD_MAX);
    buf_init(&known, STORE_RECORD_MAX);
    room_write(&again, again.rules, &value);
    room_write(room, room->rules, &known);
    struct record same = {record->kind, record->key, buf_text(&value)};
    check_same(&same, &known);
    buf_finish(&value);
    buf_finish(&known);
    rules_destroy(again.rules);
    text_disown(again.shown);
}

static void check_record(void *context, const struct record *record)
{
    size_t *rooms = context;
    struct buf value;
    buf_init(&value, STORE_RECORD_MAX);
    if (text_equal(record->kind, TEXT(ROOM_KIND))) {
        const struct room *room = room_of_place(sim.core, record->key);
        check(room);
        if (is_kept(room)) {
            check_room(record);
            ++*rooms;
        }
    } else if (text_equal(record->kind, TEXT(ROOM_NAME_KIND))) {
        const struct room *room = room_of_place(sim.core, record->key);
        check(room && text_equal(record->value, room->shown));
    } else if (text_equal(record->kind, TEXT(BAN_KIND))) {
        const struct rule_mask *ban = rule_list_find(&sim.core->bans, record->key);
        check(ban);
        ban_write(ban, &value);
        check_same(record, &value);
    } else if (text_equal(record->kind, TEXT(INVITATION_KIND))) {
        struct invitation *one = NULL;
        HASH_FIND(hh, sim.core->invitations, record->key.at, record->key.len, one);
        check(one);
        invitation_write(one, &value);
        check_same(record, &value);
    } else if (text_equal(record->kind, TEXT("account"))) {
        uint64_t number = 0;
        check(text_number(record->key, UINT64_MAX, &number));
        account_write(account_by_number(&sim.core->accounts, number), &value);
        check_same(record, &value);
    }
    buf_finish(&value);
}

static void count_record(void *context, const struct record *record)
{
    size_t *counts = context;
    counts[0] += text_equal(record->kind, TEXT(BAN_KIND));
    counts[1] += text_equal(record->kind, TEXT(INVITATION_KIND));
}

// The store has what the server knows, and nothing else.
static void check_all(void)
{
    size_t rooms = 0;
    size_t counts[2] = {0};
    size_t kept = 0;
    settle();
    store_each_record(sim.store, check_record, &rooms);
    store_each_record(sim.store, count_record, counts);
    check_number(counts[0], sim.core->bans.count);
    check_number(counts[1], HASH_COUNT(sim.core->invitations));
    for (const struct room *room = sim.core->rooms; room; room = room->by_key.next) {
        check(!room->draft && !room->queue && !room->in_turn);
        kept += is_kept(room) && room->has_record;
    }
    check_number(kept, rooms);
    for (const struct invitation *one = sim.core->invitations; one; one = one->hh.next) {
        check(!one->ending && one->reserved == 0);
    }
    check(!sim.core->renaming);
    sim.checks++;
}

static void step(void)
{
    struct person *person = &sim.people[test_random(PEOPLE)];
    switch (test_random(20)) {
    case 0:
        check_all();
        break;
    case 1:
        fail();
        break;
    case 2:
        if (person->conn && test_random(3) == 0) {
            fake_conn_vanish(person->conn, CLOSE_LOST);
            person->conn = NULL;
        } else if (!person->conn) {
            char password[32];
            snprintf(password, sizeof password, "%s:correcthorse", person->name);
            come(person, password);
        }
        break;
    case 3:
    case 4:
    case 5:
        store_scripted_release(sim.store, test_random(6));
        turn();
        break;
    default:
        act(person);
        turn();
    }
}

static void finish(void)
{
    check_all();
    for (size_t i = 0; i < PEOPLE; i++) {
        if (sim.people[i].conn) {
            fake_conn_vanish(sim.people[i].conn, CLOSE_LOST);
        }
    }
    settle();
    core_destroy(sim.core);
    store_destroy(sim.store);
    fake_net_destroy(sim.net);
}

static void what_is_known_is_what_is_kept(void)
{
    const char *wanted = getenv("HOBNOB_STEPS");
    long steps = wanted ? strtol(wanted, NULL, 10) : STEPS;
    begin();
    for (long i = 0; i < steps; i++) {
        step();
    }
    finish();
    printf("# %ld steps, %zu lines read, %zu writes failed, %zu times looked\n", steps, sim.lines,
           sim.failures, sim.checks);
    check(sim.failures && sim.checks);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(what_is_known_is_what_is_kept);
    return test_end();
}
