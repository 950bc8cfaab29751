#include "support/store_cases.h"

#include "base/buf.h"
#include "support/test.h"

// The kind under test: test functions take no arguments.
static const struct store_kind *kind;
static struct store *store;

struct message store_message_in(const char *place, const char *text)
{
    return (struct message){.kind = MESSAGE_SAY,
                            .time_ms = 1700000000000,
                            .place = text_of(place),
                            .place_shown = text_of(place),
                            .sender = {7, false},
                            .sender_name = TEXT("Ann"),
                            .text = text_of(text)};
}

enum { PUT_COOKIE = 1000000 };

struct waiting_result {
    bool there;
    struct store_result result;
};

static void take_result(void *context, const struct store_answer *answer)
{
    struct waiting_result *waiting = context;
    check(answer->kind == STORE_WRITTEN);
    if (answer->cookie == PUT_COOKIE) { // else of one that was submitted before
        waiting->there = true;
        waiting->result = (struct store_result){answer->error, answer->id, answer->seq};
    }
}

struct store_result store_put(const struct store_kind *of, struct store *s,
                              const struct message *message)
{
    struct waiting_result waiting = {0};
    store_submit(s, message, PUT_COOKIE);
    while (!waiting.there) {
        of->wait(s);
        store_collect(s, take_result, &waiting);
    }
    return waiting.result;
}

uint64_t store_say(const struct store_kind *of, struct store *s, const char *place,
                   const char *text)
{
    struct message message = store_message_in(place, text);
    struct store_result result = store_put(of, s, &message);
    check_number(result.error, 0);
    return result.seq;
}

struct page_text {
    bool there;
    struct buf text;
};

static void take_page(void *context, const struct store_answer *answer)
{
    struct page_text *page = context;
    check(answer->kind == STORE_PAGE);
    page->there = true;
    if (answer->error) {
        buf_printf(&page->text, "error %d", answer->error);
    }
    for (size_t i = 0; i < answer->message_count; i++) {
        const struct message *m = &answer->messages[i];
        check(buf_printf(&page->text, "%s%llu:%.*s", i ? " " : "", (unsigned long long)m->seq,
                         TEXT_ARG(m->text)));
    }
    if (answer->more) {
        buf_printf(&page->text, " +");
    }
    buf_add_char(&page->text, '\0');
}

const char *store_ask(const struct store_kind *of, struct store *s, const struct store_query *query)
{
    static struct page_text page;
    buf_finish(&page.text);
    buf_init(&page.text, 1 << 20);
    page.there = false;
    if (of->settle) {
        of->settle(s);
    }
    store_query(s, query, 2);
    while (!page.there) {
        of->wait(s);
        store_collect(s, take_page, &page);
    }
    return page.text.at;
}

const char *store_read(const struct store_kind *of, struct store *s, const char *place,
                       uint64_t to_seq, uint32_t limit, const char *words)
{
    struct store_query query = {.place = text_of(place),
                                .from = {.kind = STORE_END},
                                .to = {.kind = STORE_START},
                                .limit = limit,
                                .words = text_of(words)};
    if (to_seq != UINT64_MAX) {
        query.from = (struct store_mark){STORE_SEQ, to_seq + 1, 0};
    }
    return store_ask(of, s, &query);
}

static uint64_t say(const char *place, const char *text)
{
    return store_say(kind, store, place, text);
}

static void check_read(const char *place, uint64_t to_seq, uint32_t limit, const char *words,
                       const char *expected)
{
    check_text(text_of(store_read(kind, store, place, to_seq, limit, words)), expected);
}

static void numbers_each_place_without_holes(void)
{
    check_number(say("#a", "one"), 1);
    check_number(say("#b", "one"), 1);
    check_number(say("#a", "two"), 2);
    store = kind->reopen(store);
    check_number(say("#a", "three"), 3);
    check_number(say("#b", "two"), 2);
    check_read("#a", UINT64_MAX, 10, "", "1:one 2:two 3:three");
}

struct order {
    uint64_t next_cookie;
    uint64_t last_id;
};

static void check_order(void *context, const struct store_answer *answer)
{
    struct order *order = context;
    check_number(answer->error, 0);
    check_number(answer->cookie, order->next_cookie++);
    check(answer->id > order->last_id);
    order->last_id = answer->id;
}

static void answers_writes_in_their_order(void)
{
    struct order order = {0};
    for (uint64_t i = 0; i < 300; i++) {
        struct message message = store_message_in(i % 3 ? "#a" : "#b", "hello");
        store_submit(store, &message, i);
    }
    while (order.next_cookie < 300) {
        kind->wait(store);
        store_collect(store, check_order, &order);
    }
}

static void pages_end_at_the_number_asked_for(void)
{
    check_read("#a", UINT64_MAX, 5, "", "");
    for (int i = 0; i < 5; i++) {
        char text[2] = {(char)('a' + i), 0};
        say("#a", text);
    }
    check_read("#a", UINT64_MAX, 5, "", "1:a 2:b 3:c 4:d 5:e");
    check_read("#a", UINT64_MAX, 2, "", "4:d 5:e +");
    check_read("#a", 3, 2, "", "2:b 3:c +");
    check_read("#a", 2, 2, "", "1:a 2:b");
    check_read("#a", 99, 1, "", "5:e +");
    check_read("#a", 0, 5, "", "");
    check_read("#b", UINT64_MAX, 5, "", "");
    check_read("", UINT64_MAX, 5, "", "");
}

static void count_page(void *context, const struct store_answer *answer)
{
    size_t *counts = context;
    counts[0] = answer->message_count;
    counts[1] = answer->more;
    counts[2] = (size_t)answer->messages[answer->message_count - 1].seq;
}

static void pages_end_at_their_bytes(void)
{
    static char text[STORE_TEXT_MAX + 1];
    memset(text, 'x', STORE_TEXT_MAX);
    for (int i = 0; i < 20; i++) {
        say("#a", text);
    }
    size_t counts[3] = {0};
    struct store_query query = {.place = TEXT("#a"),
                                .from = {.kind = STORE_END},
                                .to = {.kind = STORE_START},
                                .limit = 500};
    store_query(store, &query, 0);
    while (!counts[0]) {
        kind->wait(store);
        store_collect(store, count_page, counts);
    }
    check_number(counts[0], 15);
    check(counts[1]);
    check_number(counts[2], 20);
}

static const struct message conversation_message = {
    .kind = MESSAGE_ACTION,
    .time_ms = -5,
    .place = TEXT_INIT("a1+g2"),
    .sender = {UINT64_MAX, true},
    .sender_name = TEXT_INIT("\xc3\x84nn"),
    .sender_mask = TEXT_INIT("ann@host"),
    .tags = TEXT_INIT("+a=b;+c"),
    .recipient = {UINT64_MAX - 1, false},
    .recipient_name = TEXT_INIT("Bob"),
    .text = TEXT_INIT("a\0b"),
};

static void check_message(void *context, const struct store_answer *answer)
{
    const struct message *m = answer->messages;
    const struct message *expected = &conversation_message;
    check_number(answer->message_count, 1);
    check_number(answer->cookie, 77);
    check_number(m->kind, expected->kind);
    check_number(m->time_ms, expected->time_ms);
    check_number(m->seq, 1);
    check(m->id > 0);
    check(m->sender.number == UINT64_MAX && m->sender.account);
    check(m->recipient.number == UINT64_MAX - 1 && !m->recipient.account);
    check(text_equal(m->place, expected->place) && m->place_shown.len == 0);
    check(text_equal(m->sender_name, expected->sender_name));
    check(text_equal(m->sender_mask, expected->sender_mask));
    check(text_equal(m->tags, expected->tags));
    check(text_equal(m->recipient_name, expected->recipient_name));
    check(text_equal(m->text, expected->text));
    *(bool *)context = true;
}

static void gives_back_what_it_was_given(void)
{
    bool seen = false;
    check_number(store_put(kind, store, &conversation_message).error, 0);
    store = kind->reopen(store);
    struct store_query query = {.place = TEXT("a1+g2"),
                                .from = {.kind = STORE_END},
                                .to = {.kind = STORE_START},
                                .limit = 1};
    store_query(store, &query, 77);
    while (!seen) {
        kind->wait(store);
        store_collect(store, check_message, &seen);
    }
}

static void search_wants_all_words(void)
{
    say("#a", "the quick brown fox");
    say("#a", "the lazy dog");
    say("#a", "a quick dog");
    say("#b", "quick dog elsewhere");
    check_read("#a", UINT64_MAX, 9, "quick", "1:the quick brown fox 3:a quick dog");
    check_read("#a", UINT64_MAX, 9, "dog quick", "3:a quick dog");
    check_read("#a", UINT64_MAX, 9, "qui", "");
    check_read("#c", UINT64_MAX, 9, "quick", "");
}

static void search_finds_the_newest_first(void)
{
    say("#a", "red 1");
    say("#a", "blue 2");
    say("#a", "red 3");
    say("#a", "red 4");
    check_read("#a", UINT64_MAX, 2, "red", "3:red 3 4:red 4 +");
    check_read("#a", UINT64_MAX, 3, "red", "1:red 1 3:red 3 4:red 4");
    check_read("#a", 3, 2, "red", "1:red 1 3:red 3");
    check_read("#a", 3, 1, "red", "3:red 3 +");
    check_read("#a", 2, 1, "red", "1:red 1");
}

static void search_knows_no_case_and_no_accents(void)
{
    say("#a", "Stra\xc3\x9f"
              "e nach \xc3\x89vreux");
    say("#a", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82");
    check_read("#a", UINT64_MAX, 9, "evreux NACH",
               "1:Stra\xc3\x9f"
               "e nach \xc3\x89vreux");
    check_read("#a", UINT64_MAX, 9, "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
               "2:\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82");
}

static void search_takes_words_literally(void)
{
    say("#a", "one OR two");
    say("#a", "two place1 text");
    say("#a", "foo, bar");
    say("#a", "bar foo");
    check_read("#a", UINT64_MAX, 9, "one OR nothing", "");
    check_read("#a", UINT64_MAX, 9, "OR", "1:one OR two");
    check_read("#a", UINT64_MAX, 9, "on*", "");
    check_read("#a", UINT64_MAX, 9, "\"two\"", "1:one OR two 2:two place1 text");
    check_read("#a", UINT64_MAX, 9, "text:two", "");
    check_read("#a", UINT64_MAX, 9, "foo-bar", "3:foo, bar");
    check_read("#a", UINT64_MAX, 9, "^foo", "3:foo, bar 4:bar foo");
    check_read("#a", UINT64_MAX, 9, "NOT", "");
    check_read("#a", UINT64_MAX, 9, ") AND (", "");
    check_read("#a", UINT64_MAX, 9, "!!! ???", "");
    check_read("#a", UINT64_MAX, 9, " ", "");
    check_read("#a", UINT64_MAX, 9, "foo !!!", "3:foo, bar 4:bar foo");
}

static void search_takes_many_words(void)
{
    struct buf words;
    buf_init(&words, 4096);
    say("#a", "a b c");
    while (buf_add(&words, TEXT("a b c "))) {
    }
    words.overflow = false;
    buf_cut(&words, words.len - 8);
    buf_add_char(&words, '\0');
    check_read("#a", UINT64_MAX, 9, words.at, "1:a b c");
    words.at[words.len - 2] = 'd';
    check_read("#a", UINT64_MAX, 9, words.at, "");
    buf_finish(&words);
}

struct rooms {
    struct buf text;
};

static void add_room(void *context, const struct store_room *room)
{
    struct rooms *rooms = context;
    buf_printf(&rooms->text, "%.*s %.*s '%.*s' %.*s %lld %llu\n", TEXT_ARG(room->key),
               TEXT_ARG(room->shown), TEXT_ARG(room->topic), TEXT_ARG(room->topic_by),
               (long long)room->topic_ms, (unsigned long long)room->last_seq);
}

static void check_rooms(const char *expected)
{
    struct rooms rooms;
    buf_init(&rooms.text, 4096);
    store_each_room(store, add_room, &rooms);
    check_text(buf_text(&rooms.text), expected);
    buf_finish(&rooms.text);
}

static void set_topic(const char *text, int64_t time_ms)
{
    struct message message = store_message_in("#dev", text);
    message.place_shown = TEXT("#Dev");
    message.kind = MESSAGE_TOPIC;
    message.time_ms = time_ms;
    check_number(store_put(kind, store, &message).error, 0);
}

static void rooms_and_their_topics_are_kept(void)
{
    check_number(store_put(kind, store, &conversation_message).error, 0);
    set_topic("old", 1);
    set_topic("new topic", 2);
    store_say(kind, store, "#dev", "hi");
    store = kind->reopen(store);
    check_rooms("#dev #Dev 'new topic' Ann 2 3\n");
    check_read("#dev", UINT64_MAX, 9, "topic", "2:new topic");
    set_topic("", 3);
    store = kind->reopen(store);
    check_rooms("#dev #Dev '' Ann 3 4\n");
}

static void ask_again(void *context, const struct store_answer *answer)
{
    int *left = context;
    check_number(answer->error, 0);
    if (answer->kind == STORE_PAGE) {
        check(answer->message_count > 0);
        check_text(answer->messages[answer->message_count - 1].text, "again");
    }
    if ((*left)-- > 2) {
        struct message message = store_message_in("#a", "again");
        struct store_query query = {.place = TEXT("#a"),
                                    .from = {.kind = STORE_END},
                                    .to = {.kind = STORE_START},
                                    .limit = 3};
        store_submit(store, &message, 0);
        if (answer->kind == STORE_WRITTEN) {
            store_query(store, &query, 0);
        }
    }
    if (answer->kind == STORE_PAGE) { // still what it was, after further requests
        check_text(answer->messages[0].text, "again");
    }
}

static void answers_may_make_requests(void)
{
    int left = 20;
    struct message message = store_message_in("#a", "again");
    store_submit(store, &message, 0);
    while (left > 0) {
        kind->wait(store);
        store_collect(store, ask_again, &left);
    }
}

static void conversations_have_one_key(void)
{
    char key[STORE_KEY_MAX];
    struct identity account = {12, true};
    struct identity guest = {UINT64_MAX, false};
    struct identity other = {3, false};
    check_text(store_conversation_key(key, account, guest), "a12+g18446744073709551615");
    check_text(store_conversation_key(key, guest, account), "a12+g18446744073709551615");
    check_text(store_conversation_key(key, guest, other), "g3+g18446744073709551615");
    check_text(store_conversation_key(key, account, account), "a12+a12");
}

static void run_case(const char *name, void (*function)(void))
{
    store = kind->make();
    test_run(name, function);
    store_destroy(store);
    store = NULL;
}

void store_cases_run(const struct store_kind *of)
{
    kind = of;
#define CASE(function) run_case(#function, function)
    CASE(numbers_each_place_without_holes);
    CASE(answers_writes_in_their_order);
    CASE(pages_end_at_the_number_asked_for);
    CASE(pages_end_at_their_bytes);
    CASE(gives_back_what_it_was_given);
    CASE(search_wants_all_words);
    CASE(search_finds_the_newest_first);
    CASE(search_knows_no_case_and_no_accents);
    CASE(search_takes_words_literally);
    CASE(search_takes_many_words);
    CASE(rooms_and_their_topics_are_kept);
    CASE(answers_may_make_requests);
    CASE(conversations_have_one_key);
#undef CASE
    store_own_cases_run(kind);
    store_mark_cases_run(kind);
    store_record_cases_run(kind);
    store_retain_cases_run(kind);
}
