// A store that keeps the newest messages in memory and loses them at the end
// (`--ephemeral`). Single-threaded: answers are ready at the next store_collect().
#pragma once
#include "store/store.h"

// Keeps at most `max_bytes` of messages in all; the oldest of the largest places go first
// (largest within a factor of two). A conversation that has lost its last message this way
// is forgotten, and would begin again with number 1.
struct store *store_memory_create(size_t max_bytes);
