// Names of users and rooms: which are allowed, and which count as the same. The only
// file that includes ICU.
#pragma once
#include "base/buf.h"

enum {
    NAME_BYTES_MAX = 64,
    NAME_GRAPHEMES_MAX = 32,
    NAME_KEY_MAX = 512, // of a folded name or a skeleton, in bytes
};

enum name_fault {
    NAME_OK,
    NAME_EMPTY,
    NAME_TOO_LONG,
    NAME_NOT_UTF8,
    NAME_HAS_SPACE,    // any Unicode white space
    NAME_HAS_CONTROL,  // controls, format characters, unassigned and private code points
    NAME_HAS_RESERVED, // ! @ , * ? anywhere
    NAME_BAD_START,    // / # & : ~ % + $ -
    NAME_ONLY_DIGITS,
    NAME_STACKED,      // more than 3 combining marks on one base
};

// Whether a user may be called so. Also refuses what would fold to something refused.
enum name_fault name_check(struct text name);
// Whether a room may be called so: '#', then at least one more character, none of space,
// control, comma; the same lengths.
enum name_fault room_name_check(struct text name);
// A sentence's second half for people: "cannot contain spaces".
const char *name_fault_text(enum name_fault fault);

// Writes the form under which two names that differ only in case, width or composition are
// equal (NFKC with full case folding). Valid UTF-8 expected. False if it is longer than
// NAME_KEY_MAX.
bool name_fold(struct text name, struct buf *key);
// Writes the form under which look-alikes are equal: the confusable skeleton (UTS 39) of
// the folded name, without regard to script. False as above.
bool name_skeleton(struct text name, struct buf *key);
