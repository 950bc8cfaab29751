// Which protocol a connection on an `any` listener speaks, from its first bytes
// (docs/architecture.md, "One port"). Decided once, never again.
#pragma once
#include "base/text.h"

enum wire_protocol {
    WIRE_UNDECIDED, // more bytes are needed
    WIRE_PLAIN,
    WIRE_RELAY, // never detected: it has listeners of its own
    WIRE_IRC,
    WIRE_HTTP,
    WIRE_TLS,
    WIRE_CONTROL, // never detected: for administrators, on a Unix socket of its own
    WIRE_OTHER,   // SSH, SMTP, binary rubbish: close, answer nothing
};

enum { DETECT_MAX_BYTES = 16384 };

// Decides from the bytes received so far. `paused` says that no more came for a while
// or that the input has ended: then what there is counts as a whole first line.
// TLS: record type 22 and version major 3. HTTP: a method token, a target and
// "HTTP/" (RFC 9112), any method; also a bare "GET /..." line. IRC: CAP, NICK, USER,
// PASS, AUTHENTICATE or PING in any case with its parameter, or an IRC line with a
// tag or a source before one of these. Other: SSH-, HELO/EHLO, NUL or other control
// bytes that no first line of a person has (telnet's IAC is fine). Only the first
// DETECT_MAX_BYTES are looked at: what is undecided then stays so. A decision is the
// same however the bytes were split.
enum wire_protocol detect_protocol(struct text bytes, bool paused);

// True if `bytes`, so far without a line end, could still become an IRC, HTTP or TLS
// opening, so that a pause must be waited out longer before it counts. A word in
// capitals may be an HTTP method; another word is one only where a target follows.
bool detect_may_become_machine(struct text bytes);

// "plain", "irc", ...: as in listener URIs and logs.
const char *wire_protocol_name(enum wire_protocol protocol);
