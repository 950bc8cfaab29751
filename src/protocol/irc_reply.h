// What a session is answered: lines without CRLF, which this module frames, labels and sends.
// Lines said while a command is answered are gathered; others go out at once.
#pragma once
#include "base/text.h"

struct actor;
struct buf;
struct session;
struct text;

// A line of the server: `:server ` and what `format` prints.
void irc_line(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// A line of the session's user or another: `:mask ` and what `format` prints.
void irc_line_from(struct session *session, const struct actor *actor, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// The same by who is no person.
void irc_line_by(struct session *session, const char *mask, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// `:server NNN nick ` and what `format` prints.
void irc_numeric(struct session *session, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// IRCv3 standard replies: FAIL, WARN or NOTE, with command, code and, where `context` is not empty,
// context. A client without them gets a NOTICE.
void irc_standard(struct session *session, const char *kind, const char *command, const char *code,
                  struct text context, const char *sentence);
// Whole lines with CRLF that an event was rendered to.
void irc_rendered(struct session *session, struct text lines);

// The session's nick, or "*" before it has one. Valid until the next call.
const char *irc_nick(const struct session *session);
// The server's name as it stands in sources: without spaces.
struct text irc_server(const struct session *session);
// Whether a peer means this server: by its name, a mask of it, or the nick of somebody here.
bool irc_is_here(const struct session *session, struct text server);
// What a peer sent, made fit to stand in a reply: valid, short, one word.
struct text irc_shown(struct text t);

// A command begins, with its label (empty: none), and is dealt with.
void irc_answer_begin(struct session *session, struct text label);
// What it is answered from here on can be taken back, as long as it goes on.
void irc_answer_mark(struct session *session);
void irc_answer_take_back(struct session *session);
void irc_answer_end(struct session *session);
// What is said until it is resumed is no part of the answer: somebody else has caused it. Returns
// what irc_answer_resume() wants.
bool irc_answer_pause(struct session *session);
void irc_answer_resume(struct session *session, bool open);
// Writes what is gathered so far into `out`, for answers that come in parts.
void irc_answer_part(struct session *session, struct buf *out, bool last);
// Sends what is gathered so far; the answer goes on.
void irc_answer_send(struct session *session);
// A batch, for a client with that capability: writes its reference, a number that stands in tags
// ("" in none). `target` may be empty.
void irc_batch_begin(struct session *session, char batch[16], const char *type, struct text target);
// What irc_line() and irc_numeric() say from here on stands in the batch, until its end.
void irc_batch_take(struct session *session, const char *batch);
void irc_batch_end(struct session *session, const char *batch);
