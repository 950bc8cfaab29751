// What the server asks of somebody who wants in under a name, besides the name: the sentences of
// docs/plain.md, and the secret that answers them. A secret is kept no longer than it takes to
// send.
#pragma once
#include "base/buf.h"

enum door_line {
    DOOR_OTHER,
    DOOR_PASSWORD, // asks for the name's password
    DOOR_PHRASE,   // asks for the server's
    DOOR_NAME,     // asks for a name again
};

struct door {
    struct buf secret;  // a line and its end, as far as it is not sent
    bool asking;        // the person, for a secret
    bool answered;      // one was given on this connection
    bool took_token;    // ... which was the kept token
    bool took_password; // ... or what the person typed for the name
    bool exposed;       // others can read what is sent: a token is not
    bool awaits_token;  // /token was sent, and not answered
};

void door_init(struct door *d);
void door_finish(struct door *d);
// A new connection.
void door_restart(struct door *d);
// `line` goes out next.
void door_answer(struct door *d, struct text line);
void door_sent(struct door *d, size_t count);

// `line` is the server's, without its end.
enum door_line door_read(struct text line);
// Whether it says that one is logged in to the account `name` now.
bool door_logged_in(struct text line, struct text name);
// Whether it says that all tokens have ended.
bool door_tokens_ended(struct text line);
// The token that it hands out; empty: it is no such line.
struct text door_token(struct text line);
