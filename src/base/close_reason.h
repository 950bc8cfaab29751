// Why a connection ends: one table for the log, the counters and the words that the
// peer reads.
#pragma once
#include "base/text.h"

// X(ENUM, counter and log word, status code of WebSocket's Close, sentence for the peer)
#define CLOSE_REASONS(X)                                                                           \
    X(QUIT, "quit", 1000, "Goodbye.")                                                              \
    X(EOF, "eof", 1000, "")                                                                        \
    X(LOST, "lost", 1001, "")                                                                      \
    X(UNREACHABLE, "unreachable", 1001, "")                                                        \
    X(SHUTDOWN, "shutdown", 1001, "The server is shutting down.")                                  \
    X(NO_NAME, "no_name", 1008, "No name was given in time. Connect again and send a name first.") \
    X(NAME_TRIES, "name_tries", 1008,                                                              \
      "Those were too many tries. Connect again with a free name.")                                \
    X(UNDECIDED, "undecided", 1008, "No line came in time. Connect again and send a line.")        \
    X(OPENING_TOO_LONG, "opening_too_long", 1009, "The first line is too long.")                   \
    X(PASSWORD, "password", 1008, "The password is wrong.")                                        \
    X(NOT_CHAT, "not_chat", 1002, "")                                                              \
    X(LINE_ENDLESS, "line_endless", 1009,                                                          \
      "No line end came for 1 MiB, so the connection is closed.")                                  \
    X(SLOW, "slow", 1008, "More waits to be read than the server keeps for one connection.")       \
    X(TOO_MANY, "too_many", 1013, "Too many connections come from your address. Close one first.") \
    X(TOO_FAST, "too_fast", 1013,                                                                  \
      "Too many new connections come from your address. Wait a moment.")                           \
    X(UNSUPPORTED, "unsupported", 1008, "This server does not speak that protocol yet.")           \
    X(TLS, "tls", 1002, "")                                                                        \
    X(NO_TLS, "no_tls", 1008, "This port speaks TLS only. Connect again with TLS.")                \
    X(PROXY_BAD, "proxy_bad", 1002, "The PROXY header is not as the PROXY protocol defines it.")   \
    X(LOGGED_OUT, "logged_out", 1008, "Your account has a new password. Log in again with that.")  \
    X(SUSPENDED, "suspended", 1008,                                                                \
      "Your account has been suspended. Ask whoever runs the server.")                             \
    X(ERASED, "erased", 1008, "Your account is no more, and this connection ends with it.")        \
    X(BANNED, "banned", 1008, "You are banned from this server.")                                  \
    X(KILLED, "killed", 1008, "An operator of the server has ended this connection.")              \
    X(HTTP_BAD, "http_bad", 1002, "The request is not as HTTP/1.1 or WebSocket define it.")        \
    X(HTTP_VERSION, "http_version", 1002, "This server speaks HTTP/1.1.")                          \
    X(WEBSOCKET_VERSION, "websocket_version", 1002, "This server speaks version 13 of WebSocket.") \
    X(ORIGIN, "origin", 1008,                                                                      \
      "Web pages from there are not let in: that is for the setting web_origins.")                 \
    X(FRAME_BAD, "frame_bad", 1002, "What came is not as WebSocket (RFC 6455) defines it.")        \
    X(TEXT_BAD, "text_bad", 1007, "Text of WebSocket is UTF-8, and what came is not.")             \
    X(MESSAGE_TOO_BIG, "message_too_big", 1009,                                                    \
      "A message has at most 16 KiB, in at most 64 frames.")                                       \
    X(MESSAGE_LINES, "message_lines", 1008,                                                        \
      "A message is one line, and what came has a line end in it.")

enum close_reason {
#define X(name, word, code, sentence) CLOSE_##name,
    CLOSE_REASONS(X)
#undef X
        CLOSE_REASON_COUNT
};

// One word for logs and counters.
const char *close_reason_word(enum close_reason reason);
// A sentence for the peer; empty where there is nothing to say or nobody to read it.
struct text close_reason_sentence(enum close_reason reason);
// RFC 6455, 7.4.1, and IANA's registry; for what is never sent, the nearest.
uint16_t close_reason_code(enum close_reason reason);
