// Passwords, which never stand on a command line: other users can see those.
#pragma once
#include "base/buf.h"

// Reads a new password: on a terminal twice, without showing it; else the first line of standard
// input. False with a sentence in `why`.
bool secret_read(struct buf *secret, struct buf *why);
