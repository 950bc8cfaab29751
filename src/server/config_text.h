// The text of a configuration file, with its comments made blank: libconfuse 3.3 counts
// lines wrongly after comments, and takes none inside lists.
#pragma once
#include "base/buf.h"

// A quote, a brace or a comment that begins in this line and has no end; 0: there is none.
struct config_text_end {
    int line;
    const char *sentence;
};

// Appends the file's text, line by line where it was, but for what follows what has no end. False
// and a sentence in `why` if it cannot be read.
bool config_text_read(const char *path, struct buf *text, struct config_text_end *end,
                      struct buf *why);

// Makes blank what stands before the first statement behind a mistake in line `line`, inside of a
// section or not; of the section its head stays. False if that section has ended before.
bool config_text_skip(struct buf *text, int line, bool in_section);
