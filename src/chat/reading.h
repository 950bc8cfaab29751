// History and search for a session: pages from the store, each sent when the peer has taken the
// one before and its share of query bytes allows. Nothing is held open in between.
#pragma once
#include "base/buf.h"
#include "store/store.h"

struct core;
struct room;
struct session;
struct user;

enum { READING_PAGE_MESSAGES = 25, READING_MAX = 500 };

// What a message takes of a page: its text, and its tags before each of its lines. Shown, a byte
// may become four, and the whole page is one reply.
enum { READING_PAGE_BYTES = 96 * 1024 };
size_t reading_bytes(const struct message *message);

// The last `count` messages of a room, but for those that are tags alone; with `words`, those that
// have all of them.
void session_read_room(struct session *session, struct room *room, uint32_t count,
                       struct text words);
// The last `count` messages between the session's user and another, who is called `name`.
void session_read_conversation(struct session *session, struct identity other, struct text name,
                               uint32_t count);

// What has been said in a conversation of the session's account since then (chat/mail.h).
void session_read_mail(struct session *session, struct text conversation, int64_t since_ms);
// What `query` gives, of the place or the conversations that it names, in the order of time.
// `subject`: the place as people write it. A page with -ENOENT: a mark is an id that is not there.
void session_read_history(struct session *session, const struct store_query *query,
                          struct text subject);

// All messages that `who` has sent, or been sent in conversations, the oldest first, in as many
// pages as it takes.
void session_read_everything(struct session *session, struct identity who);

// Sends a long list in parts: `more` writes the next part after `from` (empty: the first) and
// sets it to where it stands; it returns false when that was the last part.
typedef bool list_part(struct session *session, struct text subject, struct buf *from,
                       struct buf *out);
void session_list(struct session *session, list_part *more, struct text subject);

// For the core's parts only: an answer of the store, and the next step when it may come.
void reading_answered(struct session *session, const struct store_answer *answer);
void reading_step(struct session *session);
// Charges bytes of any answer that the session has asked for.
void reading_charge(struct session *session, size_t bytes);
// Whether its share allows the session to be answered something else now.
bool reading_may_begin(const struct session *session);
// When its share allows what it waits for.
int64_t reading_due_ms(const struct session *session);
void reading_destroy(struct session *session);
