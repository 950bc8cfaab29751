// The resume tokens that servers have given this person: a text file, readable by its owner alone,
// with one line for each, HOST:PORT NAME TOKEN. Other lines are left as they are.
#pragma once
#include "base/buf.h"

// Appends the token for `where` and `name`; false if there is none.
bool tokens_find(const char *path, struct text where, struct text name, struct buf *token);
// In place of what there was; empty: none any more. Makes the folders. 0 or -errno.
int tokens_put(const char *path, struct text where, struct text name, struct text token);
