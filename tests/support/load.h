// Many plain clients in one process, as benchmarks and long tests need them.
#pragma once
#include "base/buf.h"

// A port of 127.0.0.1 that nobody listens on.
uint16_t load_free_port(void);
// A connection to 127.0.0.1, or -errno. `small`: with the smallest receive buffer, so that a
// reader that stops is soon noticed.
int load_connect(uint16_t port, bool small);
// Writes all of it, waiting where need be. False if the peer is gone.
bool load_send(int fd, struct text bytes);

// A client that looks at whole lines.
struct load_client {
    int fd; // -1: gone
    struct buf in;
};

void load_client_init(struct load_client *client, int fd);
void load_client_finish(struct load_client *client);
// Reads what is there, without waiting, and gives each whole line without its end. False if the
// peer is gone; what came before that is given first.
bool load_client_read(struct load_client *client, void (*line)(void *context, struct text line),
                      void *context);
// Waits for a line that contains `words` and drops it with all before it. False after `wait_ms`
// or if the peer is gone.
bool load_client_await(struct load_client *client, struct text words, int wait_ms);
