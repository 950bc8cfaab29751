// How much room the disk has that the store is on.
#pragma once
#include "server/server.h"

// Whether a disk of `size` bytes of which `left` are left is nearly full: less than 5 % are left,
// and less than `least`. One that `was` nearly full is until it has a quarter more.
bool disk_is_low(uint64_t left, uint64_t size, uint32_t least, bool was);
// To be called every few seconds: tells the core, and the console when it changes.
void disk_look(struct server *s);
