// Names of users and rooms: which are allowed, and which count as the same. The only
// file that includes ICU. To be called by the core's thread only.
#pragma once
#include "base/buf.h"

// What stands where the name of somebody was whose account is erased; nobody can be called so.
#define ERASED_NAME "*"

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
    NAME_STACKED,    // more than 3 combining marks on one base
    NAME_IS_SERVERS, // reads like the server's own voice: [SYSTEM], NickServ
    NAME_NO_HASH,    // a room's name without '#' before it
    NAME_HAS_COMMA,  // in a room's name
};

// Whether a user may be called so. Also refuses what would fold to something refused. The
// keys of what is allowed fit: no character becomes more than six times as long in them.
enum name_fault name_check(struct text name);
// Whether a room may be called so: '#', then at least one more character, none of space,
// control, comma; the same lengths.
enum name_fault room_name_check(struct text name);
// A sentence's second half for people: "cannot contain spaces".
const char *name_fault_text(enum name_fault fault);

// Whether the name looks like the word, whatever stands around or between its letters.
bool name_reads_like(struct text name, struct text word);

// Two names are the same if their folds are equal or their skeletons are: keep and compare
// both. Each function appends its key to `key`, expects valid UTF-8, and returns false if
// the key is longer than NAME_KEY_MAX or than `key` can hold.

// The form under which names that differ only in case, width, composition or invisible
// characters are equal (NFKC with full case folding).
bool name_fold(struct text name, struct buf *key);
// The form under which look-alikes are equal, without regard to script: each character
// beyond ASCII becomes what it looks like (the prototypes of UTS 39), and then the whole is
// folded. ASCII characters stand for themselves: "Al" and "A1", "modern" and "modem" are
// different names, and a character beyond ASCII that looks like I, l and 1 counts as the
// one of its own kind (capital, small, digit).
bool name_skeleton(struct text name, struct buf *key);

// Both of a name.
struct name_keys {
    struct buf key; // its fold
    struct buf skeleton;
};

// False if it has none: it is no valid UTF-8, or too long. To be finished either way.
bool name_keys_init(struct name_keys *keys, struct text name);
void name_keys_finish(struct name_keys *keys);

// Whether two names, of people or of rooms, have the same fold.
bool name_same(struct text a, struct text b);
