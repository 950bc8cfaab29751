// NAMES: who is in a channel, streamed as the client takes it.
#pragma once
#include "chat/session.h"

// Sends the names and the end of the list.
void irc_names(struct session *session, struct room *room);
// The same when nothing else is being answered; the session has not asked for them.
void irc_names_later(struct session *session, const struct room *room);
// Lists the next channel of a NAMES; false when there is none left.
bool irc_names_next(struct session *session);
// The prefixes of a member: "@", or with multi-prefix "@+". Valid until the next call.
const char *irc_prefixes(const struct session *session, uint8_t ranks);
