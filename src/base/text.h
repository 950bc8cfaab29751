// A slice of bytes that somebody else owns: pointer and length, no NUL at the end.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    const char *at;
    size_t len;
};

// A text of a string literal; usable in initialisers of locals and as a value.
#define TEXT(literal) ((struct text){"" literal, sizeof(literal) - 1})
// The same for initialisers of static tables.
#define TEXT_INIT(literal)                                                                         \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }
// For printf's "%.*s".
#define TEXT_ARG(t) (int)(t).len, (t).at

// The bytes of a C string; NULL is the empty text.
struct text text_of(const char *string);
// A NUL-terminated copy that the caller frees.
char *text_copy(struct text t);
// The same as a text: text_disown() frees its bytes.
struct text text_own(struct text t);
void text_disown(struct text t);
// Puts a copy of `value` in the place of an owned text, of which it may be a part.
void text_replace(struct text *owned, struct text value);

bool text_equal(struct text a, struct text b);
// The same for secrets: how long it takes says nothing about what is alike, only about `given`.
bool text_equal_secret(struct text secret, struct text given);
// Without regard to the case of ASCII letters.
bool text_equal_nocase(struct text a, struct text b);
bool text_starts(struct text t, struct text prefix);
// Order by bytes: negative, zero or positive.
int text_compare(struct text a, struct text b);

// The text without its first `count` bytes (`count` may exceed the length).
struct text text_skip(struct text t, size_t count);
// At most the first `count` bytes.
struct text text_head(struct text t, size_t count);
// Without white space (space, tab, CR, LF, VT, FF) at both ends.
struct text text_trim(struct text t);
// Takes the first word off `rest` (words are separated by spaces or tabs) and
// returns it; `rest` becomes what follows it, without leading blanks. Empty when
// there is none.
struct text text_word(struct text *rest);
// Without the LF, CR or CR LF at its end, if one is there.
struct text text_without_line_end(struct text t);
// How many decimal digits it begins with.
size_t text_digits(struct text t);
// Where `byte` first stands, or t.len.
size_t text_find(struct text t, char byte);

// A whole decimal number without sign; false, with `number` left alone, if it is anything
// else or above `max`.
bool text_number(struct text t, uint64_t max, uint64_t *number);
