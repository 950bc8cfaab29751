// Joins and leaves. One or a few are told at once; in a storm they are held for a moment
// and told together, and whoever came and went meanwhile is not told at all. Anything
// else that the room shows is shown after them. Protocols that tell of each who leaves
// (protocol.tells_each) are told of that at once.
#pragma once
#include "chat/room.h"

enum { PRESENCE_NAMES_MAX = 1024 }; // told together

void presence_joined(struct core *core, struct room *room, struct session *session);
// `event` is EVENT_PARTED or EVENT_LEFT with one name.
void presence_left(struct core *core, struct room *room, const struct event *event,
                   struct origin origin);
// Tells what is held, if anything: in the room's order, or at once before something that is
// being shown.
void presence_flush(struct core *core, struct room *room);
void presence_show(struct core *core, struct room *room);
// Tells what has been held long enough, in all rooms, and when that is next.
void presence_tick(struct core *core);
int64_t presence_next_ms(const struct core *core);
void presence_destroy(struct core *core, struct room *room);
