// What a room's members (or one session) are told. Protocols turn events into bytes.
#pragma once
#include "store/store.h"

enum event_kind {
    EVENT_MESSAGE,      // message: said, done, noticed or a new topic
    EVENT_PRIVATE_FROM, // message: received in private
    EVENT_PRIVATE_TO,   // message: the sender's confirmation
    EVENT_JOINED,       // names: have joined the room
    EVENT_PARTED,       // names: have left this room only
    EVENT_LEFT,         // names: have left the server; reason for a single one
    EVENT_RENAMED,      // names[0] is now new_name
    EVENT_SHUTDOWN,     // the server stops
};

struct event {
    enum event_kind kind;
    int64_t wall_ms;
    int64_t now_ms;   // today, for those who show dates of other days only
    struct text room; // as people write it; empty where there is none
    const struct message *message;
    const struct text *names;
    size_t name_count;
    struct text new_name;
    struct text reason;
    bool lost; // EVENT_LEFT: the connection was lost
    bool past; // shown as history
};
