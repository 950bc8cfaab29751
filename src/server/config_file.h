// Reading a configuration file into a configuration. The only file that includes libconfuse.
#pragma once
#include "server/config.h"

// Values are put over those in `c`; false and a line "FILE:LINE: sentence" in
// `why` for each of the first mistakes on failure.
bool config_file_read(struct config *c, const char *path, struct buf *why);
