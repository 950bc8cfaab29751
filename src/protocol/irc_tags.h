// The tags in front of a line that is being written: '@', what is added, and a space. A line
// without any has neither.
#pragma once
#include "base/buf.h"

struct irc_tags {
    struct buf *out;
    bool any;
};

// Begins a tag: "time=" or a whole one; the rest is added to `out`.
void irc_tag_begin(struct irc_tags *tags, const char *key);
void irc_tag_time(struct irc_tags *tags, int64_t wall_ms);
void irc_tags_end(struct irc_tags *tags);
