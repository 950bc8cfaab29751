// A struct net with clients over loopback sockets, for tests. What the owner is told becomes a
// list of lines, such as "opened 0 plain" or "line 0 whole hello": connections are numbered as
// they open. Every wait is a poll() that ends when the thing comes, and fails after 10 s.
#pragma once
#include "net/net.h"

enum { RIG_CONNS = 2048, RIG_WAIT_MS = 10000 };

struct rig {
    struct net *net;
    struct net_config config;
    int woken; // eventfd
    struct buf told;
    size_t read; // bytes of `told` that rig_expect() has seen
    struct handle handles[RIG_CONNS];
    uint32_t conns;
    struct peer peer;     // of the connection opened last
    char certificate[65]; // its own
    unsigned accepted;    // connections
    unsigned refused;
    enum close_reason refusal;
    struct net_status status;
    bool proxied; // all clients come from a proxy
    bool credits; // give lines back at once
};

// Generous limits, one I/O thread; a test changes `config` before rig_start().
void rig_init(struct rig *r);
// Listens on 127.0.0.1 with the protocol of `uri` ("any", "plain" ...).
void rig_start(struct rig *r, const char *protocol);
void rig_finish(struct rig *r);

int rig_connect(struct rig *r);
// Waits for the next thing told and checks it.
void rig_expect(struct rig *r, const char *told);
// The same, and what is told before it does not matter where it is `passed`.
void rig_expect_past(struct rig *r, const char *passed, const char *told);
// Nothing is told for `ms`.
void rig_expect_silence(struct rig *r, int ms);
// Takes what is there, without waiting.
void rig_take(struct rig *r);
// Waits until everything sent so far has been read (with one I/O thread).
void rig_sync(struct rig *r);
// Waits until `count` connections are open.
void rig_expect_connections(struct rig *r, size_t count);
// Waits until `count` have been refused.
void rig_expect_refused(struct rig *r, unsigned count, enum close_reason reason);
void rig_close(struct rig *r, uint32_t conn);
void rig_reply(struct rig *r, uint32_t conn, const char *text);
// Appends a segment of one line by `session`.
void rig_append(struct rig *r, uint32_t feed, const char *line, uint32_t session, uint64_t number);

// Bytes that this program has allocated, also under a sanitizer.
size_t rig_memory(void);

void client_send(int client, const char *text);
void client_send_bytes(int client, struct text bytes);
// Waits for exactly these bytes.
void client_expect(int client, const char *text);
// The next recv() must give exactly this.
void client_expect_unit(int client, const char *text);
// Waits for the end: FIN or RST, with nothing before it.
void client_expect_end(int client);
// Closes with a RST.
void client_reset(int client);
