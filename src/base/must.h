// Assertions that stay in release builds, and allocation that cannot fail.
// A broken `must` is a bug of ours, never something a peer can bring about.
// Allocation failure ends the process with one sentence: limits come first.
#pragma once
#include <stddef.h>

#define must(condition) ((condition) ? (void)0 : must_failed(#condition, __FILE__, __LINE__))

_Noreturn void must_failed(const char *condition, const char *file, int line);

// Zeroed memory of `size` bytes; the caller owns it and frees it with free().
void *mem_alloc(size_t size);

// Zeroed memory for `count` things of `size` bytes each.
void *mem_array(size_t count, size_t size);

// realloc() that does not fail; what is new is not zeroed.
void *mem_grow(void *memory, size_t size);
