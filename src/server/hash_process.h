// Processes that work on passwords. A hash maps and fills its memory at once, and for that time no
// thread of the same process gets or gives back memory: everybody would wait. They are made before
// the server has threads, hold nothing of it, come after everybody else (nice), and end with it.
#pragma once
#include "server/password.h"

struct hash_processes;

// `count` of them, or fewer where the system does not allow more.
struct hash_processes *hash_processes_create(size_t count);
// NULL is allowed. Whoever waits for one gets false.
void hash_processes_destroy(struct hash_processes *processes);
size_t hash_processes_count(const struct hash_processes *processes);
// As password_work(), by process number `which`, which does nothing else meanwhile. Any thread;
// waits for it. False if that process is gone: nothing was done.
bool hash_processes_work(struct hash_processes *processes, size_t which, struct password_try *t,
                         const char *password, size_t len);
