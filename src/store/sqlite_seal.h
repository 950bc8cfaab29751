// The seal of a copy: a line at its end with the digest of everything before it, which SQLite does
// not look at. SQLite itself would not notice a changed letter in a message.
//
//   head -c -93 FILE | b2sum -l 256    prints the same digest
#pragma once
#include <stdatomic.h>

// Seals a file that has none; what is written is not durable yet. 0, -ECANCELED (when `stop`, which
// may be NULL, becomes true) or -errno.
int seal_write(const char *path, const atomic_bool *stop);

// Whether the file is as it was sealed: 0, -EUCLEAN, -ECANCELED or -errno. A database without a
// seal, such as other programs make, passes if it ends where its header says it does
// (https://www.sqlite.org/fileformat2.html#the_database_header).
int seal_check(const char *path, const atomic_bool *stop);
