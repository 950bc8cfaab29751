// A store that keeps the newest messages in memory and loses them at the end
// (`--ephemeral`). Single-threaded: answers are ready at the next store_collect().
#pragma once
#include "store/store.h"

// Keeps at most `max_bytes` of messages in all; the oldest of the largest places go first.
struct store *store_memory_create(size_t max_bytes);
