// A store in front of one whose answers wait at once (store_memory.h): it says so to whoever
// takes turns, as stores with threads of their own do.
#pragma once
#include "store/store.h"

// Takes over `behind`. `wake` is called for every request.
struct store *store_wake_create(struct store *behind, void (*wake)(void *), void *context);
