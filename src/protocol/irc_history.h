// What was said before: CHATHISTORY (IRCv3 draft/chathistory), and what a client that cannot
// ask is shown when it joins.
#pragma once
#include "chat/protocol.h"

// The last messages of the room that the client has not seen, unless it asks for them itself.
void irc_history_on_join(struct session *session, const struct room *room);
// The session leaves the room: what was said until now, it has seen.
void irc_history_left(struct session *session, const struct room *room);
// An answer to CHATHISTORY has a further step; false if it has none.
bool irc_history_next(struct session *session);
void irc_history_page(struct session *session, const struct page *page);
void irc_history_finish(struct session *session);

// For the files about history. Adds messages to the answer. `room` empty: of a conversation;
// `batch` empty: in none.
void irc_history_add(struct session *session, const char *batch, struct text room,
                     const struct message *messages, size_t count);
