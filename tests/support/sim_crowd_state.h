// What sim_crowd.c (the world) and sim_acts.c (what people do) share.
#pragma once
#include "chat/core.h"
#include "support/sim_crowd.h"
#include "support/sim_model.h"

struct crowd {
    struct sim_model *model;
    struct fake_net *net;
    struct store *store; // scripted
    struct store *front; // the model's, in front of it
    struct core *core;
    struct core_config config;
    struct moment now;
    struct sim_person *people;
    uint32_t people_count;
    uint64_t random;
    uint64_t seed;
    uint64_t step;
    uint64_t restarts;
    uint64_t connections;
    void (*broken)(const char *sentence);
};

uint32_t crowd_random(struct crowd *c, uint32_t below);
// Somebody does something.
void crowd_act(struct crowd *c, struct sim_person *person);
