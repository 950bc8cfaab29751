#include "support/test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <time.h>

enum { FAILED = 1, SKIPPED };

static struct {
    int wanted_count;
    char **wanted;
    int passed;
    int failed;
    int skipped;
    const char *reason;
    jmp_buf end;
    uint64_t random;
} run;

void test_begin(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    run.wanted_count = argc - 1;
    run.wanted = argv + 1;
    const char *seed = getenv("HOBNOB_SEED");
    run.random = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    printf("# HOBNOB_SEED=%llu\n", (unsigned long long)run.random);
}

int test_end(void)
{
    printf("# %d passed, %d failed, %d skipped\n", run.passed, run.failed, run.skipped);
    return run.failed ? 1 : 0;
}

// ./test T=PATTERN hands the pattern to every program.
static bool is_in_pattern(const char *name)
{
    const char *pattern = getenv("TEST_PATTERN");
    const char *program = getenv("TEST_PROGRAM");
    char full_name[512];
    snprintf(full_name, sizeof full_name, "%s/%s", program ? program : "", name);
    return !pattern || strstr(full_name, pattern);
}

static bool is_wanted(const char *name)
{
    if (!is_in_pattern(name)) {
        return false;
    }
    for (int i = 0; i < run.wanted_count; i++) {
        if (strcmp(run.wanted[i], name) == 0) {
            return true;
        }
    }
    return run.wanted_count == 0;
}

void test_run(const char *name, void (*function)(void))
{
    if (!is_wanted(name)) {
        return;
    }
    switch (setjmp(run.end)) {
    case 0:
        function();
        printf("ok %s\n", name);
        run.passed++;
        break;
    case FAILED:
        printf("FAIL %s\n", name);
        run.failed++;
        break;
    default:
        printf("skip %s %s\n", name, run.reason);
        run.skipped++;
    }
}

void test_skip(const char *reason)
{
    run.reason = reason;
    longjmp(run.end, SKIPPED);
}

void test_fail(const char *file, int line, const char *format, ...)
{
    printf("# %s:%d: ", file, line);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    longjmp(run.end, FAILED);
}

void test_text(const char *file, int line, struct text actual, const char *expected)
{
    if (!text_equal(actual, text_of(expected))) {
        test_fail(file, line, "got \"%.*s\", expected \"%s\"", TEXT_ARG(actual), expected);
    }
}

void test_number(const char *file, int line, long long actual, long long expected)
{
    if (actual != expected) {
        test_fail(file, line, "got %lld, expected %lld", actual, expected);
    }
}

// splitmix64
unsigned test_random(unsigned below)
{
    run.random += 0x9E3779B97F4A7C15u;
    uint64_t z = run.random;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (unsigned)((z ^ (z >> 31)) % below);
}
