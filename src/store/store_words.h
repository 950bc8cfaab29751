// What it means that a text "has" words: the one definition that the full-text index,
// the messages not indexed yet and the memory store share. It is SQLite's tokenizer
// `unicode61 remove_diacritics 2`: letters and digits make tokens, everything else
// separates them, case and accents do not matter.
//
// A search is split at white space; each piece is a phrase of one or more tokens that
// must follow each other ("foo-bar" finds "Foo, bar" and not "bar foo"). Pieces without
// any letter or digit are left out; when no piece is left, nothing is found.
#pragma once
#include "base/buf.h"

struct word_filter;

// One thread at a time.
struct word_filter *word_filter_create(void);
void word_filter_destroy(struct word_filter *filter);

// Sets what is looked for (copied). False when nothing can be found.
bool word_filter_set(struct word_filter *filter, struct text words);
// Whether the text has all of it. After a word_filter_set() that returned true.
bool word_filter_match(struct word_filter *filter, struct text text);
// Appends an FTS5 expression on column `column` that finds at least all texts that
// match (not always only those: the index is asked for the first phrases alone).
bool word_filter_expression(const struct word_filter *filter, const char *column, struct buf *out);
