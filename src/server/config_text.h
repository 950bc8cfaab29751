// The text of a configuration file, with its comments made blank: libconfuse 3.3 counts
// lines wrongly after comments, and takes none inside lists.
#pragma once
#include "base/buf.h"

// Appends the file's text, line by line where it was. False and a sentence in `why` if it
// cannot be read, or if a quote, a brace or a comment in it has no end.
bool config_text_read(const char *path, struct buf *text, struct buf *why);
