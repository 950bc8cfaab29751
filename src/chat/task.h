// What an administrator asks for and the core cannot do itself, as it is about the process or the
// disk. It is done outside, may take minutes, and is answered once.
#pragma once
#include "base/text.h"

enum task_kind {
    TASK_STATUS, // how the server is doing
    TASK_RELOAD, // reads the configuration again
    TASK_BACKUP, // writes a backup to `path`
    TASK_CHECK,  // looks whether the database is whole
};

struct task {
    enum task_kind kind;
    struct text path; // valid during the call
    void *asker;      // stands in the answer
};

// A number, or a text.
struct figure {
    const char *name;
    struct text text; // at NULL: it is the number
    int64_t number;
};

struct task_answer {
    struct text fault; // a sentence: why it was not done; empty: it was
    const struct figure *figures;
    size_t figure_count;
};
