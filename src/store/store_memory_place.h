// The places of the memory store: a ring of messages each, found by key, and listed by
// size so that a large one is at hand when something must go.
#pragma once
#include "base/hash.h"
#include "store/store.h"

enum { PLACE_CLASSES = 64 };

struct memory_place {
    char *key;
    char *shown;
    char *topic;
    char *topic_by;
    int64_t topic_ms;
    uint64_t last_seq;
    struct message **ring; // messages last_seq - count + 1 … last_seq
    size_t start;
    size_t count;
    size_t size; // a power of two, or 0
    size_t bytes;
    size_t text_bytes;                // of these the texts of messages
    struct memory_place *prev, *next; // of the same size class
    UT_hash_handle hh;
};

struct memory_places {
    struct memory_place *by_key;
    struct memory_place *classes[PLACE_CLASSES]; // [i]: bytes from 2^i to 2^(i+1) - 1
    size_t bytes;
};

void memory_places_finish(struct memory_places *places);
// NULL when there is none.
struct memory_place *memory_place_find(const struct memory_places *places, struct text key);
struct memory_place *memory_place_make(struct memory_places *places, struct text key,
                                       struct text shown);
// Takes the message and gives it the place's next number.
void memory_place_add(struct memory_places *places, struct memory_place *place,
                      struct message *message);
// A place that is among the largest; NULL when no place holds a message.
struct memory_place *memory_place_largest(const struct memory_places *places);
// Forgets the oldest message, and the place with it when that was the last one of a
// conversation.
void memory_place_drop(struct memory_places *places, struct memory_place *place);
// The message with that number, or NULL.
const struct message *memory_place_message(const struct memory_place *place, uint64_t seq);
// The number of the first message kept whose id, or whose time, is greater; one more than the last
// number if there is none.
uint64_t memory_place_after_id(const struct memory_place *place, uint64_t id);
uint64_t memory_place_after_time(const struct memory_place *place, int64_t time_ms);
// Puts a copy of `message` in the place of the one of that number.
void memory_place_replace(struct memory_places *places, struct memory_place *place, uint64_t seq,
                          const struct message *message);
