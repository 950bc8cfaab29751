// What a room shows, in its one order.
#include "chat/core_state.h"
#include "chat/pending.h"
#include "chat/presence.h"
#include "chat/room.h"

void room_show(struct core *core, struct room *room, const struct event *event,
               struct origin origin)
{
    for (struct rendition *r = room->renditions; r; r = r->next) {
        rendition_add(core, r, event, origin);
    }
}

void room_tell(struct core *core, struct room *room, const struct event *event,
               struct origin origin)
{
    bool waits = room->queue && (!room->in_turn || room->queue->next);
    if (waits) {
        pending_event(core, room, event, origin);
    } else {
        room_show(core, room, event, origin);
    }
}

static void set_topic(struct room *room, const struct message *message)
{
    text_replace(&room->topic, message->text);
    text_replace(&room->topic_by, message->sender_name);
    room->topic_ms = message->time_ms;
}

struct event room_message_event(const struct core *core, const struct room *room,
                                const struct message *message)
{
    return (struct event){
        .kind = EVENT_MESSAGE,
        .wall_ms = message->time_ms,
        .now_ms = core->now.wall_ms,
        .room = room->shown,
        .message = message,
        .account = account_name_of(&core->accounts, message->sender),
        .recent = room->recent,
    };
}

void room_show_message(struct core *core, struct room *room, const struct message *message,
                       struct origin origin)
{
    room->last_seq = message->seq;
    if (message->kind == MESSAGE_TOPIC) {
        set_topic(room, message);
    }
    if (room->recent) {
        recent_add(room->recent, message);
    }
    // What is held is younger than any event that still waits in the queue.
    if (room->queued_events == 0) {
        presence_show(core, room);
    }
    struct event event = room_message_event(core, room, message);
    room_show(core, room, &event, origin);
}

void room_show_redaction(struct core *core, struct room *room, struct event *event,
                         struct origin origin)
{
    const struct message *message = NULL;
    if (room->recent) {
        message = recent_delete(room->recent, event->redacted);
    }
    event->room = room->shown;
    event->target = message ? message->sender_name : TEXT("");
    presence_show(core, room);
    room_show(core, room, event, origin);
}
