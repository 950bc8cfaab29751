// A crowd that does at random what people do, and worse, to a core on a scripted store with the
// model of sim_model.h beside it. Everything follows from the seed.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct crowd;

struct crowd_totals {
    uint64_t lines; // read by people
    uint64_t kept;
    uint64_t failed;
    uint64_t gaps;
    uint64_t restarts;
    uint64_t connections;
    uint64_t hash; // of all that was read
};

// `broken` is told which step breaks which rule, and must not return.
struct crowd *crowd_create(uint64_t seed, uint32_t people, void (*broken)(const char *sentence));
void crowd_destroy(struct crowd *crowd);

void crowd_step(struct crowd *crowd);
// Lets everything come to rest and checks that nothing is owed to anybody.
void crowd_settle(struct crowd *crowd);
// Everybody leaves; checks that the core holds nobody and nothing of them.
void crowd_go_home(struct crowd *crowd);
struct crowd_totals crowd_totals(const struct crowd *crowd);
