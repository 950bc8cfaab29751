// What IRC keeps for a session, in session.own; its capabilities are session.options.
#pragma once
#include "chat/notes.h"
#include "chat/session.h"
#include "protocol/irc_caps.h"
#include "wire/irc_message.h"

// The lines that answer one command. They are sent together at its end; with a label they are
// tagged or wrapped in a batch (IRCv3 labeled-response).
struct irc_answer {
    bool open;         // a command is being answered
    bool batched;      // its batch has begun
    struct text label; // owned; empty: none
    struct buf lines;
    uint32_t count;
    uint32_t batch;   // its number
    struct irc_mark { // what comes after is told only if what the command changes is kept
        size_t len;
        uint32_t count;
    } mark;
};

// A channel that the client has left, and the last message that it saw there.
struct irc_left {
    struct text room; // its place; owned
    uint64_t seq;
};

enum { IRC_LEFT_MAX = 16 };

struct irc {
    uint16_t cap_version;
    uint32_t more;    // bits of enum irc_more
    bool negotiating; // CAP has begun and not ended
    bool registering; // draft/account-registration has been offered
    bool welcomed;
    bool passed;                       // what PASS gave has been tried as an account's password
    bool passing;                      // ... and is being tried
    const struct irc_service *service; // that is asked something; NULL: none
    struct irc_sasl *sasl;             // an exchange that is under way; NULL: none
    struct text wanted;                // owned: the nick asked for last, until there is a user
    struct text nick;                  // owned; until there is a user
    struct text login;
    struct text real_name;
    struct text password;
    struct text away; // owned: what AWAY has said before there is a user
    struct irc_answer answer;
    struct text joins;       // owned: channels of a JOIN not yet joined, and
    struct text join_keys;   // their keys
    struct text names_asked; // owned: the channels of a NAMES, as asked
    struct text names;       // owned: channels of a NAMES not yet listed
    uint32_t last_batch;
    char in_batch[16];           // what lines stand in; empty: none
    struct irc_history *history; // a CHATHISTORY that is being answered; NULL: none
    struct irc_left left[IRC_LEFT_MAX];
    uint32_t left_next;
    struct irc_gathering *gathering; // a client's open multiline batch; NULL: none
    struct irc_metadata {
        struct notes wanted; // the keys that it subscribes to
        struct notes early;  // what it has set of itself before it was registered
        char batch[16];      // of a SYNC that is being answered
    } metadata;
};

struct irc *irc_of(const struct session *session);
bool irc_has(const struct session *session, enum irc_cap cap);
bool irc_has_more(const struct session *session, enum irc_more more);
