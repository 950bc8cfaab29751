// A struct rig with web clients, for tests: the handshake, and frames in both directions.
#pragma once
#include "support/net_rig.h"

// A client's handshake, up to further headers and the empty line; and what answers it.
#define WEB_HEAD                                                                                   \
    "GET /irc HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define WEB_ANSWER                                                                                 \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

// As rig_start(), with IRC.
void web_start(struct rig *r, const char *protocol);
// Ends the first connection, as its client does.
void web_finish(struct rig *r, int client);
// Somebody who has come in, as connection 0.
int web_come_in(struct rig *r);

// Sends a frame; `first` is its first byte.
void web_send(int client, unsigned first, const char *payload);
// A text message.
void web_say(int client, const char *line);
// Waits for as many bytes.
void web_read(int client, char *to, size_t len);
// Waits for exactly this frame; this line, as a text message; this Close, and the end.
void web_expect_frame(int client, unsigned first, struct text payload);
void web_expect_line(int client, const char *line);
void web_expect_close(int client, struct text body);
