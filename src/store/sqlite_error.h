// Sentences for people about what stands in the way of opening the store.
#pragma once
#include "store/store_sqlite.h"

#include <sqlite3.h>

// Fills `error` and returns `code` (-errno). The first error stays.
int error_say(struct store_sqlite_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// The same in general words, for a database that cannot be opened: with what SQLite said last,
// or where `database` is NULL what `code` means.
int error_say_unusable(struct store_sqlite_error *error, int code, const char *path,
                       sqlite3 *database);
