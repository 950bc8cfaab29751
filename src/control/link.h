// The connection to the hobnobd of a data folder, by its control socket.
#pragma once
#include "base/buf.h"

#include <jansson.h>

struct link {
    int socket;
    struct buf input;
    size_t line; // how much of the input the line given last takes
};

// 0; -ENOENT or -ECONNREFUSED: no server runs there; another -errno.
int link_open(struct link *link, const char *folder);
void link_close(struct link *link);
// Sends one request. 0 or -errno.
int link_ask(struct link *link, const json_t *request);
// The next line of the answer, valid until the next call. False if the server has closed.
bool link_read(struct link *link, struct text *line);
