#include "base/buf.h"
#include "support/store_cases.h"
#include "support/test.h"

enum { KEEP_COOKIE = 2000000 };

static const struct store_kind *kind;
static struct store *store;

struct waiting_error {
    bool there;
    int error;
};

static void take_recorded(void *context, const struct store_answer *answer)
{
    struct waiting_error *waiting = context;
    check(answer->kind == STORE_RECORDED && answer->cookie == KEEP_COOKIE);
    waiting->there = true;
    waiting->error = answer->error;
}

int store_keep(const struct store_kind *of, struct store *s, const char *record_kind,
               const char *key, const char *value)
{
    struct waiting_error waiting = {0};
    struct record record = {text_of(record_kind), text_of(key), text_of(value)};
    store_set(s, &record, KEEP_COOKIE);
    while (!waiting.there) {
        of->wait(s);
        store_collect(s, take_recorded, &waiting);
    }
    return waiting.error;
}

static void list_record(void *context, const struct record *record)
{
    buf_printf(context, "%.*s/%.*s=%.*s\n", TEXT_ARG(record->kind), TEXT_ARG(record->key),
               TEXT_ARG(record->value));
}

static void check_records(const char *expected)
{
    struct buf out;
    buf_init(&out, 4096);
    store_each_record(store, list_record, &out);
    check_text(buf_text(&out), expected);
    buf_finish(&out);
}

static void records_are_kept_by_kind_and_key(void)
{
    check_records("");
    check_number(store_keep(kind, store, "room", "#b", "open"), 0);
    check_number(store_keep(kind, store, "account", "2", "Bob"), 0);
    check_number(store_keep(kind, store, "account", "1", "Ann \xC3\xA4\n\"x\""), 0);
    check_number(store_keep(kind, store, "room", "#b", "closed"), 0);
    store = kind->reopen(store);
    check_records("account/1=Ann \xC3\xA4\n\"x\"\naccount/2=Bob\nroom/#b=closed\n");
    check_number(store_keep(kind, store, "account", "1", ""), 0);
    check_number(store_keep(kind, store, "account", "9", ""), 0);
    store = kind->reopen(store);
    check_records("account/2=Bob\nroom/#b=closed\n");
}

struct answer_order {
    char seen[8];
    size_t count;
};

static void note_order(void *context, const struct store_answer *answer)
{
    struct answer_order *order = context;
    check(order->count < sizeof order->seen);
    order->seen[order->count++] = answer->kind == STORE_RECORDED ? 'r' : 'm';
}

static void records_and_messages_are_answered_in_one_order(void)
{
    struct answer_order order = {0};
    struct message message = store_message_in("#a", "hello");
    struct record record = {TEXT("account"), TEXT("1"), TEXT("Ann")};
    store_submit(store, &message, 1);
    store_set(store, &record, 2);
    store_submit(store, &message, 3);
    while (order.count < 3) {
        kind->wait(store);
        store_collect(store, note_order, &order);
    }
    check_text(((struct text){order.seen, order.count}), "mrm");
}

static void run_case(const char *name, void (*function)(void))
{
    store = kind->make();
    test_run(name, function);
    store_destroy(store);
    store = NULL;
}

void store_record_cases_run(const struct store_kind *of)
{
    kind = of;
    run_case("records_are_kept_by_kind_and_key", records_are_kept_by_kind_and_key);
    run_case("records_and_messages_are_answered_in_one_order",
             records_and_messages_are_answered_in_one_order);
}
