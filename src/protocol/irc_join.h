// JOIN, which may take its time.
#pragma once
#include "chat/session.h"

// The session's own JOIN, the topic, and how far it has read.
void irc_tell_joined(struct session *session, struct room *room);
void irc_joined(struct session *session, struct member *member);
// Joins the next channel of a JOIN; false when there is none left.
bool irc_join_next(struct session *session);
