// uthash with a keyed hash (SipHash), so that nobody who chooses names can choose
// collisions. Include this instead of <uthash.h>.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Sets the key for every table made from now on: at start, before any thread. 16
// bytes. Tests leave it zero.
void hash_key_set(const unsigned char key[16]);
// 16 bytes from the system's random source.
void hash_key_random(unsigned char key[16]);
unsigned hash_bytes(const void *bytes, size_t len);
// The same under a key of one's own, and the whole of it.
uint64_t hash_keyed64(const unsigned char key[16], const void *bytes, size_t len);

#define HASH_FUNCTION(at, len, value) ((value) = hash_bytes((at), (len)))
#define uthash_fatal(message) must_failed((message), __FILE__, __LINE__)
#include "base/must.h"
#include <uthash.h>
