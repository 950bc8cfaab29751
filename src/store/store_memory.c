#include "store/store_memory.h"

#include "store/store.h"
#include "store/store_answers.h"
#include "store/store_memory_place.h"
#include "store/store_words.h"

struct store_memory {
    struct store store;
    struct memory_places places;
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

static void submit(struct store *store, const struct message *message, uint64_t cookie)
{
    struct store_memory *s = from(store);
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

static void read_page(struct store_memory *s, const struct store_query *query, struct page *page)
{
    struct memory_place *place = memory_place_find(&s->places, query->place);
    if (query->words.len && !s->filter) {
        s->filter = word_filter_create(); // not before: it opens a database
    }
    if (!place || (query->words.len && !word_filter_set(s->filter, query->words))) {
        return;
    }
    uint64_t seq = query->to_seq < place->last_seq ? query->to_seq : place->last_seq;
    const struct message *message;
    while ((message = memory_place_message(place, seq--))) {
        bool wanted = !query->words.len || word_filter_match(s->filter, message->text);
        if (wanted && !page_add(page, message)) {
            return;
        }
    }
}

static void query(struct store *store, const struct store_query *query, uint64_t cookie)
{
    struct store_memory *s = from(store);
    struct page *page = page_create(query->limit);
    read_page(s, query, page);
    page_finish(page);
    answer_list_page(&s->answers, cookie, 0, page);
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

// Nothing of it outlives it, so neither do its guests.
static uint32_t epoch(struct store *store)
{
    (void)store;
    return 1;
}

static void destroy(struct store *store)
{
    struct store_memory *s = from(store);
    memory_places_finish(&s->places);
    answer_list_finish(&s->answers);
    word_filter_destroy(s->filter);
    free(s);
}

static const struct store_ops ops = {
    .submit = submit,
    .query = query,
    .collect = collect,
    .each_room = each_room,
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
