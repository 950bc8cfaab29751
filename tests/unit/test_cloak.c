#include "chat/cloak.h"
#include "chat/core_state.h"
#include "store/store_memory.h"
#include "support/test.h"

static struct core *core;
static unsigned char next_key;

static void random_fill(void *context, void *bytes, size_t count)
{
    (void)context;
    memset(bytes, ++next_key, count);
}

static void answered(void *context, const struct store_answer *answer)
{
    (void)context;
    check_number(answer->error, 0);
}

static void load(void *context, const struct record *record)
{
    (void)context;
    check(text_equal(record->kind, TEXT(CLOAK_KIND)));
    check(cloak_load(core, record));
}

// The same store, another process.
static void restart(void)
{
    store_collect(core->store, answered, NULL);
    core->cloak = (struct cloak){.known = false};
    store_each_record(core->store, load, NULL);
    cloak_begin(core);
}

static const struct output output = {.random = random_fill};

static void begin(void)
{
    core = mem_alloc(sizeof *core);
    core->output = &output;
    core->store = store_memory_create(1 << 20);
    cloak_begin(core);
}

static void end(void)
{
    store_destroy(core->store);
    free(core);
}

static void an_address_has_one_cloak_over_restarts(void)
{
    begin();
    uint64_t cloak = cloak_of(core, TEXT("192.0.2.7"));
    check(cloak == cloak_of(core, TEXT("192.0.2.7")));
    check(cloak != cloak_of(core, TEXT("192.0.2.8")));
    restart();
    check(cloak == cloak_of(core, TEXT("192.0.2.7")));
    end();
}

static void another_key_gives_other_cloaks_and_is_kept(void)
{
    begin();
    uint64_t cloak = cloak_of(core, TEXT("192.0.2.7"));
    cloak_renew(core);
    uint64_t other = cloak_of(core, TEXT("192.0.2.7"));
    check(cloak != other);
    restart();
    check(other == cloak_of(core, TEXT("192.0.2.7")));
    end();
}

static void servers_have_keys_of_their_own(void)
{
    begin();
    uint64_t cloak = cloak_of(core, TEXT("192.0.2.7"));
    end();
    begin();
    check(cloak != cloak_of(core, TEXT("192.0.2.7")));
    end();
}

static void a_network_of_ipv6_has_one_cloak(void)
{
    begin();
    uint64_t cloak = cloak_of(core, TEXT("2001:db8:1:2::1"));
    check(cloak == cloak_of(core, TEXT("2001:db8:1:2:ffff::9")));
    check(cloak != cloak_of(core, TEXT("2001:db8:1:3::1")));
    check(cloak_of(core, TEXT("::ffff:192.0.2.7")) == cloak_of(core, TEXT("192.0.2.7")));
    check(cloak_of(core, TEXT("::ffff:192.0.2.7")) != cloak_of(core, TEXT("::ffff:192.0.2.8")));
    check(cloak_of(core, TEXT("unix")) != cloak_of(core, TEXT("")));
    end();
}

static void what_is_no_key_is_told(void)
{
    static const struct text values[] = {TEXT_INIT(""), TEXT_INIT("00"),
                                         TEXT_INIT("0123456789abcdef0123456789abcdeg"),
                                         TEXT_INIT("0123456789ABCDEF0123456789ABCDEF"),
                                         TEXT_INIT("0123456789abcdef0123456789abcdef0")};
    begin();
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        check(!cloak_load(core, &(struct record){TEXT(CLOAK_KIND), TEXT("key"), values[i]}));
    }
    end();
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(an_address_has_one_cloak_over_restarts);
    TEST(another_key_gives_other_cloaks_and_is_kept);
    TEST(servers_have_keys_of_their_own);
    TEST(a_network_of_ipv6_has_one_cloak);
    TEST(what_is_no_key_is_told);
    return test_end();
}
