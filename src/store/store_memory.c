#include "store/store_memory.h"

#include "store/store.h"
#include "store/store_answers.h"
#include "store/store_memory_place.h"
#include "store/store_range.h"
#include "store/store_words.h"

#include <errno.h>
#include <stdlib.h>

struct memory_record {
    struct record *record; // owned
    UT_hash_handle hh;     // by kind, a zero byte, and key
    size_t name_len;
    char name[];
};

struct store_memory {
    struct store store;
    struct memory_places places;
    struct memory_record *records;
    struct answer_list answers;
    struct word_filter *filter; // NULL until something is searched
    size_t max_bytes;
    uint64_t last_id;
};

static struct store_memory *from(struct store *s)
{
    return (struct store_memory *)s;
}

static void set_text(char **kept, struct text t)
{
    free(*kept);
    *kept = text_copy(t);
}

static void set_topic(struct memory_place *place, const struct message *message)
{
    set_text(&place->topic, message->text);
    set_text(&place->topic_by, message->sender_name);
    place->topic_ms = message->time_ms;
}

static void add(struct store_memory *s, const struct message *message, uint64_t cookie)
{
    struct memory_place *place = memory_place_find(&s->places, message->place);
    if (!place) {
        place = memory_place_make(&s->places, message->place, message->place_shown);
    }
    if (message->kind == MESSAGE_TOPIC) {
        set_topic(place, message);
    }
    struct message *copy = message_copy(message);
    copy->id = ++s->last_id;
    memory_place_add(&s->places, place, copy);
    answer_list_written(&s->answers, cookie, 0, copy->id, copy->seq);
    struct memory_place *largest;
    while (s->places.bytes > s->max_bytes && (largest = memory_place_largest(&s->places))) {
        memory_place_drop(&s->places, largest);
    }
}

// The message with this id; NULL if there is none.
static const struct message *find_id(const struct memory_place *place, uint64_t id)
{
    const struct message *message = NULL;
    if (place && place->count) {
        message = memory_place_message(place, memory_place_after_id(place, id) - 1);
    }
    return message && message->id == id ? message : NULL;
}

static void redact(struct store_memory *s, const struct message *redaction, uint64_t cookie)
{
    struct memory_place *place = memory_place_find(&s->places, redaction->place);
    const struct message *message = find_id(place, redaction->id);
    int error = 0;
    if (!message || message->kind == MESSAGE_TOPIC || message->kind == MESSAGE_DELETED) {
        error = -ENOENT;
    } else if (redaction->sender.number && !identity_equal(redaction->sender, message->sender)) {
        error = -EACCES;
    }
    uint64_t seq = error ? 0 : message->seq;
    if (!error) {
        struct message deleted = *message;
        deleted.kind = MESSAGE_DELETED;
        deleted.text = TEXT("");
        deleted.tags = TEXT("");
        memory_place_replace(&s->places, place, seq, &deleted);
    }
    answer_list_written(&s->answers, cookie, error, error ? 0 : redaction->id, seq);
}

static bool has_part_in(struct identity who, const struct message *message)
{
    return identity_equal(message->sender, who) || identity_equal(message->recipient, who);
}

static void erase(struct store_memory *s, const struct message *erasure, uint64_t cookie)
{
    struct memory_place *place = memory_place_find(&s->places, erasure->place);
    const struct message *message = find_id(place, erasure->id);
    if (!message || !has_part_in(erasure->sender, message)) {
        answer_list_written(&s->answers, cookie, -ENOENT, 0, 0);
        return;
    }
    struct message erased = *message;
    message_erase(&erased, erasure->sender, erasure->sender_name);
    if (message->kind == MESSAGE_TOPIC && place->topic_ms == message->time_ms &&
        text_equal(text_of(place->topic_by), message->sender_name)) {
        set_text(&place->topic_by, erased.sender_name);
    }
    uint64_t seq = message->seq;
    memory_place_replace(&s->places, place, seq, &erased);
    answer_list_written(&s->answers, cookie, 0, erasure->id, seq);
}

static void submit(struct store *store, const struct message *message, uint64_t cookie)
{
    if (message->kind == MESSAGE_REDACTION) {
        redact(from(store), message, cookie);
    } else if (message->kind == MESSAGE_ERASURE) {
        erase(from(store), message, cookie);
    } else {
        add(from(store), message, cookie);
    }
}

static int by_name(const struct memory_record *a, const struct memory_record *b)
{
    return text_compare((struct text){a->name, a->name_len}, (struct text){b->name, b->name_len});
}

static void forget(struct store_memory *s, struct memory_record *kept)
{
    HASH_DEL(s->records, kept);
    free(kept->record);
    free(kept);
}

static void set(struct store *store, const struct record *record, uint64_t cookie)
{
    struct store_memory *s = from(store);
    size_t len = record->kind.len + 1 + record->key.len;
    struct memory_record *made = mem_alloc(sizeof *made + len);
    made->name_len = len;
    memcpy(made->name, record->kind.at, record->kind.len);
    memcpy(made->name + record->kind.len + 1, record->key.at, record->key.len);
    struct memory_record *before;
    HASH_FIND(hh, s->records, made->name, len, before);
    if (before) {
        forget(s, before);
    }
    if (record->value.len) {
        made->record = record_copy(record);
        HASH_ADD_KEYPTR(hh, s->records, made->name, len, made);
    } else {
        free(made);
    }
    answer_list_recorded(&s->answers, cookie, 0);
}

static struct store_point time_point(const struct memory_place *place, int64_t time_ms)
{
    uint64_t after = memory_place_after_time(place, time_ms);
    uint64_t before = after - 1;
    const struct message *message;
    while ((message = memory_place_message(place, before)) && message->time_ms == time_ms) {
        before--;
    }
    return (struct store_point){before, after};
}

static int find_mark(const struct memory_place *place, const struct store_mark *mark,
                     struct store_point *point)
{
    if (mark->kind == STORE_ID) {
        const struct message *message = find_id(place, mark->number);
        *point = message ? (struct store_point){message->seq - 1, message->seq + 1}
                         : (struct store_point){0};
        return message ? 0 : -ENOENT;
    }
    if (mark->kind == STORE_TIME) {
        *point = time_point(place, mark->time_ms);
        return 0;
    }
    *point = store_point_of(mark, place->last_seq);
    return 0;
}

struct reading {
    struct store_memory *s;
    const struct store_query *query;
    const struct memory_place *place;
    struct page *page;
};

static bool wants(const struct reading *reading, const struct message *message)
{
    return store_query_wants(reading->query, message->kind) &&
           (!reading->query->words.len || word_filter_match(reading->s->filter, message->text));
}

static void read_backward(const struct reading *reading, uint64_t high, uint64_t low)
{
    const struct message *message;
    while (high >= low && (message = memory_place_message(reading->place, high--))) {
        if (wants(reading, message) && !page_add(reading->page, message)) {
            return;
        }
    }
}

static void read_forward(const struct reading *reading, uint64_t low, uint64_t high)
{
    uint64_t oldest = reading->place->last_seq - reading->place->count + 1;
    low = low > oldest ? low : oldest;
    for (; low <= high; low++) {
        const struct message *message = memory_place_message(reading->place, low);
        if (wants(reading, message) && !page_add_newer(reading->page, message)) {
            return;
        }
    }
}

static void read_around(const struct reading *reading, uint64_t seq)
{
    reading->page->room = reading->query->limit / 2;
    read_backward(reading, seq - 1, 1);
    reading->page->room = reading->query->limit;
    reading->page->more = false;
    read_forward(reading, seq, reading->place->last_seq);
}

static int read_place(struct store_memory *s, const struct store_query *query, struct page *page)
{
    struct reading reading = {s, query, memory_place_find(&s->places, query->place), page};
    struct store_point from;
    struct store_point to;
    if (query->words.len && !s->filter) {
        s->filter = word_filter_create(); // not before: it opens a database
    }
    if (!reading.place || (query->words.len && !word_filter_set(s->filter, query->words))) {
        return query->from.kind == STORE_ID && !reading.place ? -ENOENT : 0;
    }
    page->first_seq = reading.place->last_seq - reading.place->count + 1;
    int code = find_mark(reading.place, &query->from, &from);
    if (code == 0 && query->around) {
        read_around(&reading, from.before + 1);
        return 0;
    }
    code = code ? code : find_mark(reading.place, &query->to, &to);
    if (code < 0) {
        return code;
    }
    struct store_range range = store_range_between(from, to, reading.place->last_seq);
    if (range.forward && !query->words.len) {
        read_forward(&reading, range.low, range.high);
    } else {
        read_backward(&reading, range.high, range.low);
    }
    return 0;
}

static int by_id(const void *a, const void *b)
{
    const struct message *const *first = a;
    const struct message *const *second = b;
    return ((*first)->id > (*second)->id) - ((*first)->id < (*second)->id);
}

// The newest messages of all conversations of `who` that are wanted, by id. Looks at every place:
// what is in memory is not much.
static size_t find_conversations(struct store_memory *s, const struct store_query *query,
                                 const struct message ***found)
{
    *found = mem_array(HASH_CNT(hh, s->places.by_key), sizeof **found);
    size_t count = 0;
    for (struct memory_place *place = s->places.by_key; place; place = place->hh.next) {
        const struct message *newest = memory_place_message(place, place->last_seq);
        if (newest && newest->recipient.number && store_query_wants_time(query, newest->time_ms) &&
            has_part_in(query->who, newest)) {
            (*found)[count++] = newest;
        }
    }
    if (count) {
        qsort(*found, count, sizeof **found, by_id);
    }
    return count;
}

static void list_conversations(struct store_memory *s, const struct store_query *query,
                               struct page *page)
{
    const struct message **found;
    size_t count = find_conversations(s, query, &found);
    bool forward = store_query_is_forward(query);
    for (size_t i = 0; i < count; i++) {
        if (forward ? !page_add_newer(page, found[i]) : !page_add(page, found[count - 1 - i])) {
            break;
        }
    }
    free(found);
}

// The ones of `who` behind the id `after`, by id. Looks at all, as find_conversations() does.
static size_t find_everything(struct store_memory *s, const struct store_query *query,
                              const struct message ***found)
{
    size_t count = 0;
    size_t size = 64;
    *found = mem_array(size, sizeof **found);
    for (struct memory_place *place = s->places.by_key; place; place = place->hh.next) {
        const struct message *message;
        for (uint64_t seq = memory_place_after_id(place, query->from.number);
             (message = memory_place_message(place, seq)); seq++) {
            if (!has_part_in(query->who, message) || !store_query_wants(query, message->kind)) {
                continue;
            }
            if (count == size) {
                size *= 2;
                *found = mem_grow(*found, size * sizeof **found);
            }
            (*found)[count++] = message;
        }
    }
    qsort(*found, count, sizeof **found, by_id);
    return count;
}

static void read_everything(struct store_memory *s, const struct store_query *query,
                            struct page *page)
{
    const struct message **found;
    size_t count = find_everything(s, query, &found);
    page->looked_to = s->last_id;
    for (size_t i = 0; i < count && !page->more; i++) {
        if (!page_add_newer(page, found[i])) {
            page->looked_to = found[i]->id - 1;
        }
    }
    free(found);
}

static bool is_too_old(const struct memory_place *place, const struct store_retention *retention)
{
    enum { LOOKED_AT_MAX = 1024 };
    uint64_t seq = place->last_seq - place->count + 1;
    const struct message *message = memory_place_message(place, seq);
    for (int i = 0; message && message->time_ms > retention->now_ms && i < LOOKED_AT_MAX; i++) {
        message = memory_place_message(place, ++seq);
    }
    return message && message->time_ms < retention->before_ms;
}

static bool is_too_much(const struct memory_place *place, const struct store_retention *retention)
{
    const struct message *oldest = memory_place_message(place, place->last_seq - place->count + 1);
    return oldest &&
           (is_too_old(place, retention) ||
            (retention->messages && place->count > retention->messages) ||
            (retention->bytes && place->text_bytes - oldest->text.len >= retention->bytes));
}

// At most so many that nobody notices; the rest goes when it is asked again.
static void retain(struct store *store, const struct store_retention *retention)
{
    enum { AT_ONCE = 16384 };
    struct memory_places *places = &from(store)->places;
    struct memory_place *place;
    struct memory_place *next;
    size_t left = AT_ONCE;
    HASH_ITER(hh, places->by_key, place, next)
    {
        // The place itself may go with its last message.
        size_t count = store_place_stays(text_of(place->key)) ? 0 : place->count;
        for (; count && left && is_too_much(place, retention); count--, left--) {
            memory_place_drop(places, place);
        }
    }
}

static void query(struct store *store, const struct store_query *query, uint64_t cookie)
{
    struct store_memory *s = from(store);
    struct page *page = page_create(query->limit);
    int error = 0;
    if (query->everything) {
        read_everything(s, query, page);
    } else if (query->place.len) {
        error = read_place(s, query, page);
    } else {
        list_conversations(s, query, page);
    }
    page_finish(page);
    answer_list_page(&s->answers, cookie, error, page);
}

static size_t collect(struct store *store, void (*answered)(void *, const struct store_answer *),
                      void *context)
{
    struct answer_list answers = from(store)->answers;
    from(store)->answers = (struct answer_list){0};
    return answer_list_hand_out(&answers, answered, context);
}

static void each_room(struct store *store, void (*room)(void *, const struct store_room *),
                      void *context)
{
    struct memory_place *place;
    struct memory_place *next;
    HASH_ITER(hh, from(store)->places.by_key, place, next)
    {
        if (place->shown[0]) {
            room(context, &(struct store_room){.key = text_of(place->key),
                                               .shown = text_of(place->shown),
                                               .topic = text_of(place->topic),
                                               .topic_by = text_of(place->topic_by),
                                               .topic_ms = place->topic_ms,
                                               .last_seq = place->last_seq});
        }
    }
}

static void each_record(struct store *store, void (*record)(void *, const struct record *),
                        void *context)
{
    HASH_SORT(from(store)->records, by_name);
    struct memory_record *kept;
    struct memory_record *next;
    HASH_ITER(hh, from(store)->records, kept, next)
    {
        record(context, kept->record);
    }
}

// Nothing of it outlives it, so neither do its guests.
static uint32_t epoch(struct store *store)
{
    (void)store;
    return 1;
}

static void destroy(struct store *store)
{
    struct store_memory *s = from(store);
    struct memory_record *kept;
    struct memory_record *next;
    HASH_ITER(hh, s->records, kept, next)
    {
        forget(s, kept);
    }
    memory_places_finish(&s->places);
    answer_list_finish(&s->answers);
    word_filter_destroy(s->filter);
    free(s);
}

static const struct store_ops ops = {
    .submit = submit,
    .set = set,
    .query = query,
    .retain = retain,
    .collect = collect,
    .each_room = each_room,
    .each_record = each_record,
    .epoch = epoch,
    .destroy = destroy,
};

struct store *store_memory_create(size_t max_bytes)
{
    struct store_memory *s = mem_alloc(sizeof *s);
    s->store.ops = &ops;
    s->max_bytes = max_bytes;
    return &s->store;
}
