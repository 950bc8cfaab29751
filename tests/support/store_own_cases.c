// What belongs to somebody: all of it found, and erased.
#include "support/store_cases.h"
#include "support/test.h"

#include <errno.h>

// The kind under test: test functions take no arguments.
static const struct store_kind *kind;
static struct store *store;

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

static struct store_result erase(const char *place, uint64_t id, struct identity who)
{
    struct message message = store_message_in(place, "");
    message.kind = MESSAGE_ERASURE;
    message.id = id;
    message.sender = who;
    message.sender_name = TEXT("*");
    return store_put(kind, store, &message);
}

static uint64_t say_by(struct identity by, const char *place, const char *text,
                       enum message_kind how)
{
    struct message message = store_message_in(place, text);
    message.kind = how;
    message.sender = by;
    message.sender_name = TEXT("Ann");
    message.tags = TEXT("+a=b");
    return store_put(kind, store, &message).id;
}

// The first of a page, taken apart.
struct first {
    bool there;
    size_t count;
    bool more;
    uint64_t looked_to;
    struct message *message; // owned; NULL: none
};

static void take_first(void *context, const struct store_answer *answer)
{
    struct first *first = context;
    check_number(answer->error, 0);
    *first = (struct first){true, answer->message_count, answer->more, answer->id, NULL};
    if (answer->message_count) {
        first->message = message_copy(answer->messages);
    }
}

static struct first ask_first(struct store_query query)
{
    struct first first = {0};
    store_query(store, &query, 0);
    while (!first.there) {
        kind->wait(store);
        store_collect(store, take_first, &first);
    }
    return first;
}

static struct first everything_of(struct identity who, uint64_t after, uint32_t limit)
{
    return ask_first((struct store_query){
        .everything = true, .who = who, .from = {STORE_ID, after, 0}, .limit = limit});
}

static const struct identity ann = {1, true};
static const struct identity bob = {2, true};

static void finds_everything_of_somebody(void)
{
    uint64_t first_id = say_by(ann, "#a", "one", MESSAGE_SAY);
    say_by(bob, "#a", "two", MESSAGE_SAY);
    whisper(ann, bob, "to bob", 10);
    whisper(bob, ann, "to ann", 10);
    whisper(bob, (struct identity){1, false}, "to a guest", 10);
    uint64_t topic = say_by(ann, "#b", "topic", MESSAGE_TOPIC);
    say_by((struct identity){1, false}, "#b", "guest", MESSAGE_SAY);
    store = kind->reopen(store);
    struct store_query query = {
        .everything = true, .who = ann, .from = {STORE_ID, 0, 0}, .limit = 9};
    check_text(text_of(store_ask(kind, store, &query)), "1:one 1:to bob 2:to ann 1:topic");
    query.limit = 2;
    check_text(text_of(store_ask(kind, store, &query)), "1:one 1:to bob +");
    struct first page = everything_of(ann, 0, 1);
    check(page.more && page.looked_to >= first_id && page.looked_to < first_id + 2);
    check_text(page.message->place, "#a");
    check_text(page.message->place_shown, "#a");
    free(page.message);
    page = everything_of(ann, topic, 9);
    check(!page.more && page.count == 0 && page.looked_to == topic + 1);
    query.limit = 9;
    query.kinds = 1u << MESSAGE_TOPIC;
    check_text(text_of(store_ask(kind, store, &query)), "1:topic");
}

// It goes on where the page before has ended, whether there was something or not.
static void finds_everything_among_much(void)
{
    enum { MUCH = 9000 };
    uint64_t own = say_by(ann, "#a", "first", MESSAGE_SAY);
    for (int i = 0; i < MUCH; i++) {
        struct message message = store_message_in("#b", "x");
        store_submit(store, &message, 0);
    }
    uint64_t last = say_by(ann, "#a", "last", MESSAGE_SAY);
    uint64_t at = 0;
    size_t found = 0;
    bool more = true;
    for (int pages = 0; more && pages < 10; pages++) {
        struct first page = everything_of(ann, at, 9);
        check(page.looked_to > at);
        at = page.looked_to;
        found += page.count;
        more = page.more;
        check(!page.message || page.message->id == own || page.message->id == last);
        free(page.message);
    }
    check(!more);
    check_number(found, 2);
    check_number(at, last);
}

static struct message *only_message(const char *place)
{
    struct first page = ask_first((struct store_query){.place = text_of(place),
                                                       .from = {.kind = STORE_START},
                                                       .to = {.kind = STORE_END},
                                                       .limit = 9});
    check_number(page.count, 1);
    return page.message;
}

static void erases_what_somebody_said(void)
{
    uint64_t id = say_by(ann, "#a", "the quick fox", MESSAGE_SAY);
    check_text(text_of(store_read(kind, store, "#a", UINT64_MAX, 9, "quick")), "1:the quick fox");
    check_number(erase("#a", id, bob).error, -ENOENT);
    check_number(erase("#b", id, ann).error, -ENOENT);
    struct store_result result = erase("#a", id, ann);
    check_number(result.error, 0);
    check_number(result.id, id);
    check_number(result.seq, 1);
    check_number(erase("#a", id, ann).error, -ENOENT);
    store = kind->reopen(store);
    check_text(text_of(store_read(kind, store, "#a", UINT64_MAX, 9, "quick")), "");
    struct message *left = only_message("#a");
    check_number(left->kind, MESSAGE_DELETED);
    check_number(left->sender.number, 0);
    check_text(left->sender_name, "*");
    check_text(left->sender_mask, "");
    check_text(left->tags, "");
    check_text(left->text, "");
    free(left);
    check_number(everything_of(ann, 0, 9).count, 0);
}

static void take_setter(void *context, const struct store_room *room)
{
    snprintf(context, 16, "%.*s", TEXT_ARG(room->topic_by));
    check_text(room->topic, "about foxes");
}

static void an_erased_topic_stays_without_its_name(void)
{
    char by[16] = "";
    uint64_t id = say_by(ann, "#a", "about foxes", MESSAGE_TOPIC);
    check_number(erase("#a", id, ann).error, 0);
    store = kind->reopen(store);
    struct message *left = only_message("#a");
    check_number(left->kind, MESSAGE_TOPIC);
    check_text(left->sender_name, "*");
    check_text(left->text, "about foxes");
    free(left);
    store_each_room(store, take_setter, by);
    check_text(text_of(by), "*");
}

static void erasing_takes_the_name_from_what_others_sent(void)
{
    whisper(bob, ann, "to ann", 10);
    struct first page = everything_of(ann, 0, 9);
    char place[STORE_KEY_MAX + 1];
    snprintf(place, sizeof place, "%.*s", TEXT_ARG(page.message->place));
    check_number(erase(place, page.message->id, ann).error, 0);
    free(page.message);
    struct message *left = only_message(place);
    check_number(left->kind, MESSAGE_SAY);
    check_text(left->text, "to ann");
    check_text(left->recipient_name, "*");
    check(left->sender_name.len > 1);
    free(left);
}

static void run_case(const char *name, void (*function)(void))
{
    store = kind->make();
    test_run(name, function);
    store_destroy(store);
    store = NULL;
}

void store_own_cases_run(const struct store_kind *of)
{
    kind = of;
#define CASE(function) run_case(#function, function)
    CASE(finds_everything_of_somebody);
    CASE(finds_everything_among_much);
    CASE(erases_what_somebody_said);
    CASE(an_erased_topic_stays_without_its_name);
    CASE(erasing_takes_the_name_from_what_others_sent);
#undef CASE
}
