// One room's feed for one protocol and set of options: events are encoded here once,
// whatever the number of members, and sealed into segments.
#pragma once
#include "base/buf.h"
#include "base/segment.h"
#include "chat/event.h"
#include "chat/protocol.h"

struct core;

struct rendition {
    struct rendition *next; // of the room
    struct rendition *dirty_next;
    bool dirty;
    const struct protocol *protocol;
    uint32_t options;
    uint32_t feed;
    uint32_t members; // 0: it goes at once
    uint64_t line_total;
    struct buf open; // what is not yet sealed
    struct segment_line *lines;
    uint32_t line_count;
    uint32_t line_size;
};

// Whose line it is, and who must not get it (see struct segment_line).
struct origin {
    uint32_t user;
    uint32_t session;
    uint32_t once;
    bool apart; // that session is told in another way, echo or not
};

// The room's rendition for these options, made if there is none; counts one member.
struct rendition *rendition_take(struct core *core, struct rendition **of_room,
                                 const struct protocol *protocol, uint32_t options);
// Gives one member's share back; the last one frees it.
void rendition_release(struct core *core, struct rendition **of_room, struct rendition *r);

void rendition_add(struct core *core, struct rendition *r, const struct event *event,
                   struct origin origin);
// Appends what is open to the feed.
void rendition_seal(struct core *core, struct rendition *r);
void renditions_seal(struct core *core, struct rendition *first); // those of a room
// The same for all that have something open: the end of a turn.
void renditions_seal_all(struct core *core);
