#include "net/deadline.h"
#include "support/test.h"

enum { COUNT = 200 };

// Against the plainest model: look at all of them.
static void the_earliest_comes_first_whatever_was_set_and_cleared(void)
{
    struct deadlines d;
    struct deadline all[COUNT] = {0};
    int64_t model[COUNT];
    deadlines_init(&d);
    for (int i = 0; i < COUNT; i++) {
        model[i] = INT64_MAX;
    }
    for (int step = 0; step < 50000; step++) {
        unsigned i = test_random(COUNT);
        model[i] = test_random(3) ? (int64_t)test_random(1000) : INT64_MAX;
        deadline_set(&d, &all[i], model[i]);
        int64_t earliest = INT64_MAX;
        for (int j = 0; j < COUNT; j++) {
            earliest = model[j] < earliest ? model[j] : earliest;
        }
        check_number(deadlines_next_us(&d), earliest);
        if (earliest != INT64_MAX && test_random(4) == 0) {
            check(deadlines_take(&d, earliest - 1) == NULL);
            struct deadline *one = deadlines_take(&d, earliest);
            check(one && model[one - all] == earliest);
            model[one - all] = INT64_MAX;
        }
    }
    deadlines_finish(&d);
}

static void one_that_waits_no_more_can_wait_again(void)
{
    struct deadlines d;
    struct deadline one = {0};
    deadlines_init(&d);
    deadline_set(&d, &one, INT64_MAX);
    check(deadlines_take(&d, INT64_MAX - 1) == NULL);
    deadline_set(&d, &one, 5);
    deadline_set(&d, &one, 3);
    check(deadlines_take(&d, 4) == &one);
    check(deadlines_take(&d, 10) == NULL);
    deadline_set(&d, &one, 3);
    check(deadlines_take(&d, 3) == &one);
    deadlines_finish(&d);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(the_earliest_comes_first_whatever_was_set_and_cleared);
    TEST(one_that_waits_no_more_can_wait_again);
    return test_end();
}
