#include "base/must.h"
#include "support/sim_crowd_state.h"
#include "support/store_scripted.h"

#include <errno.h>

enum {
    SET_CLOCK_EVERY = 1000,
    SETTLE_EVERY = 20000,
    RESTART_EVERY = 150000,
    SETTLE_TURNS = 100000,
};

// 2026-01-01 14:30:15 UTC
static const int64_t begin_wall_ms = 1767277815000;

static void model_broken(void *context, const char *what, struct text line)
{
    const struct crowd *c = context;
    char sentence[1024];
    snprintf(sentence, sizeof sentence, "HOBNOB_SEED=%llu, step %llu: %s: %.*s",
             (unsigned long long)c->seed, (unsigned long long)c->step, what,
             TEXT_ARG(text_head(line, 400)));
    c->broken(sentence);
}

static void net_broken(void *context, const char *what)
{
    model_broken(context, what, TEXT(""));
}

static void demand(struct crowd *c, bool holds, const char *what)
{
    if (!holds) {
        net_broken(c, what);
    }
}

static void hear(void *context, void *person, const struct fake_line *line)
{
    struct crowd *c = context;
    sim_model_reads(c->model, person, line);
}

static uint64_t now(void *context)
{
    const struct crowd *c = context;
    return sim_model_now(c->model);
}

static void closed(void *context, void *person, enum close_reason reason)
{
    (void)context;
    (void)reason;
    ((struct sim_person *)person)->conn = NULL;
}

// Nobody leaves before what they said is kept or refused.
static void watch_leaving(void *context, const struct activity *activity)
{
    struct crowd *c = context;
    if (activity->kind == ACTIVITY_LEFT || activity->kind == ACTIVITY_RELAY_OUT) {
        const struct sim_person *person = &c->people[activity->peer->port - 1];
        // Without a connection here, or with a new one, the leaver's counts are gone.
        demand(c, !person->conn || person->in_flight == 0,
               "somebody has left whose messages are not kept");
    }
}

uint32_t crowd_random(struct crowd *c, uint32_t below)
{
    // splitmix64
    c->random += 0x9E3779B97F4A7C15u;
    uint64_t z = c->random;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

static void turn(struct crowd *c)
{
    core_time(c->core, c->now);
    fake_net_pump(c->net);
    core_store_ready(c->core);
    core_turn_end(c->core);
}

static void start(struct crowd *c)
{
    c->core = core_create(&c->config, c->front, fake_net_output(c->net));
    fake_net_serve(c->net, c->core);
    core_time(c->core, c->now);
}

struct crowd *crowd_create(uint64_t seed, uint32_t people, void (*broken)(const char *sentence))
{
    struct crowd *c = mem_alloc(sizeof *c);
    must(people < UINT16_MAX);
    c->config = (struct core_config){.server_name = "Harbour", .limits = limits_default};
    c->now = (struct moment){.mono_ms = 1000000, .wall_ms = begin_wall_ms};
    c->seed = c->random = seed;
    c->broken = broken;
    c->people = mem_array(people, sizeof *c->people);
    c->people_count = people;
    for (uint32_t i = 0; i < people; i++) {
        c->people[i].port = (uint16_t)(i + 1);
    }
    struct fake_receiver receiver = {.context = c,
                                     .line = hear,
                                     .now = now,
                                     .closed = closed,
                                     .activity = watch_leaving,
                                     .broken = net_broken};
    c->model = sim_model_create(model_broken, c);
    c->net = fake_net_create(&receiver);
    c->store = store_scripted_create(SIZE_MAX);
    c->front = sim_model_store(c->model, c->store);
    start(c);
    return c;
}

void crowd_destroy(struct crowd *c)
{
    if (c) {
        core_destroy(c->core);
        fake_net_destroy(c->net);
        store_destroy(c->store);
        sim_model_destroy(c->model);
        free(c->people);
        free(c);
    }
}

static void pass(struct crowd *c, int64_t ms)
{
    c->now.mono_ms += ms;
    c->now.wall_ms += ms;
}

// F8: somebody sets the clock, right or wrong by an hour or by years.
static void set_clock(struct crowd *c)
{
    static const int64_t wrong_hours[] = {0, 1, -1, 10 * 365 * 24, -10 * 365 * 24};
    uint32_t which = crowd_random(c, sizeof wrong_hours / sizeof *wrong_hours);
    c->now.wall_ms = begin_wall_ms + c->now.mono_ms + wrong_hours[which] * 3600000;
}

static bool is_at_rest(const struct crowd *c)
{
    return !fake_net_has_input(c->net) && !store_scripted_has_answers(c->store) &&
           core_next_wake(c->core) == INT64_MAX;
}

// Until nothing more comes of itself; time passes as far as the core wants it to.
static void come_to_rest(struct crowd *c)
{
    store_scripted_hold(c->store, false);
    for (int turns = 0; turns == 0 || !is_at_rest(c); turns++) {
        demand(c, turns < SETTLE_TURNS, "the core does not come to rest");
        int64_t next_ms = core_next_wake(c->core);
        if (next_ms != INT64_MAX && next_ms > c->now.mono_ms) {
            pass(c, next_ms - c->now.mono_ms);
        }
        turn(c);
    }
    store_scripted_hold(c->store, true);
}

void crowd_settle(struct crowd *c)
{
    for (uint32_t i = 0; i < c->people_count; i++) {
        struct sim_person *person = &c->people[i];
        if (person->conn && person->slow) {
            person->slow = false;
            fake_conn_read_again(person->conn);
        }
    }
    come_to_rest(c);
    for (uint32_t i = 0; i < c->people_count; i++) {
        struct sim_person *person = &c->people[i];
        if (person->conn) {
            person->was_slow = false;
            sim_model_settled(c->model, person);
            demand(c, fake_conn_waiting(person->conn) == 0, "lines wait for credit for ever");
            demand(c, fake_conn_uncredited(person->conn) == 0, "credit never comes back");
        }
    }
}

static void stop(struct crowd *c)
{
    core_shut_down(c->core);
    come_to_rest(c);
    demand(c, core_is_empty(c->core), "a session outlives the server");
    demand(c, fake_net_conn_count(c->net) == 0, "a connection outlives the server");
}

// A new core finds what the old one kept.
static void restart(struct crowd *c)
{
    crowd_settle(c);
    stop(c);
    core_destroy(c->core);
    store_scripted_reopened(c->store);
    sim_model_restarted(c->model);
    c->restarts++;
    start(c);
}

void crowd_go_home(struct crowd *c)
{
    crowd_settle(c);
    for (uint32_t i = 0; i < c->people_count; i++) {
        struct sim_person *person = &c->people[i];
        if (person->conn) {
            struct fake_conn *conn = person->conn;
            person->conn = NULL;
            fake_conn_vanish(conn, CLOSE_LOST);
        }
    }
    come_to_rest(c);
    demand(c, core_is_empty(c->core), "a session stays behind");
    demand(c, core_users_online(c->core) == 0, "a user stays behind");
    demand(c, fake_net_feed_count(c->net) == 0, "a subscription stays behind");
}

static void work_of_the_store(struct crowd *c)
{
    switch (crowd_random(c, 200)) {
    case 0:
        store_scripted_fail_next(c->store, crowd_random(c, 2) ? -ENOSPC : -EIO);
        break;
    case 1:
        store_scripted_fail_next_read(c->store, -EIO);
        sim_model_read_failed(c->model);
        break;
    default:
        store_scripted_release(c->store, crowd_random(c, 40));
    }
}

static void work_of_the_world(struct crowd *c)
{
    if (crowd_random(c, 4) == 0) {
        work_of_the_store(c);
    }
    if (crowd_random(c, 20) == 0) {
        pass(c, crowd_random(c, 400));
    }
    if (crowd_random(c, SET_CLOCK_EVERY) == 0) {
        set_clock(c);
    }
    if (crowd_random(c, 3) == 0) {
        turn(c);
    }
    if (crowd_random(c, SETTLE_EVERY) == 0) {
        crowd_settle(c);
    }
    if (crowd_random(c, RESTART_EVERY) == 0) {
        restart(c);
    }
}

void crowd_step(struct crowd *c)
{
    c->step++;
    crowd_act(c, &c->people[crowd_random(c, c->people_count)]);
    work_of_the_world(c);
}

struct crowd_totals crowd_totals(const struct crowd *c)
{
    return (struct crowd_totals){.lines = sim_model_lines(c->model),
                                 .kept = sim_model_kept(c->model),
                                 .failed = sim_model_failed(c->model),
                                 .gaps = sim_model_gaps(c->model),
                                 .restarts = c->restarts,
                                 .connections = c->connections,
                                 .hash = sim_model_hash(c->model)};
}
