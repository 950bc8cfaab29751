// What the parts of the model share: sim_model.c (what is kept), sim_reading.c (what is read)
// and sim_text.c (what a line says).
#pragma once
#include "support/sim_model.h"

enum message_state { UNSENT, AT_STORE, KEPT, FAILED };

enum { PRIVATE = 255 };

struct sim_message {
    struct sim_person *sender;
    uint32_t serial;    // the sender's
    uint64_t recipient; // private ones: identity of the only other who may read it
    uint32_t name;      // hash of the sender's name
    uint8_t room;       // PRIVATE: none
    uint8_t state;
    uint8_t kind;
    uint8_t read_privately;
    uint64_t seq;
    uint64_t kept_at;
};

struct sim_room {
    uint32_t *messages; // by seq - 1
    size_t count;
    size_t size;
};

struct sim_model {
    struct store front; // first: the core's store is this one
    struct store *behind;
    void (*broken)(void *context, const char *what, struct text line);
    void *context;
    struct sim_message *messages;
    size_t count;
    size_t size;
    struct sim_room rooms[SIM_ROOMS];
    uint64_t now;
    uint64_t hash;
    uint64_t lines;
    uint64_t kept;
    uint64_t failed;
    uint64_t gaps;
    uint32_t last_serial;
    bool reads_fail;
    // The last shared line, which comes to many.
    uint64_t line_number;
    uint64_t line_hash;
    long line_message;
    // While answers are handed out.
    void (*answered)(void *, const struct store_answer *);
    void *answered_context;
    uint32_t *queued; // messages at the store, oldest first
    size_t queued_count;
    size_t queued_size;
    size_t queued_first;
};

// Where `words` first stand in the text, or -1.
long sim_find(struct text t, const char *words);
// The number in "@@number@@", or -1.
long sim_message_in(struct text line);
// Without regard to the case of ASCII letters.
uint32_t sim_name_hash(struct text name);
// The person has this identity; not another than before.
void sim_person_is(const struct sim_model *model, struct sim_person *person, uint64_t identity);
void sim_demand(const struct sim_model *model, bool holds, const char *what, struct text line);
