// Masks: text in which '*' stands for any run of bytes and '?' for one character.
#pragma once
#include "base/text.h"

// What counts as the same in names (name_fold()) does so in masks. Never takes longer than both
// lengths multiplied, but for the folding.
bool mask_matches(struct text mask, struct text t);
// Whether two masks are the same but for that.
bool mask_same(struct text a, struct text b);
