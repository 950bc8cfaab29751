// Marks, redactions and lists of conversations.
#include "support/store_cases.h"
#include "support/test.h"

#include <errno.h>

// The kind under test: test functions take no arguments.
static const struct store_kind *kind;
static struct store *store;

static void say(const char *place, const char *text)
{
    store_say(kind, store, place, text);
}

static void check_read(const char *place, const char *words, const char *expected)
{
    check_text(text_of(store_read(kind, store, place, UINT64_MAX, 9, words)), expected);
}

static const struct store_mark start = {.kind = STORE_START};
static const struct store_mark end = {.kind = STORE_END};

static struct store_mark at_seq(uint64_t seq)
{
    return (struct store_mark){STORE_SEQ, seq, 0};
}

static struct store_mark at_id(uint64_t id)
{
    return (struct store_mark){STORE_ID, id, 0};
}

static struct store_mark at_time(int64_t time_ms)
{
    return (struct store_mark){STORE_TIME, 0, time_ms};
}

static void check_between(struct store_mark from, struct store_mark to, uint32_t limit,
                          const char *expected)
{
    struct store_query query = {.place = TEXT("#a"), .from = from, .to = to, .limit = limit};
    check_text(text_of(store_ask(kind, store, &query)), expected);
}

static void check_around(struct store_mark mark, uint32_t limit, const char *expected)
{
    struct store_query query = {
        .place = TEXT("#a"), .from = mark, .to = end, .limit = limit, .around = true};
    check_text(text_of(store_ask(kind, store, &query)), expected);
}

static uint64_t say_at(const char *text, int64_t time_ms)
{
    struct message message = store_message_in("#a", text);
    message.time_ms = time_ms;
    return store_put(kind, store, &message).id;
}

static void reads_from_a_mark_to_another(void)
{
    uint64_t ids[6];
    for (int i = 1; i <= 5; i++) {
        char text[2] = {(char)('a' + i - 1), 0};
        ids[i] = say_at(text, i * 10);
        say("#b", "elsewhere");
    }
    check_between(end, start, 2, "4:d 5:e +");
    check_between(start, end, 2, "1:a 2:b +");
    check_between(end, at_seq(3), 9, "4:d 5:e");
    check_between(at_seq(3), end, 1, "4:d +");
    check_between(at_id(ids[2]), at_id(ids[5]), 9, "3:c 4:d");
    check_between(at_id(ids[2]), at_id(ids[5]), 1, "3:c +");
    check_between(at_id(ids[5]), at_id(ids[2]), 1, "4:d +");
    check_between(at_time(20), at_seq(5), 9, "3:c 4:d");
    check_between(at_time(25), at_time(45), 9, "3:c 4:d");
    check_between(at_time(40), at_time(10), 9, "2:b 3:c");
    check_between(at_time(INT64_MIN), at_time(INT64_MAX), 9, "1:a 2:b 3:c 4:d 5:e");
    check_between(at_seq(3), at_seq(3), 9, "");
    check_between(at_time(30), at_id(ids[3]), 9, "");
    check_between(at_seq(0), at_seq(UINT64_MAX), 2, "1:a 2:b +");
    check_between(at_time(99), end, 9, "");
    check_between(at_time(1), start, 9, "");
}

static void reads_around_a_mark(void)
{
    uint64_t id = 0;
    for (int i = 1; i <= 6; i++) {
        char text[2] = {(char)('a' + i - 1), 0};
        id = say_at(text, i * 10);
    }
    check_around(at_seq(3), 1, "3:c +");
    check_around(at_time(30), 3, "2:b 3:c 4:d +");
    check_around(at_time(35), 2, "3:c 4:d +");
    check_around(at_id(id), 4, "4:d 5:e 6:f");
    check_around(at_seq(1), 4, "1:a 2:b 3:c 4:d +");
    check_around(end, 2, "6:f");
    check_around(start, 9, "1:a 2:b 3:c 4:d 5:e 6:f");
}

static void an_id_of_another_place_is_unknown(void)
{
    say("#a", "here");
    struct message message = store_message_in("#b", "there");
    uint64_t id = store_put(kind, store, &message).id;
    check_between(at_id(id), end, 9, "error -2");
    check_between(end, at_id(id), 9, "error -2");
    check_between(at_id(id + 1), end, 9, "error -2");
    check_between(at_id(UINT64_MAX), end, 9, "error -2");
    check_around(at_id(id), 9, "error -2");
}

// More than one step of whatever a store uses to find its way.
static void finds_times_and_numbers_in_long_places(void)
{
    enum { COUNT = 700 };
    for (int i = 1; i <= COUNT; i++) {
        struct message message = store_message_in("#a", "x");
        message.time_ms = 1000 + i / 3;
        message.kind = i % 100 ? MESSAGE_NOTICE : MESSAGE_SAY;
        store_submit(store, &message, 0);
    }
    say("#b", "waits for all of them");
    check_between(at_time(1000 + 100), end, 1, "303:x +");
    check_between(at_time(1000 + 100), start, 1, "299:x +");
    check_between(at_time(1000 + 200), at_time(1000 + 202), 9, "603:x 604:x 605:x");
    check_between(at_seq(511), end, 2, "512:x 513:x +");
    check_between(at_seq(65), start, 2, "63:x 64:x +");
    struct store_query query = {
        .place = TEXT("#a"), .from = start, .to = end, .limit = 3, .kinds = 1u << MESSAGE_SAY};
    check_text(text_of(store_ask(kind, store, &query)), "100:x 200:x 300:x +");
    query.from = end;
    query.to = start;
    check_text(text_of(store_ask(kind, store, &query)), "500:x 600:x 700:x +");
    query.from = at_seq(350);
    query.around = true;
    check_text(text_of(store_ask(kind, store, &query)), "300:x 400:x 500:x +");
}

// The number of the message that is nearest to a time, on the way to `to`; 0: there is none.
static uint64_t nearest(int64_t time_ms, struct store_mark to)
{
    uint64_t seq = 0;
    struct store_query query = {
        .place = TEXT("#a"), .from = at_time(time_ms), .to = to, .limit = 1};
    struct text page = text_of(store_ask(kind, store, &query));
    check(page.len == 0 || text_number(text_head(page, text_find(page, ':')), 1000, &seq));
    return seq;
}

static void f08_the_clock_may_go_back(void)
{
    enum { COUNT = 200 };
    static const int64_t hours[] = {1, -1, 10 * 365 * 24, -10 * 365 * 24};
    int64_t times[COUNT + 2];
    times[0] = 1700000000000;
    for (unsigned i = 1; i <= COUNT; i++) {
        times[i] = times[i - 1] + test_random(3);
        times[i] += test_random(20) ? 0 : hours[test_random(4)] * 3600000;
        struct message message = store_message_in("#a", "x");
        message.time_ms = times[i];
        store_submit(store, &message, 0);
    }
    say("#b", "waits for all of them");
    for (unsigned i = 1; i <= COUNT; i++) {
        int64_t time_ms = times[i] + test_random(3) - 1;
        uint64_t before = nearest(time_ms, start);
        uint64_t after = nearest(time_ms, end);
        check(before <= COUNT && (before == 0 || times[before] != time_ms));
        check(after <= COUNT && (after == 0 || (after > before && times[after] > time_ms)));
        for (uint64_t at = before + 1; at < (after ? after : COUNT + 1); at++) {
            check(times[at] == time_ms);
        }
    }
    check_between(end, start, 3, "198:x 199:x 200:x +");
    check_between(at_seq(100), end, 2, "101:x 102:x +");
}

static struct store_result redact(const char *place, uint64_t id, struct identity by)
{
    struct message message = store_message_in(place, "");
    message.kind = MESSAGE_REDACTION;
    message.id = id;
    message.sender = by;
    return store_put(kind, store, &message);
}

static void deletes_what_somebody_said(void)
{
    struct message message = store_message_in("#a", "the quick fox");
    message.tags = TEXT("+a=b");
    uint64_t id = store_put(kind, store, &message).id;
    say("#a", "a quick dog");
    check_read("#a", "quick", "1:the quick fox 2:a quick dog");
    check_number(redact("#b", id, (struct identity){7, false}).error, -ENOENT);
    check_number(redact("#a", id + 9, (struct identity){7, false}).error, -ENOENT);
    check_number(redact("#a", id, (struct identity){8, false}).error, -EACCES);
    check_number(redact("#a", id, (struct identity){7, true}).error, -EACCES);
    struct store_result result = redact("#a", id, (struct identity){7, false});
    check_number(result.error, 0);
    check_number(result.id, id);
    check_number(result.seq, 1);
    store = kind->reopen(store);
    check_read("#a", "", "1: 2:a quick dog");
    check_read("#a", "quick", "2:a quick dog");
    check_read("#a", "fox", "");
    check_number(redact("#a", id, (struct identity){7, false}).error, -ENOENT);
    check_number(redact("#a", id + 1, (struct identity){0}).error, 0);
    check_read("#a", "", "1: 2:");
    check_number(store_say(kind, store, "#a", "next"), 3);
}

static void a_topic_is_not_deleted(void)
{
    struct message message = store_message_in("#a", "topic");
    message.kind = MESSAGE_TOPIC;
    uint64_t id = store_put(kind, store, &message).id;
    check_number(redact("#a", id, (struct identity){0}).error, -ENOENT);
}

static void whisper(struct identity by, struct identity to, const char *text, int64_t time_ms)
{
    char key[STORE_KEY_MAX];
    struct message message = store_message_in("", text);
    message.place = store_conversation_key(key, by, to);
    message.place_shown = TEXT("");
    message.sender = by;
    message.recipient = to;
    message.time_ms = time_ms;
    check_number(store_put(kind, store, &message).error, 0);
}

static void check_conversations(struct identity who, struct store_mark from, struct store_mark to,
                                uint32_t limit, const char *expected)
{
    struct store_query query = {.who = who, .from = from, .to = to, .limit = limit};
    check_text(text_of(store_ask(kind, store, &query)), expected);
}

static void lists_the_conversations_of_somebody(void)
{
    struct identity ann = {1, false};
    struct identity bob = {2, false};
    struct identity account = {1, true};
    whisper(ann, bob, "to bob", 10);
    whisper(account, bob, "from an account", 20);
    whisper(ann, ann, "to myself", 30);
    whisper(bob, ann, "back", 40);
    say("#a", "in a room");
    store = kind->reopen(store);
    check_conversations(ann, start, end, 9, "1:to myself 2:back");
    check_conversations(ann, end, start, 9, "1:to myself 2:back");
    check_conversations(ann, end, start, 1, "2:back +");
    check_conversations(ann, start, end, 1, "1:to myself +");
    check_conversations(ann, at_time(30), at_time(50), 9, "2:back");
    check_conversations(ann, at_time(40), at_time(10), 9, "1:to myself");
    check_conversations(bob, start, end, 9, "1:from an account 2:back");
    check_conversations(account, start, end, 9, "1:from an account");
    check_conversations((struct identity){9, false}, start, end, 9, "");
}

static void run_case(const char *name, void (*function)(void))
{
    store = kind->make();
    test_run(name, function);
    store_destroy(store);
    store = NULL;
}

void store_mark_cases_run(const struct store_kind *of)
{
    kind = of;
#define CASE(function) run_case(#function, function)
    CASE(reads_from_a_mark_to_another);
    CASE(reads_around_a_mark);
    CASE(an_id_of_another_place_is_unknown);
    CASE(finds_times_and_numbers_in_long_places);
    CASE(f08_the_clock_may_go_back);
    CASE(deletes_what_somebody_said);
    CASE(a_topic_is_not_deleted);
    CASE(lists_the_conversations_of_somebody);
#undef CASE
}
