// Rooms that nobody is in. Where there are as many rooms as there may be, the one that has been
// empty for longest makes way, if nothing is known of it but what was said: that stays in the store
// and is read again when somebody opens the room.
#include "base/must.h"
#include "chat/core_state.h"
#include "chat/room.h"

#include <utlist.h>

void room_is_idle(struct core *core, struct room *room)
{
    room_is_gone(core, room);
    DL_APPEND2(core->idle, room, idle.prev, idle.next);
    room->idle.listed = true;
}

void room_is_gone(struct core *core, struct room *room)
{
    if (room->idle.listed) {
        bool first_of_several = room == core->idle && room->idle.prev != room;
        must(core->idle && room->idle.prev && (!first_of_several || room->idle.next));
        DL_DELETE2(core->idle, room, idle.prev, idle.next);
        room->idle.listed = false;
    }
}

static bool may_go(const struct room *room)
{
    bool empty = !room->members && !room->queue && !room->loading;
    bool plain = !room->rules && !room->has_record && !room->hidden.seq && !room->topic.len &&
                 !room->metadata.by_key;
    return empty && plain && text_equal(room->place, room->key) && !room_is_common(room->key);
}

bool rooms_make_way(struct core *core)
{
    while (core->idle) {
        struct room *room = core->idle;
        room_is_gone(core, room);
        if (may_go(room)) {
            core->let_rooms_go = true;
            room_destroy(core, room);
            return true;
        }
    }
    return false;
}

void rooms_bound(struct core *core)
{
    for (struct room *room = core->rooms; room; room = room->by_key.next) {
        room_is_idle(core, room);
    }
    while (core->room_count > core->config.limits.rooms && rooms_make_way(core)) {
    }
}
