// What a session is told of those it monitors: protocol.watched() and protocol.watched_acts().
#pragma once
#include "chat/session.h"

void irc_watched(struct session *session, const struct actor *actor, bool online);
void irc_watched_acts(struct session *session, const struct event *event);
