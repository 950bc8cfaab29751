// Who may do what in a room: every protocol asks here before it acts.
#pragma once
#include "chat/room.h"
#include "chat/rules.h"
#include "chat/session.h"

// Appends what refusal_text() says, and what else there is to say: until when a ban is, and why;
// how long one still waits.
void refusal_say(const struct session *session, const struct room *room, enum refusal refusal,
                 struct buf *out);

enum refusal rights_join(const struct session *session, const struct room *room, struct text key);
// Of one who was let in, and comes in now: only a ban keeps out.
enum refusal rights_enter(const struct session *session, const struct room *room);
enum refusal rights_speak(const struct session *session, const struct room *room,
                          enum message_kind kind, struct text text);
// The room in which the session may not speak because of its name, and could under this one; NULL:
// there is none.
const struct room *rights_silenced_by_name(const struct session *session, struct text name);
enum refusal rights_set_topic(const struct session *session, const struct room *room);
enum refusal rights_invite(const struct session *session, const struct room *room);
// Putting `target` out, or taking its rank.
enum refusal rights_kick(const struct session *session, const struct room *room,
                         const struct member *target);
// Setting modes, and giving or taking this rank (0: modes that are not about ranks).
enum refusal rights_rule(const struct session *session, const struct room *room, enum rank rank);
// Whether the session is told that the room exists and who is in it.
bool rights_see(const struct session *session, const struct room *room);
// Whether the session may read what was said there: who is in, and who could come in.
bool rights_read(const struct session *session, const struct room *room);
// Whether the session may act in every room, as the server's moderators may.
bool rights_everywhere(const struct session *session);
// The highest rank of the session in the room, and whether it is at least half operator.
enum rank rights_rank(const struct session *session, const struct room *room);
bool rights_is_operator(const struct session *session, const struct room *room);
