// JOIN, and the end of commands whose answers take their time.
#pragma once
#include "chat/session.h"

void irc_joined(struct session *session, struct member *member);
// Joins the next channel of a JOIN; false when there is none left.
bool irc_join_next(struct session *session);
// Ends the answer to the command if all of it is there.
void irc_done(struct session *session);
