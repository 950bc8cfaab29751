// What a random crowd may rightly read: a model beside the core that knows only what people
// sent, what the store kept, and what people read. Each line that comes is judged at once:
// design invariants 1 (kept before shown), 2 (one order, once, gaps told), 9 (failures told,
// never shown), and that private messages and rooms stay with those they are for.
#pragma once
#include "store/store.h"
#include "support/fake_net.h"

enum {
    SIM_ROOMS = 24, // #lobby, #r0 …, and the relays
    SIM_RELAYS = 3,
    SIM_RELAY_PORT = 12345,
    SIM_NAME_MAX = 24,
    SIM_IGNORED_MAX = 8,
};

struct sim_place {
    bool in;
    bool loose;    // a relay: in it from an unknown message on
    uint64_t seen; // sequence number of the last message that need not come any more
    uint64_t debt; // left out, and not yet told: who is slow may be told a little later
};

// One connection, from its opening to its end.
struct sim_person {
    struct fake_conn *conn; // NULL: not connected
    uint32_t serial;        // of the connection; never used again
    uint16_t port;
    bool relay;
    bool named;
    bool asked; // has given a name, and no answer has come
    bool slow;
    bool was_slow; // at any time since everything was settled
    bool over;     // sends no more
    uint8_t room_count;
    struct sim_place places[SIM_ROOMS];
    struct sim_ignored {
        uint32_t name;  // hash
        bool now;       // else it was, once
        uint64_t since; // in the model's time
    } ignored[SIM_IGNORED_MAX];
    uint32_t ignored_count; // more than are in the list: anybody may be
    uint64_t identity;      // number of its user; 0: not known yet
    uint32_t in_flight;     // messages at the store
    uint32_t failures_due, failures_told;
    uint32_t answers_due, answers_told; // to private messages
    int block_room;                     // history being read: a room's number, or below
    uint64_t block_seq;
    uint64_t block_lines;
    bool block_is_search;
};

enum { SIM_BLOCK_NONE = -1, SIM_BLOCK_PRIVATE = -2 };

struct sim_model;

// `broken` must not return.
struct sim_model *
sim_model_create(void (*broken)(void *context, const char *what, struct text line), void *context);
void sim_model_destroy(struct sim_model *model);
// A store in front of `store` through which the model sees what is kept. It is destroyed with
// the model, `store` is not.
struct store *sim_model_store(struct sim_model *model, struct store *store);
// Counts the store's answers: the time of the model.
uint64_t sim_model_now(const struct sim_model *model);
uint64_t sim_model_hash(const struct sim_model *model); // of all that people have read
uint64_t sim_model_lines(const struct sim_model *model);
uint64_t sim_model_kept(const struct sim_model *model);
uint64_t sim_model_failed(const struct sim_model *model);
uint64_t sim_model_gaps(const struct sim_model *model);

// A connection begins; all of the person but `conn` is set.
void sim_person_begin(struct sim_model *model, struct sim_person *person, bool relay,
                      uint32_t relay_room);
// The number of a message that this person is about to send; "@@number@@" stands in its text.
uint32_t sim_model_message(struct sim_model *model, const struct sim_person *person);
// A line comes.
void sim_model_reads(struct sim_model *model, struct sim_person *person,
                     const struct fake_line *line);
// Nothing is under way and nobody is slow: everything due must have come.
void sim_model_settled(struct sim_model *model, const struct sim_person *person);
// A read has failed: what is shown on joining may be short from now on.
void sim_model_read_failed(struct sim_model *model);
// The server has started again: what was not kept will never be.
void sim_model_restarted(struct sim_model *model);

// #lobby, #r3, #relay-12346; -1 if it is none of them.
int sim_room_number(struct text name);
void sim_room_name(int number, char name[SIM_NAME_MAX]);
