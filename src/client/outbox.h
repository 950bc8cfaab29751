// The lines that were typed and are not yet sent. A line that was sent only in part when the
// connection broke is sent again whole.
#pragma once
#include "base/buf.h"

enum {
    OUTBOX_LINE_MAX = 4096, // bytes the server takes as one line
    OUTBOX_MAX = 64 * 1024, // bytes of lines kept
};

struct outbox {
    struct buf lines; // each with its LF
    size_t sent;      // bytes at the front that are gone; always less than one line
};

void outbox_init(struct outbox *o);
void outbox_finish(struct outbox *o);

// Adds a line (at most OUTBOX_LINE_MAX bytes, without LF). False if there is no room.
bool outbox_add(struct outbox *o, struct text line);
// Adds the last line, for which there is always room once.
void outbox_add_last(struct outbox *o, struct text line);
// Whether outbox_add() would take any line.
bool outbox_has_room(const struct outbox *o);

// What is to be sent next; valid until the next change.
struct text outbox_rest(const struct outbox *o);
// `count` bytes of it are gone.
void outbox_sent(struct outbox *o, size_t count);
// The connection is gone: the line that was sent in part counts as not sent.
void outbox_restart(struct outbox *o);

// Lines not wholly sent.
size_t outbox_count(const struct outbox *o);
