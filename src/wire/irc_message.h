// One IRC line as values: tags, source, command, parameters (Modern IRC documentation,
// "Message format"; IRCv3 message-tags). Nothing is copied but unescaped tag values.
#pragma once
#include "base/buf.h"

enum {
    IRC_PARAMS_MAX = 15,
    IRC_TAGS_MAX = 64,
    IRC_BODY_MAX = 510, // bytes without tags and line end
    IRC_LINE_BYTES = 8191 + 512,
    IRC_TAGS_BYTES = 4094, // of client-only tags, what a client may send
};

struct irc_tag {
    struct text key;   // with '+' and vendor
    struct text value; // still escaped
};

struct irc_message {
    struct text tags; // all of them as they stand, without '@'
    struct irc_tag tag[IRC_TAGS_MAX];
    size_t tag_count;
    struct text source; // without ':'
    struct text command;
    struct text param[IRC_PARAMS_MAX];
    size_t param_count;
    struct text body; // the line without its tags
};

enum irc_parsed {
    IRC_PARSED,
    IRC_EMPTY,    // nothing but white space, or no command
    IRC_TOO_MANY, // tags
};

// Reads a line without its line end. Bytes that are no UTF-8 are left in place.
enum irc_parsed irc_message_parse(struct text line, struct irc_message *message);

// The value of the last tag of this name; its `at` is NULL if there is none.
struct text irc_message_tag(const struct irc_message *message, struct text key);

// The same in tags as they stand in a line, "a=1;b=2", without '@'.
struct text irc_tags_value(struct text tags, struct text key);

// Tag values: the escapes of the message-tags specification.
bool irc_tag_add_escaped(struct buf *out, struct text value);
bool irc_tag_add_unescaped(struct buf *out, struct text value);
