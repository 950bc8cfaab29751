// What waits in a room to be shown: messages and changes on their way to the store, and events that
// came after them. A private message, and a change that is told in no room, wait outside any.
#pragma once
#include "chat/rendition.h"

struct change;
struct core;
struct record;
struct room;
struct session;

struct pending {
    struct pending *next;    // in the room's queue
    struct room *room;       // NULL: none
    struct session *session; // the sender's, for messages
    struct message *message; // owned; NULL: an event, or
    struct change *change;   // that is to be kept (chat/change.h)
    uint8_t waiting;         // for so many answers of the store
    bool ends_line;          // the last message of the line that it came in
    bool apart;              // its sender is told by its protocol, in own(), not by the room
    int error;               // the store's answer
    uint32_t recipient;      // number of the user that a private message is for
    struct origin origin;
    struct event event; // texts owned, for events
};

// Submits a message of the session to the store. `room` NULL: a private one for `recipient`.
// `message` is copied.
void pending_submit(struct session *session, struct room *room, uint32_t recipient,
                    const struct message *message);
// Has the record of a change kept, and what the audit log says of it.
void pending_change(struct change *change, const struct record *record);
// Queues an event behind what waits; the event's texts are copied.
void pending_event(struct core *core, struct room *room, const struct event *event,
                   struct origin origin);
// The store's answer to a submission.
void pending_answered(struct core *core, struct pending *pending,
                      const struct store_answer *answer);
