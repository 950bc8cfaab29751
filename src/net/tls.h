// TLS on the server's side as a filter: the peer's bytes go in, what they mean and what is to be
// sent come out. It knows no sockets and never waits. TLS 1.2 and 1.3 as Mozilla's "intermediate"
// recommends (version 5.7), without renegotiation, compression and early data.
#pragma once
#include "base/buf.h"
#include "wire/detect.h"

struct certificate;

enum { TLS_RECORD_BYTES = 16384 }; // of plain bytes in one record (RFC 8446, 5.1)

// A certificate and what goes with it, for many connections of all threads; counted. Tickets
// for resuming are good for one context only: a fresh one, also with the same certificate,
// changes their key.
struct tls_context;
// NULL and a sentence in `why` if the certificate cannot be used. It stays the caller's.
struct tls_context *tls_context_create(const struct certificate *certificate, struct buf *why);
struct tls_context *tls_context_ref(struct tls_context *context);
// NULL is allowed.
void tls_context_unref(struct tls_context *context);

enum tls_state {
    TLS_SHAKING, // hands: nothing has been said yet
    TLS_OPEN,
    TLS_ENDED,  // the peer has said close_notify: it sends no more, but may still read
    TLS_BROKEN, // what came is not TLS as it should be: only what is to be sent still counts
};

struct tls;

// `protocol` is what the listener is for, WIRE_UNDECIDED: any. ALPN (RFC 7301) is answered by it.
struct tls *tls_create(struct tls_context *context, enum wire_protocol protocol);
// NULL is allowed.
void tls_destroy(struct tls *t);

// Takes what the peer has sent: appends the plain bytes to `plain`, no more than `bytes` and one
// record, and what is to be sent to `out`.
enum tls_state tls_receive(struct tls *t, struct text bytes, struct buf *plain, struct buf *out);
// Appends records with `plain`, at most TLS_RECORD_BYTES, to `out`. Only when it is open or ended;
// false if it is broken.
bool tls_send(struct tls *t, struct text plain, struct buf *out);
// Appends close_notify, once; nothing before it is open.
void tls_end(struct tls *t, struct buf *out);

enum tls_state tls_state(const struct tls *t);
// Hands have been shaken; it may have ended or broken since.
bool tls_has_opened(const struct tls *t);
// What ALPN has bound the peer to; WIRE_UNDECIDED: it offered nothing.
enum wire_protocol tls_bound(const struct tls *t);
// SHA-256 of the certificate that the peer has shown, in hexadecimal; NULL: none.
const char *tls_peer_certificate(const struct tls *t);
// Why it is broken, for the log.
const char *tls_why(const struct tls *t);
// What was to be sent and did not fit the socket: for the connection that owns `t`.
struct buf *tls_unsent(struct tls *t);
