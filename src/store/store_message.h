// Messages that outlive what they were made from.
#pragma once
#include "store/store.h"

// A copy of the message and of everything it points at, in one piece of memory that the
// caller frees with free().
struct message *message_copy(const struct message *message);

// What a message counts for in a page and in a memory limit: the bytes of its texts.
size_t message_bytes(const struct message *message);
