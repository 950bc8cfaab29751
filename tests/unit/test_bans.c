// Bans of the server, as its records say.
#include "chat/bans.h"

#include "chat/core.h"
#include "protocol/control.h"
#include "store/store_memory.h"
#include "support/fake_net.h"
#include "support/test.h"

static void hear(void *context, void *person, const struct fake_line *line)
{
    (void)context;
    (void)person;
    (void)line;
}

static void closed(void *context, void *person, enum close_reason reason)
{
    (void)context;
    (void)person;
    (void)reason;
}

static void notice(void *context, const struct activity *activity)
{
    *(bool *)context |= activity->kind == ACTIVITY_REFUSED;
}

static void broken(void *context, const char *what)
{
    (void)context;
    test_fail("fake_net", 0, "%s", what);
}

static void ignore(void *context, const struct store_answer *answer)
{
    (void)context;
    (void)answer;
}

typedef void look_at(const struct rule_list *, bool told);

static void set(struct store *store, const char *mask, const char *value)
{
    struct record record = {TEXT(BAN_KIND), text_of(mask), text_of(value)};
    store_set(store, &record, 0);
    store_collect(store, ignore, NULL);
}

// Starts a server on what the store has; the bans that it has are told to `look`.
static void with_store(struct store *store, look_at *look)
{
    bool told = false;
    struct fake_receiver receiver = {
        .context = &told, .line = hear, .closed = closed, .activity = notice, .broken = broken};
    struct fake_net *net = fake_net_create(&receiver);
    struct core_config config = {.server_name = "Harbour", .limits = limits_default};
    struct core *core = core_create(&config, store, fake_net_output(net));
    core_time(core, (struct moment){.mono_ms = 1000, .wall_ms = 1000000});
    look(server_bans(core), told);
    core_store_ready(core);
    core_destroy(core);
    fake_net_destroy(net);
}

static void with_record(const char *value, look_at *look)
{
    struct store *store = store_memory_create(SIZE_MAX);
    set(store, "bob!*@*", value);
    with_store(store, look);
    store_destroy(store);
}

static void is_for_good(const struct rule_list *bans, bool told)
{
    check_number(bans->count, 1);
    check_text(bans->at[0].mask, "bob!*@*");
    check_number(bans->at[0].until_ms, 0);
    check(told);
}

static void a62_a_ban_that_cannot_be_understood_is_for_good(void)
{
    static const char *const bad[] = {"{",
                                      "[]",
                                      "{}",
                                      "null",
                                      "ban",
                                      "{\"until_ms\":\"soon\"}",
                                      "{\"until_ms\":1000",
                                      "\x01",
                                      "{\"by\":\"Ann\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        with_record(bad[i], is_for_good);
    }
}

static void is_as_written(const struct rule_list *bans, bool told)
{
    check_number(bans->count, 1);
    check_text(bans->at[0].by, "Ann");
    check_text(bans->at[0].why, "spam");
    check_number(bans->at[0].set_ms, 5);
    check_number(bans->at[0].until_ms, 2000000);
    check(!told);
}

static void is_over(const struct rule_list *bans, bool told)
{
    check_number(bans->count, 0);
    check(!told);
}

static void a_ban_is_read_as_it_was_written(void)
{
    struct rule_mask ban = {
        .by = TEXT("Ann"), .why = TEXT("spam"), .set_ms = 5, .until_ms = 2000000};
    struct buf value;
    buf_init(&value, 1024);
    ban_write(&ban, &value);
    buf_add_char(&value, '\0');
    check_text(text_of(value.at),
               "{\"by\":\"Ann\",\"set_ms\":5,\"until_ms\":2000000,\"why\":\"spam\"}");
    with_record(value.at, is_as_written);
    buf_finish(&value);
    with_record("{\"by\":\"Ann\",\"set_ms\":5,\"until_ms\":1000000,\"why\":\"\"}", is_over);
}

static void is_the_later_one(const struct rule_list *bans, bool told)
{
    check_number(bans->count, 1);
    check_number(bans->at[0].set_ms, 7);
    check_number(bans->at[0].until_ms, 2000000);
    check(!told);
}

static void count_bans(void *context, const struct record *record)
{
    *(size_t *)context += text_equal(record->kind, TEXT(BAN_KIND));
}

static void of_two_spellings_the_later_one_is_left(void)
{
    static const char *const masks[] = {"BOB!*@*",
                                        "bob!*@*"}; // in the order in which they are read
    for (size_t later = 0; later < 2; later++) {
        struct store *store = store_memory_create(SIZE_MAX);
        set(store, masks[later], "{\"set_ms\":7,\"until_ms\":2000000}");
        set(store, masks[!later], "{\"set_ms\":5,\"until_ms\":0}");
        with_store(store, is_the_later_one);
        size_t records = 0;
        store_each_record(store, count_bans, &records);
        check_number(records, 1);
        with_store(store, is_the_later_one);
        store_destroy(store);
    }
}

struct heard {
    size_t done;
    size_t refused;
};

static void hear_answer(void *context, void *person, const struct fake_line *line)
{
    struct heard *heard = context;
    (void)person;
    heard->done += text_starts(line->text, TEXT("{\"ok\":true"));
    heard->refused += text_starts(line->text, TEXT("{\"ok\":false"));
}

static void say(struct fake_net *net, const char *line)
{
    struct peer peer = {.address = "127.0.0.1", .loopback = true};
    struct fake_conn *conn = fake_net_connect(net, &peer, &control_protocol, NULL);
    fake_conn_send(conn, text_of(line), CORE_LINE_WHOLE);
    fake_net_pump(net);
}

// The store, which has all but one that there can be, answers when both are asked for.
static void ban_two_at_once(struct store *store)
{
    struct heard heard = {0};
    struct fake_receiver receiver = {
        .context = &heard, .line = hear_answer, .closed = closed, .broken = broken};
    struct fake_net *net = fake_net_create(&receiver);
    struct core_config config = {.server_name = "Harbour", .limits = limits_default};
    struct core *core = core_create(&config, store, fake_net_output(net));
    fake_net_serve(net, core);
    core_time(core, (struct moment){.mono_ms = 1000, .wall_ms = 1000000});
    say(net, "{\"command\":\"ban\",\"user\":\"Ann\"}");
    say(net, "{\"command\":\"ban\",\"user\":\"Zoe\"}");
    core_store_ready(core);
    core_turn_end(core);
    check_number(heard.done, 1);
    check_number(heard.refused, 1);
    check_number(server_bans(core)->count, SERVER_BANS_MAX);
    core_shut_down(core);
    while (fake_net_pump(net)) {
    }
    core_store_ready(core);
    core_turn_end(core);
    core_destroy(core);
    fake_net_destroy(net);
}

static void those_on_their_way_count(void)
{
    struct store *store = store_memory_create(SIZE_MAX);
    for (int i = 1; i < SERVER_BANS_MAX; i++) {
        char mask[32];
        snprintf(mask, sizeof mask, "p%d!*@*", i);
        set(store, mask, "{\"until_ms\":0}");
    }
    ban_two_at_once(store);
    size_t records = 0;
    store_each_record(store, count_bans, &records);
    check_number(records, SERVER_BANS_MAX);
    store_destroy(store);
}

static void times_are_read(void)
{
    int64_t ms = 7;
    check(ban_time(TEXT("90s"), &ms) && ms == 90000);
    check(ban_time(TEXT("10m"), &ms) && ms == 600000);
    check(ban_time(TEXT("2h"), &ms) && ms == 7200000);
    check(ban_time(TEXT("7d"), &ms) && ms == 604800000);
    check(ban_time(TEXT("4w"), &ms) && ms == 4 * INT64_C(604800000));
    static const char *const bad[] = {"", "m", "10", "0m", "-1m", "10x", "99999d", "m10", "1 m"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check(!ban_time(text_of(bad[i]), &ms));
    }
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a62_a_ban_that_cannot_be_understood_is_for_good);
    TEST(a_ban_is_read_as_it_was_written);
    TEST(of_two_spellings_the_later_one_is_left);
    TEST(those_on_their_way_count);
    TEST(times_are_read);
    return test_end();
}
