// What the values of settings have to be: false and a sentence in `why` that says what would
// be right.
#pragma once
#include "base/buf.h"

bool listener_valid(struct text value, struct buf *why);
bool address_valid(struct text value, struct buf *why);
// As in struct net_config, or "*".
bool origin_valid(struct text value, struct buf *why);
bool name_valid(struct text value, struct buf *why);
bool folder_valid(struct text value, struct buf *why);
bool path_valid(struct text value, struct buf *why);
bool sentence_valid(struct text value, struct buf *why);
bool password_valid(struct text value, struct buf *why);
// The form of it, not whether there is one.
bool flood_name_valid(struct text value, struct buf *why);
// NAME:PASSWORD
bool operator_valid(struct text value, struct buf *why);
