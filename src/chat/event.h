// What a room's members (or one session) are told. Protocols turn events into bytes.
#pragma once
#include "store/store.h"

enum event_kind {
    EVENT_MESSAGE,      // message: said, done, noticed or a new topic
    EVENT_PRIVATE_FROM, // message: received in private
    EVENT_PRIVATE_TO,   // message: the sender's confirmation
    EVENT_JOINED,       // actors: have joined the room
    EVENT_PARTED,       // actors: have left this room only
    EVENT_LEFT,         // actors: have left the server; reason for a single one
    EVENT_RENAMED,      // actors[0], under the old name, is now new_name
    EVENT_SHUTDOWN,     // the server stops
};

// Somebody as others are told of them; the texts belong to somebody else.
struct actor {
    struct text name;
    struct text login;     // empty: the client has given none
    struct text account;   // empty: a guest
    struct text real_name; // empty: none given
    uint64_t cloak;        // stands for the address, which only operators see
};

struct event {
    enum event_kind kind;
    int64_t wall_ms;
    int64_t now_ms;   // today, for those who show dates of other days only
    struct text room; // as people write it; empty where there is none
    const struct message *message;
    const struct actor *actors;
    size_t actor_count;
    struct text new_name;
    struct text reason;
    bool lost; // EVENT_LEFT: the connection was lost
    bool past; // shown as history
};

// A copy whose texts are the caller's, and its end.
struct actor actor_own(const struct actor *actor);
void actor_disown(struct actor *actor);
