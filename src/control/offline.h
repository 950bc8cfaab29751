// What is done in the data folder itself, where no server runs.
#pragma once
#include "control/options.h"

#include <jansson.h>

// Each gives 0 and an object, as a server's answer has it, or -errno and a sentence in `why`.
int offline_backup(const char *folder, const char *path, json_t **row, struct buf *why);
int offline_restore(const char *folder, const char *path, json_t **row, struct buf *why);
// `path` NULL: the folder's database.
int offline_check(const char *folder, const char *path, json_t **row, struct buf *why);
