// JSON that a terminal can be shown as it is.
#pragma once
#include "base/buf.h"

#include <jansson.h>

// Appends `value` on one line, without its end. What is no printable ASCII stands there escaped:
// everything from DEL on, the control characters among it. Appends nothing and returns false where
// it does not fit, or `value` has bytes that are no UTF-8.
bool ascii_json_add(const json_t *value, struct buf *out);
