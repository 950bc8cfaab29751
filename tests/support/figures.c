#include "support/figures.h"

#include <stdarg.h>
#include <time.h>

enum { FAULTS_PRINTED = 20 };

static int fault_count;

static void numbers_help(const char *program, const struct number *numbers)
{
    fprintf(stderr, "%s NAME=NUMBER...\n", program);
    for (const struct number *n = numbers; n->name; n++) {
        fprintf(stderr, "  %-16s %8ld  %s\n", n->name, n->value, n->help);
    }
}

static struct number *number_find(struct number *numbers, const char *name, size_t len)
{
    for (struct number *n = numbers; n->name; n++) {
        if (strlen(n->name) == len && memcmp(n->name, name, len) == 0) {
            return n;
        }
    }
    return NULL;
}

void numbers_parse(int argc, char **argv, struct number *numbers)
{
    for (int i = 1; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        struct number *n = NULL;
        if (equals) {
            n = number_find(numbers, argv[i], (size_t)(equals - argv[i]));
        }
        char *end = NULL;
        long value = n ? strtol(equals + 1, &end, 10) : 0;
        if (!n || end == equals + 1 || *end || value < 0) {
            numbers_help(argv[0], numbers);
            exit(2);
        }
        n->value = value;
    }
}

long number_of(const struct number *numbers, const char *name)
{
    for (const struct number *n = numbers; n->name; n++) {
        if (strcmp(n->name, name) == 0) {
            return n->value;
        }
    }
    fprintf(stderr, "There is no setting %s.\n", name);
    abort();
}

long number_in_environment(const char *name, long standard)
{
    const char *value = getenv(name);
    return value && *value ? strtol(value, NULL, 10) : standard;
}

static uint32_t bucket_of(uint64_t us)
{
    if (us < 64) {
        return (uint32_t)us;
    }
    uint32_t exponent = 63 - (uint32_t)__builtin_clzll(us);
    uint32_t bucket = 64 + (exponent - 6) * 32 + (uint32_t)(us >> (exponent - 5) & 31);
    return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

// The largest latency of a bucket.
static uint64_t bucket_us(uint32_t bucket)
{
    if (bucket < 64) {
        return bucket;
    }
    uint32_t exponent = (bucket - 64) / 32 + 6;
    uint64_t part = (bucket - 64) % 32;
    return ((32 + part + 1) << (exponent - 5)) - 1;
}

void latency_add(struct latency *latency, uint64_t us)
{
    latency->count++;
    latency->buckets[bucket_of(us)]++;
    if (us > latency->max_us) {
        latency->max_us = us;
    }
}

double latency_ms(const struct latency *latency, double percent)
{
    double wanted = (double)latency->count * percent / 100;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < LATENCY_BUCKETS; i++) {
        seen += latency->buckets[i];
        if (seen && (double)seen >= wanted) {
            uint64_t us = bucket_us(i);
            return (double)(us < latency->max_us ? us : latency->max_us) / 1000;
        }
    }
    return 0;
}

double latency_max_ms(const struct latency *latency)
{
    return (double)latency->max_us / 1000;
}

uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void figure(const char *what, double value, const char *unit, const char *target)
{
    bool whole = value >= 1000 || value == (double)(long long)value;
    printf("%-52s %12.*f %-12s %s%s\n", what, whole ? 0 : 2, value, unit, *target ? "target " : "",
           target);
    fflush(stdout);
}

void fault(const char *format, ...)
{
    if (++fault_count > FAULTS_PRINTED) {
        return;
    }
    printf("FAULT ");
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
}

int figures_status(void)
{
    return fault_count > 0;
}

int faults_take(void)
{
    int count = fault_count;
    fault_count = 0;
    return count;
}
