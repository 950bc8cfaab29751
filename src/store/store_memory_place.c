#include "store/store_memory_place.h"

#include "store/store.h"

#include <utlist.h>

// What a message takes beside its texts: the copy's head and its place in the ring.
static const size_t OVERHEAD = sizeof(struct message) + sizeof(struct message *);

static void place_destroy(struct memory_place *place)
{
    for (size_t i = 0; i < place->count; i++) {
        free(place->ring[(place->start + i) & (place->size - 1)]);
    }
    free(place->ring);
    free(place->key);
    free(place->shown);
    free(place->topic);
    free(place->topic_by);
    free(place);
}

void memory_places_finish(struct memory_places *places)
{
    struct memory_place *place;
    struct memory_place *next;
    HASH_ITER(hh, places->by_key, place, next)
    {
        HASH_DEL(places->by_key, place);
        place_destroy(place);
    }
}

struct memory_place *memory_place_find(const struct memory_places *places, struct text key)
{
    struct memory_place *place;
    HASH_FIND(hh, places->by_key, key.at, key.len, place);
    return place;
}

struct memory_place *memory_place_make(struct memory_places *places, struct text key,
                                       struct text shown)
{
    struct memory_place *place = mem_alloc(sizeof *place);
    place->key = text_copy(key);
    place->shown = text_copy(shown);
    place->topic = text_copy(TEXT(""));
    place->topic_by = text_copy(TEXT(""));
    HASH_ADD_KEYPTR(hh, places->by_key, place->key, key.len, place);
    return place;
}

static struct memory_place **class_of(struct memory_places *places, size_t bytes)
{
    return &places->classes[63 - __builtin_clzl(bytes)];
}

static void resize(struct memory_places *places, struct memory_place *place, size_t bytes)
{
    if (place->bytes) {
        DL_DELETE(*class_of(places, place->bytes), place);
    }
    places->bytes += bytes - place->bytes;
    place->bytes = bytes;
    if (bytes) {
        DL_APPEND(*class_of(places, bytes), place);
    }
}

static void grow(struct memory_place *place)
{
    size_t size = place->size ? place->size * 2 : 4;
    struct message **ring = mem_array(size, sizeof(struct message *));
    for (size_t i = 0; i < place->count; i++) {
        ring[i] = place->ring[(place->start + i) & (place->size - 1)];
    }
    free(place->ring);
    place->ring = ring;
    place->start = 0;
    place->size = size;
}

void memory_place_add(struct memory_places *places, struct memory_place *place,
                      struct message *message)
{
    if (place->count == place->size) {
        grow(place);
    }
    message->seq = ++place->last_seq;
    place->ring[(place->start + place->count++) & (place->size - 1)] = message;
    place->text_bytes += message->text.len;
    resize(places, place, place->bytes + message_bytes(message) + OVERHEAD);
}

struct memory_place *memory_place_largest(const struct memory_places *places)
{
    for (int i = PLACE_CLASSES - 1; i >= 0; i--) {
        if (places->classes[i]) {
            return places->classes[i];
        }
    }
    return NULL;
}

void memory_place_drop(struct memory_places *places, struct memory_place *place)
{
    must(place->count);
    struct message *oldest = place->ring[place->start];
    place->text_bytes -= oldest->text.len;
    resize(places, place, place->bytes - message_bytes(oldest) - OVERHEAD);
    free(oldest);
    place->start = (place->start + 1) & (place->size - 1);
    place->count--;
    if (!place->count && !place->shown[0]) {
        HASH_DEL(places->by_key, place);
        place_destroy(place);
    }
}

const struct message *memory_place_message(const struct memory_place *place, uint64_t seq)
{
    if (seq > place->last_seq || seq + place->count <= place->last_seq) {
        return NULL;
    }
    size_t i = place->count - 1 - (size_t)(place->last_seq - seq);
    return place->ring[(place->start + i) & (place->size - 1)];
}

static uint64_t first_where(const struct memory_place *place,
                            bool (*is_greater)(const struct message *, uint64_t), uint64_t than)
{
    uint64_t low = place->last_seq - place->count + 1;
    uint64_t high = place->last_seq + 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (is_greater(memory_place_message(place, middle), than)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static bool has_greater_id(const struct message *message, uint64_t id)
{
    return message->id > id;
}

static bool is_later(const struct message *message, uint64_t time_ms)
{
    return message->time_ms > (int64_t)time_ms;
}

uint64_t memory_place_after_id(const struct memory_place *place, uint64_t id)
{
    return first_where(place, has_greater_id, id);
}

uint64_t memory_place_after_time(const struct memory_place *place, int64_t time_ms)
{
    return first_where(place, is_later, (uint64_t)time_ms);
}

void memory_place_replace(struct memory_places *places, struct memory_place *place, uint64_t seq,
                          const struct message *message)
{
    size_t i = place->count - 1 - (size_t)(place->last_seq - seq);
    struct message **at = &place->ring[(place->start + i) & (place->size - 1)];
    struct message *before = *at;
    *at = message_copy(message);
    place->text_bytes += (*at)->text.len - before->text.len;
    resize(places, place, place->bytes - message_bytes(before) + message_bytes(*at));
    free(before);
}
