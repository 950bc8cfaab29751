// IRCv3 capabilities: one table, and the CAP command.
#pragma once
#include "chat/protocol.h"

enum irc_cap {
    CAP_MESSAGE_TAGS = 1u << 0,
    CAP_SERVER_TIME = 1u << 1,
    CAP_ACCOUNT_TAG = 1u << 2,
    CAP_ACCOUNT_NOTIFY = 1u << 3,
    CAP_AWAY_NOTIFY = 1u << 4,
    CAP_BATCH = 1u << 5,
    CAP_LABELED_RESPONSE = 1u << 6,
    CAP_ECHO_MESSAGE = 1u << 7,
    CAP_EXTENDED_JOIN = 1u << 8,
    CAP_CHGHOST = 1u << 9,
    CAP_SETNAME = 1u << 10,
    CAP_INVITE_NOTIFY = 1u << 11,
    CAP_MULTI_PREFIX = 1u << 12,
    CAP_USERHOST_IN_NAMES = 1u << 13,
    CAP_CAP_NOTIFY = 1u << 14,
    CAP_STANDARD_REPLIES = 1u << 15,
    CAP_EXTENDED_MONITOR = 1u << 16,
    CAP_NO_IMPLICIT_NAMES = 1u << 17,
    CAP_CHATHISTORY = 1u << 18,
    CAP_EVENT_PLAYBACK = 1u << 19,
    CAP_MULTILINE = 1u << 20,
    CAP_REDACTION = 1u << 21,
    CAP_CHANNEL_RENAME = 1u << 22,
    CAP_EXTENDED_ISUPPORT = 1u << 23,
    CAP_READ_MARKER = 1u << 24,
    CAP_METADATA = 1u << 25,
    CAP_ACCOUNT_REGISTRATION = 1u << 26,
    CAP_PRE_AWAY = 1u << 27,
    CAP_SASL = 1u << 28,
    CAP_OF_ONE = 1u << 31, // none: a line for one session, not for a room
};

// Capabilities beyond those, which change no rendition: bits of irc.more.
enum irc_more {
    MORE_METADATA_3 = 1u << 0, // besides CAP_METADATA
    MORE_SEARCH = 1u << 1,
    MORE_SOJU_SEARCH = 1u << 2,
};

// Those that change the bytes of what a room's members are sent.
enum {
    CAPS_OF_RENDITIONS = CAP_MESSAGE_TAGS | CAP_SERVER_TIME | CAP_ACCOUNT_TAG | CAP_ACCOUNT_NOTIFY |
                         CAP_AWAY_NOTIFY | CAP_BATCH | CAP_ECHO_MESSAGE | CAP_EXTENDED_JOIN |
                         CAP_CHGHOST | CAP_SETNAME | CAP_INVITE_NOTIFY | CAP_MULTILINE |
                         CAP_REDACTION | CAP_CHANNEL_RENAME,
};

// Whoever has one of these knows FAIL, WARN and NOTE: their specifications need them.
enum {
    CAPS_WITH_STANDARD_REPLIES = CAP_STANDARD_REPLIES | CAP_LABELED_RESPONSE | CAP_MESSAGE_TAGS |
                                 CAP_SETNAME | CAP_CHATHISTORY | CAP_MULTILINE | CAP_REDACTION |
                                 CAP_CHANNEL_RENAME | CAP_READ_MARKER | CAP_METADATA |
                                 CAP_ACCOUNT_REGISTRATION,
};

// Tells a client with cap-notify what is said of capabilities from here on.
void irc_caps_changed(struct session *session);

struct irc_message;
void irc_command_cap(struct session *session, const struct irc_message *message);
