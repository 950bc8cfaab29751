// Masks: text in which '*' stands for any run of bytes and '?' for one character.
#pragma once
#include "base/text.h"

// Case of ASCII letters does not count. Never takes longer than both lengths multiplied.
bool mask_matches(struct text mask, struct text t);
