// What stands for a person's address where others see it: a number that only this server can make
// of the address, the same over restarts, so that a ban of it lasts. Its key is a record.
#pragma once
#include "base/text.h"

struct core;
struct record;

enum { CLOAK_KEY_BYTES = 16 };
#define CLOAK_KIND "cloak"

// A record of the kind CLOAK_KIND; false if it cannot be understood. At start.
bool cloak_load(struct core *core, const struct record *record);
// After the last of them: makes the key where there is none.
void cloak_begin(struct core *core);
// Another key, for all who come from then on; session_renew_cloaks() makes one when it is kept.
void cloak_renew(struct core *core);
// The cloak of an address: one for each of IPv4, and one for each /64 of IPv6, which somebody has
// whole.
uint64_t cloak_of(const struct core *core, struct text address);
