// What was said before: CHATHISTORY (IRCv3 draft/chathistory), and what a client that cannot
// ask is shown when it joins.
#pragma once
#include "chat/protocol.h"

struct irc_history_wish;

// How a command gives messages and says that it cannot: the codes of its FAILs.
struct irc_history_manner {
    const char *command;
    const char *batch; // a type
    const char *no_target;
    const char *no_answer;
};

// Answers a command with what `wish` asks for; with `sender` (not empty) only what was said under
// that name. All texts are copied.
void irc_history_answer(struct session *session, const struct irc_history_manner *manner,
                        const struct irc_history_wish *wish, struct text sender);
// The last messages of the room that the client has not seen, unless it asks for them itself.
void irc_history_on_join(struct session *session, const struct room *room);
// What waited for the session's account (page.mail), unless it cannot be read.
void irc_history_mail(struct session *session, const struct page *page);
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
