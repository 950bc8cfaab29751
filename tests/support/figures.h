// What benchmarks and long tests share: settings given as NAME=NUMBER, latencies, and one line
// for each figure.
#pragma once
#include <stdbool.h>
#include <stdint.h>

// A setting and its default.
struct number {
    const char *name;
    long value;
    const char *help;
};

// Reads NAME=NUMBER arguments into `numbers`, which ends with a row without a name. Ends the
// program with a list of them if one is not known.
void numbers_parse(int argc, char **argv, struct number *numbers);
long number_of(const struct number *numbers, const char *name);
// The number in an environment variable, or `standard`.
long number_in_environment(const char *name, long standard);

// How often each latency was seen, exact to 3 percent.
enum { LATENCY_BUCKETS = 64 + 32 * 32 };
struct latency {
    uint64_t count;
    uint64_t max_us;
    uint64_t buckets[LATENCY_BUCKETS];
};

void latency_add(struct latency *latency, uint64_t us);
// The latency that `percent` of all do not pass, in milliseconds.
double latency_ms(const struct latency *latency, double percent);
double latency_max_ms(const struct latency *latency);

// CLOCK_MONOTONIC.
uint64_t now_us(void);

// Prints one line: what, how much, and the target ("" where there is none).
void figure(const char *what, double value, const char *unit, const char *target);
// Prints why the measurement is worth nothing, and remembers it for figures_status().
void fault(const char *format, ...) __attribute__((format(printf, 1, 2)));
// 0, or 1 if there was a fault.
int figures_status(void);
// How many faults there were; forgets them.
int faults_take(void);
