#include "net/rate.h"
#include "support/test.h"

enum { SECOND = 1000000 };

static void a_burst_at_once_then_so_many_a_second(void)
{
    struct rate r;
    rate_init(&r, 10, 5 * SECOND);
    rate_refill(&r, 10, 2, 5 * SECOND);
    check_number(rate_tokens(&r), 10);
    rate_take(&r, 10);
    check_number(rate_tokens(&r), 0);
    check_number(rate_ready_us(&r, 1, 2), 5 * SECOND + SECOND / 2);
    rate_refill(&r, 10, 2, 5 * SECOND + SECOND / 2 - 1);
    check_number(rate_tokens(&r), 0);
    rate_refill(&r, 10, 2, 5 * SECOND + SECOND / 2);
    check_number(rate_tokens(&r), 1);
}

static void no_more_than_the_burst_is_saved(void)
{
    struct rate r;
    rate_init(&r, 10, 0);
    rate_take(&r, 3);
    rate_refill(&r, 10, 2, INT64_MAX / 2);
    check_number(rate_tokens(&r), 10);
}

static void refilling_often_gives_neither_more_nor_less(void)
{
    struct rate r;
    uint32_t taken = 0;
    rate_init(&r, 7, 0);
    for (int64_t now_us = 0; now_us <= 100 * SECOND; now_us += 1 + test_random(5000)) {
        rate_refill(&r, 7, 3, now_us);
        if (rate_tokens(&r)) {
            rate_take(&r, 1);
            taken++;
        }
    }
    check(taken >= 7 + 299 && taken <= 7 + 300);
}

static void ready_is_exact(void)
{
    struct rate r;
    for (int i = 0; i < 1000; i++) {
        uint32_t per_s = 1 + test_random(5000);
        uint32_t tokens = 1 + test_random(100);
        rate_init(&r, 100, 0);
        rate_take(&r, 100 - test_random(2));
        int64_t ready_us = rate_ready_us(&r, tokens, per_s);
        if (ready_us > 0) {
            rate_refill(&r, 100, per_s, ready_us - 1);
            check(rate_tokens(&r) < tokens);
        }
        rate_refill(&r, 100, per_s, ready_us);
        check(rate_tokens(&r) >= tokens);
    }
}

static void without_a_rate_nothing_comes_back(void)
{
    struct rate r;
    rate_init(&r, 1, 0);
    rate_take(&r, 1);
    check_number(rate_ready_us(&r, 1, 0), INT64_MAX);
    rate_refill(&r, 1, 0, 1000 * (int64_t)SECOND);
    check_number(rate_tokens(&r), 0);
}

static void time_that_goes_back_takes_nothing(void)
{
    struct rate r;
    rate_init(&r, 5, SECOND);
    rate_take(&r, 2);
    rate_refill(&r, 5, 1, 0);
    check_number(rate_tokens(&r), 3);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_burst_at_once_then_so_many_a_second);
    TEST(no_more_than_the_burst_is_saved);
    TEST(refilling_often_gives_neither_more_nor_less);
    TEST(ready_is_exact);
    TEST(without_a_rate_nothing_comes_back);
    TEST(time_that_goes_back_takes_nothing);
    return test_end();
}
