// What hobnobctl can do, as a table.
#pragma once
#include "control/options.h"

// Does what the words of `options` say. Returns the exit status.
int commands_run(const struct options *options);
// Appends a line for each command.
void commands_help(struct buf *out);
