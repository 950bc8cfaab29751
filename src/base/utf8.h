// UTF-8 as RFC 3629 defines it, and the two ways in which we cut and show it.
#pragma once
#include "base/buf.h"

// No overlong forms, no surrogates, nothing above U+10FFFF, nothing cut off.
bool utf8_valid(struct text t);

// The longest head of valid `t` that has at most `max_bytes` bytes and ends
// between two graphemes (UAX 29); falls back to a code point where one grapheme
// alone is longer.
struct text utf8_cut(struct text t, size_t max_bytes);

// How many graphemes valid `t` has.
size_t utf8_graphemes(struct text t);

// Appends `t` so that a terminal shows it and obeys none of it: C0, DEL, C1 and bytes
// that are no UTF-8 become \xNN, bidirectional marks, overrides and isolates and
// U+2028/2029 become \u{NNNN}. Tabs are kept when `keep_tabs`. At most four times as
// long as `t`. Appends nothing and returns false where it does not fit.
bool utf8_add_visible(struct buf *b, struct text t, bool keep_tabs);
