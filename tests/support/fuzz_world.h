// Whole sessions from fuzzer bytes: three connections that talk at once, whose lines come through
// the framer, on a memory store. The fake net checks what leaves (whole, clean lines to living
// handles, credit as used), and at the end nobody may be left behind.
//
// The bytes are read as steps: one that chooses connection and action, and for lines what follows
// up to LF.
#pragma once
#include "chat/core.h"
#include "chat/protocol.h"

enum { FUZZ_PEERS = 3 };

struct fuzz_peer_kind {
    const struct protocol *protocol;
    size_t line_bytes; // of the framer
    bool is_irc;       // no telnet, and what has no line end goes on instead of pausing
};

struct fuzz_kind {
    struct fuzz_peer_kind peers[FUZZ_PEERS];
    struct server_info info;
    // Looks at what a peer is sent, without the line end.
    void (*line)(size_t peer, struct text line);
    // What a peer has sent first, each time that it connects: whole lines, or NULL.
    struct text (*greeting)(size_t peer);
};

void fuzz_world_run(const struct fuzz_kind *kind, struct text input);
