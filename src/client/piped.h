// Lines from standard input where it is not edited: a pipe, a file, or a terminal whose output
// goes elsewhere. Read only as fast as they are wanted.
#pragma once
#include "base/text.h"

#include <uv.h>

struct piped_handler {
    void *context;
    bool (*wants)(void *context); // whether another line can be taken
    void (*line)(void *context, struct text line);
    void (*line_too_long)(void *context);
    void (*ended)(void *context); // no more lines will come
};

struct piped;

// `line_max` in bytes.
struct piped *piped_create(uv_loop_t *loop, size_t line_max, const struct piped_handler *handler);
// The loop must run once more afterwards. NULL is allowed.
void piped_destroy(struct piped *p);
// To be called whenever wants() may have changed.
void piped_settle(struct piped *p);
// Whether wants() has changed since.
bool piped_is_unsettled(struct piped *p);
