// Secrets that nobody can guess.
#pragma once
#include <stddef.h>

// Fills `bytes` from the system's random source. Any thread.
void random_bytes(void *bytes, size_t count);
