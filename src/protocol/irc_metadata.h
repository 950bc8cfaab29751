// METADATA (IRCv3 draft/metadata-2, and -3, where changes come as numerics): what people say of
// themselves and operators of their channels, by key, and who wants to be told of which keys.
#pragma once
#include "chat/notes.h"
#include "chat/session.h"

// What the capabilities promise.
#define IRC_METADATA_VALUE "before-connect,max-subs=50,max-keys=50,max-value-bytes=300"
enum { IRC_METADATA_SUBS_MAX = 50 };

// Who has registered: what was set before becomes the user's, and the client is told of all.
void irc_metadata_welcome(struct session *session);
// Who enters a channel is told what it subscribes to, or that it should ask later.
void irc_metadata_joined(struct session *session, struct room *room);
// Who monitors somebody is told what it subscribes to.
void irc_metadata_watched(struct session *session, struct user *user);
// WHOIS.
void irc_metadata_whois(struct session *session, struct user *user);

// For the two files about metadata. Whom a change is told, but for `session`.
void irc_metadata_tell(struct session *session, struct notes_owner owner, struct text key,
                       struct text value);
// Appends the notes that the session subscribes to; false if there is no room for them.
bool irc_metadata_add(struct session *session, struct text target, const struct notes *notes,
                      const char *batch, struct buf *out);
