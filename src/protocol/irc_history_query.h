// CHATHISTORY's parameters: what is asked of the store.
#pragma once
#include "chat/reading.h"
#include "wire/irc_message.h"

struct irc_history_wish {
    const char *verb;
    bool is_targets;
    struct text target;       // empty for TARGETS
    struct store_query query; // without place and who
};

// Why it cannot be had: the code of a FAIL, what stands behind it, and a sentence.
struct irc_history_fault {
    const char *code;
    const char *verb;
    struct text context; // a parameter, or empty
    const char *sentence;
};

// At most `limit_max` messages are asked for, whatever the client says; with `events` topics and
// tags too.
bool irc_history_parse(const struct irc_message *message, uint32_t limit_max, bool events,
                       struct irc_history_wish *wish, struct irc_history_fault *fault);

// The id of a msgid tag; false if it is none that a kept message can have.
bool irc_msgid_parse(struct text text, uint64_t *id);
// The kinds of messages that are PRIVMSG or NOTICE.
enum { IRC_KINDS_SAID = 1u << MESSAGE_SAY | 1u << MESSAGE_ACTION | 1u << MESSAGE_NOTICE };
