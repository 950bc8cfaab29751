// The codes with which IRC clients format text: bold, colours and the like ("IRC Formatting",
// modern.ircdocs.horse/formatting).
#pragma once
#include "base/text.h"

// How many bytes at the front of `t` are one such code with its colours; 0: there is none.
size_t irc_formatting_len(struct text t);

// The head of `t` in front of its first code.
struct text irc_formatting_before(struct text t);
