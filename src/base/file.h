// Small files, read and replaced as a whole.
#pragma once

#include "base/buf.h"

// Appends all of a regular file to `content`. 0 or -errno: -EINVAL if it is no regular file (a pipe
// could keep us waiting for ever), -EFBIG if `content` cannot hold it.
int file_read(const char *path, struct buf *content);

// Makes the file be `bytes`, readable by its owner alone. It is the old one or the new one at any
// time, after a crash too. 0 or -errno.
int file_replace(const char *path, struct text bytes);
