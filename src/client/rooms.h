// The rooms a person is in and the one where lines go, as the server's sentences tell it, so that
// a new connection can bring the person back to them. Names compare without regard to the case of
// ASCII letters.
#pragma once
#include "base/buf.h"

enum {
    ROOMS_MAX = 128,               // more than that are not remembered
    ROOMS_LINES_MAX = 1024 * 1024, // of what rooms_add_return() writes
};

struct rooms_one {
    struct text name;
    struct text words; // what was typed behind /join #room: its password
    bool joined;       // or only asked for
};

struct rooms {
    struct rooms_one list[ROOMS_MAX];
    size_t count;
    struct text current; // where lines go; empty: nowhere
    struct text asked;   // where they go when the server has answered what was sent last, or empty
};

enum rooms_answer {
    ROOMS_NO_ANSWER,
    ROOMS_ENTERED, // lines go to the room to which the person returns
    ROOMS_REFUSED, // they cannot
};

// The person is in the lobby alone, where the server puts everybody.
void rooms_init(struct rooms *r);
void rooms_finish(struct rooms *r);

// A line that was wholly sent, without its end.
void rooms_note_sent(struct rooms *r, struct text line);
// A line from the server, without its end, while the person talks.
void rooms_note_line(struct rooms *r, struct text line);

// The connection is gone: where an unanswered line would have led is where lines go.
void rooms_restart(struct rooms *r);
// Whether the lobby alone is not all there is to come back to.
bool rooms_need_return(const struct rooms *r);
// Adds the lines that lead from the lobby back to all rooms, the current one last.
void rooms_add_return(const struct rooms *r, struct buf *out);
// What a line from the server answers to these. A room that is refused is forgotten.
enum rooms_answer rooms_note_return(struct rooms *r, struct text line);
// Lines go nowhere that is known.
void rooms_forget_current(struct rooms *r);
