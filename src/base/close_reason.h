// Why a connection ends: one table for the log, the counters and the words that the
// peer reads.
#pragma once
#include "base/text.h"

// X(ENUM, counter and log word, sentence for the peer)
#define CLOSE_REASONS(X)                                                                           \
    X(QUIT, "quit", "Goodbye.")                                                                    \
    X(EOF, "eof", "")                                                                              \
    X(LOST, "lost", "")                                                                            \
    X(UNREACHABLE, "unreachable", "")                                                              \
    X(SHUTDOWN, "shutdown", "The server is shutting down.")                                        \
    X(NO_NAME, "no_name", "No name was given in time. Connect again and send a name first.")       \
    X(NAME_TRIES, "name_tries", "Those were too many tries. Connect again with a free name.")      \
    X(UNDECIDED, "undecided", "No line came in time. Connect again and send a line.")              \
    X(OPENING_TOO_LONG, "opening_too_long", "The first line is too long.")                         \
    X(PASSWORD, "password", "The password is wrong.")                                              \
    X(NOT_CHAT, "not_chat", "")                                                                    \
    X(LINE_ENDLESS, "line_endless", "No line end came for 1 MiB, so the connection is closed.")    \
    X(SLOW, "slow", "More waits to be read than the server keeps for one connection.")             \
    X(TOO_MANY, "too_many", "Too many connections come from your address. Close one first.")       \
    X(TOO_FAST, "too_fast", "Too many new connections come from your address. Wait a moment.")     \
    X(UNSUPPORTED, "unsupported", "This server does not speak that protocol yet.")                 \
    X(TLS, "tls", "")                                                                              \
    X(NO_TLS, "no_tls", "This port speaks TLS only. Connect again with TLS.")                      \
    X(PROXY_BAD, "proxy_bad", "The PROXY header is not as the PROXY protocol defines it.")         \
    X(LOGGED_OUT, "logged_out", "Your account has a new password. Log in again with that.")        \
    X(SUSPENDED, "suspended", "Your account has been suspended. Ask whoever runs the server.")     \
    X(ERASED, "erased", "Your account is no more, and this connection ends with it.")              \
    X(BANNED, "banned", "You are banned from this server.")                                        \
    X(KILLED, "killed", "An operator of the server has ended this connection.")

enum close_reason {
#define X(name, word, sentence) CLOSE_##name,
    CLOSE_REASONS(X)
#undef X
        CLOSE_REASON_COUNT
};

// One word for logs and counters.
const char *close_reason_word(enum close_reason reason);
// A sentence for the peer; empty where there is nothing to say or nobody to read it.
struct text close_reason_sentence(enum close_reason reason);
