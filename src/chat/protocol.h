// What a protocol is to the core: a table of functions that turn lines into chat calls and
// events into bytes. A protocol keeps no state of its own; its options are bits in
// struct session.
#pragma once
#include "base/buf.h"
#include "chat/core.h"
#include "chat/event.h"

struct member;
struct room;
struct session;

// A part of an answer to session_read() (chat/reading.h).
struct page {
    struct text place; // as people write it: a room, or the other person's name
    bool conversation;
    bool search;
    bool first;
    bool last;
    bool more; // searches: there are older ones
    int error; // 0, or -errno: nothing could be read
    const struct message *messages;
    size_t count;
};

struct protocol {
    const char *name;
    bool echoes;      // senders get their own lines back
    bool skips_ahead; // a slow member skips and is told; else it is closed
    void (*opened)(struct session *);
    // True for a line that only says something: such lines may be in flight together;
    // any other line waits until they are kept.
    bool (*is_message)(const struct session *, struct text line);
    void (*line)(struct session *, struct text line, enum core_line how);
    // Writes whole lines for a member with these options, or nothing.
    void (*render)(const struct event *, uint32_t options, struct buf *out);
    // The options of a member's rendition: the bits that change the bytes.
    uint32_t (*options)(const struct session *, const struct room *);
    // The session is a member now; what was said lately is in the room's recent messages.
    void (*joined)(struct session *, struct member *);
    // The room could not be joined (-errno of the store).
    void (*page)(struct session *, const struct page *);
    // A message could not be kept, for the reason -errno; nobody has seen it.
    void (*not_kept)(struct session *, const struct message *, int error);
    // The recipient left before the private message was kept.
    void (*not_delivered)(struct session *, const struct message *);
    // Lines of a room were skipped because the session did not read.
    void (*missed)(struct session *, const struct room *, uint64_t lines);
    // Last words before the connection is closed.
    void (*closing)(struct session *, enum close_reason);
};
