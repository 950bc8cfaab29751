// hobnob itself: a session, its connection, and the terminal or pipe it talks through.
#pragma once
#include "client/options.h"

// Talks until the person leaves; returns the exit status.
int client_run(const struct options *options);
