// What is in the file, and how files of older versions are brought up to date. The
// version is the file's user_version; that the file is hobnob's says its application_id.
#pragma once
#include "store/store_sqlite.h"

#include <sqlite3.h>

enum { SCHEMA_APPLICATION_ID = 0x686f626e }; // "hobn"

// Step i, an SQL script, takes a file from version i to version i + 1; the first one
// makes everything in an empty file.
struct schema_steps {
    const char *const *sql;
    int count;
};
extern const struct schema_steps schema_steps;

enum schema_fit {
    SCHEMA_FITS, // of this version or an older one
    SCHEMA_EMPTY,
    SCHEMA_FOREIGN, // another program's
    SCHEMA_NEWER,   // of a version to come
};

// What the file is; `version` is its schema's. Only reads. 0 or -errno.
int schema_look(sqlite3 *database, const struct schema_steps *steps, enum schema_fit *fit,
                int64_t *version);
// Whether this program may use the file at all; only reads. 0, or -errno with `error` filled.
int schema_check(sqlite3 *database, const char *path, const struct schema_steps *steps,
                 struct store_sqlite_error *error);

// Checks, and then brings the open database at `path` to the last version. A file that holds
// anything is first copied to `path`.schema-<N>.bak, and the copy is checked and made durable. 0,
// or -errno with `error` filled, and then the file is as it was.
int schema_update(sqlite3 *database, const char *path, const char *vfs,
                  const struct schema_steps *steps, struct store_sqlite_error *error);
