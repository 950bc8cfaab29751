// A text file that a setting names, such as the message of the day.
#pragma once
#include "base/buf.h"

enum { TEXT_FILE_MAX = 64 * 1024, TEXT_FILE_LINES_MAX = 500, TEXT_FILE_LINE_MAX = 400 };

// Its lines, each ended by one LF, which the caller frees; NULL and a sentence in `why` if it
// cannot be read, is too large, or has a line that is not fit for everybody's terminal.
char *text_file_read(struct text path, struct buf *why);
