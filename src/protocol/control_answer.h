// How the control protocol answers: JSON objects, one a line.
#pragma once
#include "base/buf.h"

#include <jansson.h>

struct session;

enum { CONTROL_PART_BYTES = 16 * 1024 }; // of a list, before others have their turn

// Appends the object as a line. Takes it over.
void control_row_add(json_t *row, struct buf *out);
// Sends it.
void control_send(struct session *session, json_t *row);
// The last line: it is done, or why it is not.
void control_succeed(struct session *session);
void control_succeed_saying(struct session *session, struct text sentence);
void control_fail(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// A new string.
json_t *control_text(struct text text);
// A parameter of a request; at NULL if it is not there or is no text.
struct text control_parameter(const json_t *request, const char *name);
// Whether people can read it on one line: it has no control characters.
bool control_line_is_text(struct text line);
