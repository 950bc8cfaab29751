// Private messages to an account that nobody is logged in to. They are kept as all messages are;
// how many of a conversation wait, and since when, is a note of the account (chat/notes.h), so that
// whoever logs in to it next is shown them; of an account that stays in its rooms, each device
// (chat/device.h) that was known before.
#pragma once
#include "store/store.h"

struct account;
struct core;
struct session;
struct user;

// The account of this name, if somebody may log in to it and nobody is; NULL else.
struct account *session_find_absent(const struct session *session, struct text name);
// Says something to such an account, or tells the session why not.
void session_whisper_absent(struct session *session, struct account *account,
                            enum message_kind kind, struct text text, struct text tags);

// For the core's parts only.
// The account of a user that nobody is connected as; NULL: somebody is, or it is a guest.
struct account *mail_account(const struct core *core, const struct user *user);
// One more message of this conversation waits for the account. Limits are not asked. The store's
// answer, when that is kept, has the cookie; false if there is to be none.
bool mail_add(struct core *core, struct account *account, struct text conversation, int64_t time_ms,
              uint64_t cookie);
// A message that was sent to an account while nobody was logged in to it is kept, or cannot be.
void mail_settled(struct core *core, struct identity recipient);
// A note of what waits is there, at start.
void mail_load(struct core *core, struct text value);
// Begins to show the session the next of what waits for its account; false if nothing does.
bool mail_show_next(struct session *session);
// All that waited in this conversation has been shown. It is kept for devices that lack it.
void mail_shown(struct session *session, struct text conversation);
// No devices of the account are known any more: what has been shown waits no longer.
void mail_forget_shown(struct core *core, struct account *account);
