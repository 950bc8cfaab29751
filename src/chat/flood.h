// What is refused or slowed down because there is too much of it, whoever says it and however it
// is said. Who has a rank in a room, moderators of the server and addresses without limits may
// flood it.
#pragma once
#include "chat/flood_profile.h"
#include "chat/refusal.h"

struct core;
struct room;
struct session;

// Whether something that the session says is taken; else it has been told why not. `place`: the
// room or the person, as people write it.
bool flood_takes(struct session *session, struct text place);
// The same of a message to a room, which is counted.
bool flood_takes_message(struct session *session, const struct room *room, struct text text);
// The session comes into a room that has members, which is counted: REFUSED_FLOODED, or
// REFUSED_NOT.
enum refusal flood_join(struct session *session, struct room *room);
// Its user wants another name. False if there have been too many for one of its rooms, which is
// deaf to the user then. And: it has got one, which is counted.
bool flood_takes_name(struct session *session);
void flood_count_name(struct session *session);
