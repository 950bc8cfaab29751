// Messages of several lines (IRCv3 draft/multiline). Such a message is kept as one, its lines with
// '\n' between them. Where a client has cut a line in two without a line end there, the places are
// kept in front of the message's tags, as "joins=120,350;", so that others get it cut likewise.
#pragma once
#include "chat/protocol.h"
#include "wire/irc_message.h"

// What the capability promises.
#define IRC_MULTILINE_VALUE "max-bytes=4096,max-lines=24"
enum { IRC_MULTILINE_BYTES = 4096, IRC_MULTILINE_LINES = 24 };

// A message's text in the parts that stand in lines of their own.
struct irc_parts {
    struct text part;
    bool joined; // to the one before, without a line end between
    struct text text;
    struct text joins; // those that are left
    size_t at;
    size_t most; // bytes of a part
    bool begun;
    bool join_next;
};

struct irc_parts irc_parts_of(const struct message *message, size_t most);
// False: there is no further part. Every text has one, if empty.
bool irc_parts_next(struct irc_parts *parts);
// The tags of a message that are for clients.
struct text irc_multiline_tags(struct text tags);

// A line that belongs to a batch of the client's.
void irc_gather(struct session *session, const struct irc_message *message);
void irc_gathering_finish(struct session *session);
