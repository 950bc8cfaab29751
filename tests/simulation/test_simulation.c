// The core under a random crowd, with the invariants of the design checked at every line that
// anybody reads (tests/support/sim_model.h says which).
//
//   HOBNOB_SEED=7 HOBNOB_STEPS=1000000 test_simulation
//
// A failure names the seed and the step: the same seed with that many steps shows it again.
#include "support/sim_crowd.h"
#include "support/test.h"

#include <time.h>

enum { PEOPLE = 2000, STEPS = 120000, STEPS_TWICE = 10000 };

static uint64_t seed;

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *value = getenv(variable);
    return value ? strtoull(value, NULL, 10) : otherwise;
}

static void broken(const char *sentence)
{
    test_fail(__FILE__, __LINE__, "%s", sentence);
}

static struct crowd_totals run(uint64_t steps, uint32_t people)
{
    struct crowd *crowd = crowd_create(seed, people, broken);
    for (uint64_t i = 0; i < steps; i++) {
        crowd_step(crowd);
    }
    crowd_go_home(crowd);
    struct crowd_totals totals = crowd_totals(crowd);
    crowd_destroy(crowd);
    return totals;
}

static void a_random_crowd_reads_what_it_should(void)
{
    uint64_t steps = number_from("HOBNOB_STEPS", STEPS);
    clock_t begin = clock();
    struct crowd_totals t = run(steps, PEOPLE);
    printf("# %llu steps in %.1f s: %llu connections, %llu messages kept, %llu refused, %llu "
           "lines read, %llu gaps told, %llu restarts, hash %016llx\n",
           (unsigned long long)steps, (double)(clock() - begin) / CLOCKS_PER_SEC,
           (unsigned long long)t.connections, (unsigned long long)t.kept,
           (unsigned long long)t.failed, (unsigned long long)t.lines, (unsigned long long)t.gaps,
           (unsigned long long)t.restarts, (unsigned long long)t.hash);
    // A crowd that does nothing would pass as well.
    check(steps < STEPS || (t.kept && t.failed && t.gaps && t.lines > t.kept));
}

static void the_same_seed_gives_the_same_output(void)
{
    struct crowd_totals first = run(STEPS_TWICE, 200);
    struct crowd_totals second = run(STEPS_TWICE, 200);
    check(first.hash == second.hash);
    check_number((long long)first.lines, (long long)second.lines);
    seed++;
    struct crowd_totals other = run(STEPS_TWICE, 200);
    check(first.hash != other.hash);
    seed--;
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    seed = number_from("HOBNOB_SEED", (uint64_t)time(NULL));
    TEST(a_random_crowd_reads_what_it_should);
    TEST(the_same_seed_gives_the_same_output);
    int status = test_end();
    if (status) {
        fflush(stdout);
        _Exit(status); // what a failed crowd leaves behind is no leak
    }
    return status;
}
