// A test is a function; a test file's main() runs its tests by name:
//
//   int main(int argc, char **argv)
//   {
//       test_begin(argc, argv);
//       TEST(splits_at_every_byte);
//       return test_end();
//   }
//
// Arguments name the tests to run; none means all. Prints "ok <name>", "FAIL <name>"
// or "skip <name> <reason>".
#pragma once
#include "base/text.h"

void test_begin(int argc, char **argv);
int test_end(void);
#define TEST(function) test_run(#function, function)
void test_run(const char *name, void (*function)(void));

// These end the running test when they do not hold.
#define check(condition)                                                                           \
    ((condition) ? (void)0 : test_fail(__FILE__, __LINE__, "%s does not hold", #condition))
#define check_text(actual, expected) test_text(__FILE__, __LINE__, (actual), (expected))
#define check_number(actual, expected)                                                             \
    test_number(__FILE__, __LINE__, (long long)(actual), (long long)(expected))
_Noreturn void test_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void test_text(const char *file, int line, struct text actual, const char *expected);
void test_number(const char *file, int line, long long actual, long long expected);
// Ends the running test, which cannot run here: `reason` says what it would need.
_Noreturn void test_skip(const char *reason);

// A number from a generator whose seed is printed at the start (HOBNOB_SEED sets it).
unsigned test_random(unsigned below);
