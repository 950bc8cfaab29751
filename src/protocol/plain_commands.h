// What plain people can do beyond talking: one table, from which /help comes as well.
#pragma once
#include "chat/protocol.h"

// Runs a line that begins with '/'.
void plain_command(struct session *session, struct text line);
// The user has left a room.
void plain_say_left(struct session *session, struct text room);
// Somebody online, or the room named (the current one when `name` is empty); NULL after a sentence.
struct user *plain_need_user(struct session *session, struct text name);
struct room *plain_need_room(struct session *session, struct text name);
