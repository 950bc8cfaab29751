// What the owner's thread and the I/O threads tell each other: items of a struct batch.
#pragma once
#include "net/queue.h"

struct segment;
struct settings;

enum command_kind {
    COMMAND_REPLY,
    COMMAND_SUBSCRIBE,
    COMMAND_UNSUBSCRIBE,
    COMMAND_IGNORE,
    COMMAND_WATCH,
    COMMAND_NAMED, // from here on it may be said of one that is lost
    COMMAND_REGISTERED,
    COMMAND_CREDIT,
    COMMAND_CLOSE,
    COMMAND_ASK_STATUS,     // from here on not of one connection
    COMMAND_APPEND,         // owns a reference to the segment
    COMMAND_ADMIT,          // a socket that thread 0 has accepted; owns it
    COMMAND_CONFIGURE,      // owns a reference to the settings
    COMMAND_STOP_LISTENING, // thread 0
    COMMAND_STOP,
    COMMAND_KIND_COUNT
};

struct command {
    enum command_kind kind;
    struct handle handle;
    union {
        struct place bytes; // REPLY; ADMIT: struct admission
        struct {
            uint32_t feed;
            uint32_t user;
            uint32_t session;
        } member; // SUBSCRIBE, UNSUBSCRIBE
        struct {
            uint32_t user;
            bool ignored;
        } ignore;                 // IGNORE
        bool registered;          // REGISTERED
        uint32_t lines;           // CREDIT
        enum close_reason reason; // CLOSE
        struct {
            struct segment *segment;
            uint32_t feed;
        } append;                  // APPEND
        struct settings *settings; // CONFIGURE
    };
};

enum event_kind {
    EVENT_ACCEPTED,
    EVENT_OPENED,
    EVENT_LINE,
    EVENT_ENDED,
    EVENT_DRAINED,
    EVENT_LAGGED,
    EVENT_STATUS,
    EVENT_KIND_COUNT
};

struct event {
    enum event_kind kind;
    unsigned detail;      // ACCEPTED, ENDED: close_reason; OPENED: wire_protocol; LINE: line_end;
    struct handle handle; // LAGGED: the feed
    union {
        struct place bytes; // ACCEPTED, OPENED: struct peer; LINE: the line; STATUS: net_status
        uint64_t from_line; // LAGGED
    };
};
