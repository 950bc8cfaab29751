#include "chat/attempts.h"
#include "support/test.h"

#include <stdio.h>

static const struct attempt_rate rate = {3, 1000};

static void allows_a_burst_and_then_one_at_a_time(void)
{
    struct attempts *attempts = attempts_create();
    for (int i = 0; i < 3; i++) {
        check_number(attempts_wait_ms(attempts, TEXT("a"), rate, 5000), 0);
        attempts_add(attempts, TEXT("a"), rate, 5000);
    }
    check_number(attempts_wait_ms(attempts, TEXT("a"), rate, 5000), 1000);
    check_number(attempts_wait_ms(attempts, TEXT("a"), rate, 5999), 1);
    check_number(attempts_wait_ms(attempts, TEXT("a"), rate, 6000), 0);
    check_number(attempts_wait_ms(attempts, TEXT("b"), rate, 5000), 0);
    attempts_add(attempts, TEXT("a"), rate, 6000);
    check_number(attempts_wait_ms(attempts, TEXT("a"), rate, 6000), 1000);
    attempts_forget(attempts, TEXT("a"));
    check_number(attempts_wait_ms(attempts, TEXT("a"), rate, 6000), 0);
    attempts_destroy(attempts);
}

static void holds_a_bounded_number_of_keys(void)
{
    struct attempts *attempts = attempts_create();
    char key[32];
    for (int i = 0; i < 3; i++) {
        attempts_add(attempts, TEXT("first"), rate, 0);
    }
    for (int i = 0; i < ATTEMPTS_MAX; i++) {
        snprintf(key, sizeof key, "%d", i);
        attempts_add(attempts, text_of(key), rate, 0);
    }
    check_number(attempts_wait_ms(attempts, TEXT("first"), rate, 0), 0);
    check(attempts_wait_ms(attempts, text_of(key), (struct attempt_rate){1, 1000}, 0) > 0);
    attempts_destroy(attempts);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(allows_a_burst_and_then_one_at_a_time);
    TEST(holds_a_bounded_number_of_keys);
    return test_end();
}
