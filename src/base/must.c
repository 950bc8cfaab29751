#include "base/must.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void must_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "This is a bug in hobnob: '%s' did not hold at %s:%d.\n", condition, file,
            line);
    abort();
}

static _Noreturn void out_of_memory(size_t size)
{
    fprintf(stderr, "There is no memory left for another %zu bytes.\n", size);
    abort();
}

void *mem_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory) {
        out_of_memory(size);
    }
    return memory;
}

void *mem_array(size_t count, size_t size)
{
    must(size == 0 || count <= SIZE_MAX / size);
    return mem_alloc(count * size);
}

void *mem_grow(void *memory, size_t size)
{
    void *grown = realloc(memory, size ? size : 1);
    if (!grown) {
        out_of_memory(size);
    }
    return grown;
}
