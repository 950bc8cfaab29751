// What administrators ask for (chat/task.h): done between two turns of the core, or where it takes
// long, one at a time, on a thread of libuv's pool.
#pragma once
#include "chat/task.h"

#include <uv.h>

struct server;
struct tasks;

struct tasks *tasks_create(struct server *server, uv_loop_t *loop);
// Takes it; tasks_run() begins it.
void tasks_put(struct tasks *tasks, const struct task *task);
// Between two turns. True if the core has answers to deal with.
bool tasks_run(struct tasks *tasks);
// What takes long is given up.
void tasks_stop(struct tasks *tasks);
// Waits until nothing is under way; what was asked for is not answered any more. NULL is allowed.
void tasks_destroy(struct tasks *tasks);
