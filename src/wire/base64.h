// Base64 as RFC 4648 has it, with its padding.
#pragma once
#include "base/buf.h"

// Appends what `encoded` stands for; false, with nothing appended, if it is not base64 or does
// not fit.
bool base64_decode(struct text encoded, struct buf *out);
void base64_encode(const void *bytes, size_t len, struct buf *out);
