// E-mail addresses as people give them at registering. They are kept for the operator: the server
// sends no mail, so it does not know whether an address is somebody's.
#pragma once
#include "base/text.h"

enum {
    EMAIL_BYTES_MAX = 254,      // a path of RFC 5321, 4.5.3.1.3, without its angle brackets
    EMAIL_LOCAL_BYTES_MAX = 64, // RFC 5321, 4.5.3.1.1
};

// Whether it can be one: a local part, one '@' and a domain without empty labels, in valid UTF-8
// (RFC 6531), of these lengths, and without blanks and what a terminal obeys.
bool email_is_good(struct text email);
