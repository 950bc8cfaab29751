// What the files of struct session share.
#pragma once
#include "client/session.h"

void session_tell(struct session *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void session_show(struct session *s, struct text line);
// A text that is safe for a terminal; valid until the next one.
struct text session_visible(struct session *s, struct text raw);
void session_ask(struct session *s, enum session_prompt prompt);
void session_end(struct session *s, int status);
// Sets when to connect again and returns the wait in ms.
int64_t session_retry(struct session *s);
// The server has let the person in.
void session_let_in(struct session *s);
// The enum close_reason whose sentence this is, or -1.
int session_find_farewell(struct text sentence);

// session_door.c. A line from the server before it lets the person in.
void session_line_before_in(struct session *s, struct text line);
// The person is let in, by what was typed: a token will do the next time.
void session_want_token(struct session *s);
// Lines about tokens, while the person talks; true if it is one for the client alone.
bool session_note_token(struct session *s, struct text line);
