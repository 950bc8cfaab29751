#include "support/store_cases.h"
#include "support/test.h"

static const struct store_kind *kind;
static struct store *store;

static const struct store_mark start = {.kind = STORE_START};
static const struct store_mark end = {.kind = STORE_END};

static void say_at(const char *place, const char *text, int64_t time_ms)
{
    struct message message = store_message_in(place, text);
    message.time_ms = time_ms;
    check_number(store_put(kind, store, &message).error, 0);
}

static void say_many(const char *place, int count)
{
    for (int i = 1; i <= count; i++) {
        char text[32];
        snprintf(text, sizeof text, "word%d", i);
        say_at(place, text, 1000 + i);
    }
}

static void retain_only(const struct store_retention *retention)
{
    (kind->retain ? kind->retain : store_retain)(store, retention);
}

static void retain(int64_t before_ms, uint64_t messages)
{
    retain_only(&(struct store_retention){
        .before_ms = before_ms, .now_ms = INT64_MAX, .messages = messages});
}

static void retain_bytes(int64_t before_ms, uint64_t bytes)
{
    retain_only(
        &(struct store_retention){.before_ms = before_ms, .now_ms = INT64_MAX, .bytes = bytes});
}

static uint64_t first_seq;

static void note_first(void *context, const struct store_answer *answer)
{
    (void)context;
    first_seq = answer->first_seq;
}

static uint64_t first_of(const char *place)
{
    struct store_query query = {.place = text_of(place), .from = end, .to = start, .limit = 1};
    store_query(store, &query, 0);
    do {
        kind->wait(store);
    } while (!store_collect(store, note_first, NULL));
    return first_seq;
}

static const char *read_from_start(const char *place, uint32_t limit)
{
    return store_ask(
        kind, store,
        &(struct store_query){.place = text_of(place), .from = start, .to = end, .limit = limit});
}

static void check_said(const char *said, const char *expected)
{
    check_text(text_of(said), expected);
}

static void what_is_older_goes(void)
{
    say_at("#a", "one", 100);
    say_at("#b", "two", 199);
    say_at("#a", "three", 200);
    say_at("#a", "four", 300);
    retain(200, 0);
    check_said(store_read(kind, store, "#a", 9, 9, ""), "2:three 3:four");
    check_said(read_from_start("#a", 1), "2:three +");
    check_said(store_read(kind, store, "#b", 9, 9, ""), "");
    check_number((long long)first_of("#a"), 2);
    check_said(store_read(kind, store, "#a", 9, 9, "one"), "");
    check_said(store_read(kind, store, "#a", 9, 9, "three"), "2:three");
    retain(INT64_MIN, 0);
    check_number((long long)first_of("#a"), 2);
}

// The clock was wrong for a while: what was said then goes with what was said next.
static void f08_what_is_dated_in_the_future_goes_with_the_next(void)
{
    struct store_retention at = {.before_ms = 100, .now_ms = 400};
    say_at("#a", "first", 5);
    say_at("#a", "in a year", 9000);
    say_at("#a", "in a year too", 9001);
    say_at("#a", "one", 100);
    say_at("#a", "in a year again", 9002);
    say_at("#a", "two", 200);
    say_at("#a", "last in a year", 9003);
    retain_only(&at);
    check_said(read_from_start("#a", 1), "2:in a year +");
    at.before_ms = 101;
    retain_only(&at);
    check_said(read_from_start("#a", 1), "5:in a year again +");
    retain_only(&at);
    check_said(read_from_start("#a", 2), "5:in a year again 6:two +");
    at = (struct store_retention){.before_ms = 300, .now_ms = 500};
    retain_only(&at);
    // Nothing follows the last one yet, which therefore stays.
    check_said(read_from_start("#a", 9), "7:last in a year");
    say_at("#a", "three", 400);
    retain_only(&at);
    check_said(read_from_start("#a", 9), "7:last in a year 8:three");
    at = (struct store_retention){.before_ms = 401, .now_ms = 600};
    retain_only(&at);
    check_said(read_from_start("#a", 9), "");
}

// A clock that is set back lets nothing go that is not dated too early itself.
static void f08_a_clock_that_is_set_back_lets_nothing_go(void)
{
    say_at("#a", "one", 5000);
    say_at("#a", "two", 6000);
    retain_only(&(struct store_retention){.before_ms = -900, .now_ms = 100});
    say_at("#a", "three", 100);
    retain_only(&(struct store_retention){.before_ms = -900, .now_ms = 100});
    check_number((long long)first_of("#a"), 1);
}

static void numbers_and_ids_go_on_behind_what_is_gone(void)
{
    say_at("#a", "one", 100);
    struct message two = store_message_in("#a", "two");
    two.time_ms = 101;
    uint64_t id = store_put(kind, store, &two).id;
    retain(200, 0);
    check_said(store_read(kind, store, "#a", 9, 9, ""), "");
    store = kind->reopen(store);
    struct message three = store_message_in("#a", "three");
    three.time_ms = 300;
    struct store_result result = store_put(kind, store, &three);
    check_number((long long)result.seq, 3);
    check(result.id > id);
    check_said(read_from_start("#a", 9), "3:three");
    struct message gone = {.kind = MESSAGE_REDACTION, .id = id, .place = TEXT("#a")};
    check_number(store_put(kind, store, &gone).error, -2);
}

static void of_each_place_the_newest_are_kept(void)
{
    say_many("#a", 400);
    say_many("#b", 5);
    retain(INT64_MIN, 100);
    uint64_t first = first_of("#a");
    check(first > 400 - 164 && first <= 400 - 99);
    char oldest[64];
    snprintf(oldest, sizeof oldest, "%llu:word%llu +", (unsigned long long)first,
             (unsigned long long)first);
    check_said(read_from_start("#a", 1), oldest);
    check_said(store_read(kind, store, "#a", 350, 1, ""), "350:word350 +");
    check_said(store_read(kind, store, "#a", 400, 9, "word2"), "");
    check_said(store_read(kind, store, "#a", 400, 9, "word350"), "350:word350");
    check_number((long long)first_of("#b"), 1);
    store = kind->reopen(store);
    check_number((long long)first_of("#a"), (long long)first);
}

static void so_many_are_not_too_many(void)
{
    say_many("#a", 64);
    retain(INT64_MIN, 64);
    check_number((long long)first_of("#a"), 1);
}

// `count` messages of 10 bytes each, from the number `from` on.
static void say_tens(const char *place, int from, int count)
{
    for (int i = from; i < from + count; i++) {
        char text[32];
        snprintf(text, sizeof text, "text %05d", i);
        say_at(place, text, 1000 + i);
    }
}

static void redact(const char *place, uint64_t id)
{
    struct message redaction = {.kind = MESSAGE_REDACTION, .id = id, .place = text_of(place)};
    check_number(store_put(kind, store, &redaction).error, 0);
}

// At least so many are left, and up to 63 more.
static void check_left(const char *place, int last, int count)
{
    uint64_t first = first_of(place);
    check(first + (uint64_t)count <= (uint64_t)last + 1);
    check(first + (uint64_t)count + 63 >= (uint64_t)last + 1);
    char oldest[64];
    snprintf(oldest, sizeof oldest, "%llu:text %05llu%s", (unsigned long long)first,
             (unsigned long long)first, first < (uint64_t)last ? " +" : "");
    check_said(read_from_start(place, 1), oldest);
}

static void of_each_place_so_much_text_is_kept(void)
{
    say_tens("#a", 1, 400);
    say_tens("#b", 1, 5);
    retain_bytes(INT64_MIN, 4000);
    check_number((long long)first_of("#a"), 1);
    retain_bytes(INT64_MIN, 1000);
    check_left("#a", 400, 100);
    check_said(store_read(kind, store, "#a", 400, 9, "00002"), "");
    check_number((long long)first_of("#b"), 1);
    uint64_t first = first_of("#a");
    store = kind->reopen(store);
    check_number((long long)first_of("#a"), (long long)first);
    say_tens("#a", 401, 100);
    retain_bytes(INT64_MIN, 1000);
    check_left("#a", 500, 100);
}

static void text_that_was_deleted_does_not_count(void)
{
    say_tens("#a", 1, 300);
    for (uint64_t id = 11; id <= 300; id++) {
        redact("#a", id);
    }
    // 100 bytes are left of it, in the first messages.
    retain_bytes(INT64_MIN, 100);
    check_number((long long)first_of("#a"), 1);
    say_tens("#a", 301, 100);
    retain_bytes(INT64_MIN, 1000);
    uint64_t first = first_of("#a");
    check(first > 10 && first <= 301);
    retain_bytes(INT64_MIN, 300);
    check_left("#a", 400, 30);
}

static void age_and_size_go_together(void)
{
    say_tens("#a", 1, 300);
    retain_bytes(1000 + 101, 2500); // of the age of the first hundred; 2,000 bytes are left
    check_number((long long)first_of("#a"), 101);
    retain_bytes(INT64_MIN, 2000);
    check_number((long long)first_of("#a"), 101);
    retain_bytes(1000 + 111, 1000);
    check_left("#a", 300, 100);
    retain_bytes(1000 + 291, 1000);
    check_number((long long)first_of("#a"), 291);
    say_tens("#a", 301, 90);
    retain_bytes(1000 + 201, 1000); // 1,000 are left, the first of them before a milestone
    check_number((long long)first_of("#a"), 291);
    retain_bytes(INT64_MIN, 100);
    check_left("#a", 390, 10);
    retain_bytes(1000 + 391, 100);
    check_said(store_read(kind, store, "#a", 400, 9, ""), "");
    say_tens("#a", 391, 200);
    retain_bytes(INT64_MIN, 1000);
    check_left("#a", 590, 100);
}

static void deleted_messages_go_as_well(void)
{
    say_at("#a", "one", 100);
    struct message redaction = {.kind = MESSAGE_REDACTION, .id = 1, .place = TEXT("#a")};
    check_number(store_put(kind, store, &redaction).error, 0);
    say_at("#a", "two", 300);
    retain(200, 0);
    check_said(read_from_start("#a", 9), "2:two");
}

static void what_is_kept_whole_stays(void)
{
    say_at("!audit", "done", 100);
    say_at("#a", "one", 100);
    say_many("!audit", 200);
    retain(200, 0);
    retain(INT64_MIN, 10);
    retain_bytes(INT64_MIN, 10);
    check_number((long long)first_of("!audit"), 1);
    check_number((long long)first_of("#a"), 2);
}

static void run_case(const char *name, void (*function)(void))
{
    store = kind->make();
    test_run(name, function);
    store_destroy(store);
    store = NULL;
}

void store_retain_cases_run(const struct store_kind *of)
{
    kind = of;
    run_case("what_is_older_goes", what_is_older_goes);
    run_case("f08_what_is_dated_in_the_future_goes_with_the_next",
             f08_what_is_dated_in_the_future_goes_with_the_next);
    run_case("f08_a_clock_that_is_set_back_lets_nothing_go",
             f08_a_clock_that_is_set_back_lets_nothing_go);
    run_case("numbers_and_ids_go_on_behind_what_is_gone",
             numbers_and_ids_go_on_behind_what_is_gone);
    run_case("of_each_place_the_newest_are_kept", of_each_place_the_newest_are_kept);
    run_case("so_many_are_not_too_many", so_many_are_not_too_many);
    run_case("of_each_place_so_much_text_is_kept", of_each_place_so_much_text_is_kept);
    run_case("text_that_was_deleted_does_not_count", text_that_was_deleted_does_not_count);
    run_case("age_and_size_go_together", age_and_size_go_together);
    run_case("deleted_messages_go_as_well", deleted_messages_go_as_well);
    run_case("what_is_kept_whole_stays", what_is_kept_whole_stays);
}
