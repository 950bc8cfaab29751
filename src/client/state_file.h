// Small text files in which hobnob remembers something of this person's: in $XDG_STATE_HOME/hobnob,
// or below ~/.local/state.
#pragma once
#include "base/buf.h"

// Appends where the file of this name lies. False if there is no home.
bool state_file_path(const char *name, struct buf *path);
// Appends what it holds; what cannot be read holds nothing.
void state_file_read(const char *path, struct buf *content);
// Takes the next line of `rest`, without its end.
struct text state_file_line(struct text *rest);
// In place of what it held, readable by its owner alone; makes the folders. 0 or -errno.
int state_file_write(const char *path, struct text content);
