// A TLS client for tests, over a socket that waits, or over memory. Every wait fails after 10 s.
#pragma once
#include "base/text.h"

struct certificate;

struct tls_client_wish {
    int version;             // 0x0302 TLS 1.1, 0x0303, 0x0304; 0: the best that both know
    const char *alpn;        // NULL: none; else one name
    struct certificate *own; // to be shown; NULL: none
    void *session;           // of tls_client_session(), to be resumed; NULL: none
};

struct tls_client;

// Says hello on the socket, which stays the caller's, until both have agreed; NULL if the server
// does not. `wish` may be NULL.
struct tls_client *tls_client_connect(int socket, const struct tls_client_wish *wish);
// The same, without waiting for an answer to hello.
struct tls_client *tls_client_begin(int socket, const struct tls_client_wish *wish);
void tls_client_destroy(struct tls_client *c);

void tls_client_send(struct tls_client *c, struct text bytes);
// Waits for exactly these bytes.
void tls_client_expect(struct tls_client *c, const char *bytes);
// Waits for as many bytes, which the caller frees.
char *tls_client_read(struct tls_client *c, size_t len);
// Waits for the end, with nothing before it; true if the server has said close_notify.
bool tls_client_ends(struct tls_client *c);
// Says close_notify; may still read.
void tls_client_end(struct tls_client *c);
// Asks for other keys in TLS 1.2; true if the server gives them.
bool tls_client_renegotiates(struct tls_client *c);

bool tls_client_resumed(const struct tls_client *c);
// To be freed with tls_client_session_free(). Only once the server has said something.
void *tls_client_session(struct tls_client *c);
void tls_client_session_free(void *session);
// How many bytes may be sent before hands are shaken when it is resumed.
unsigned tls_client_session_early_bytes(const void *session);
// What was agreed on by ALPN; empty: nothing.
struct text tls_client_alpn(const struct tls_client *c);
// SHA-256 of the server's certificate in hexadecimal.
void tls_client_server(const struct tls_client *c, char hex[65]);
// As TLS's numbers: 0x0303 is TLS 1.2.
int tls_client_version(const struct tls_client *c);

// Over memory: what the client wants to send, until `sent` says how much of it is done.
struct tls_client *tls_client_in_memory(const struct tls_client_wish *wish);
struct text tls_client_outgoing(struct tls_client *c);
void tls_client_sent(struct tls_client *c, size_t len);
// Gives it bytes from the server, and goes on. True once both have agreed.
bool tls_client_feed(struct tls_client *c, struct text bytes);
