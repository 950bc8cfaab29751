// A talk with a server, without terminal, socket or clock: what happens goes in, what has to
// be done comes out. One session lasts over lost connections: it keeps the name, the rooms and the
// lines that were typed, and says when to connect again.
#pragma once
#include "client/door.h"
#include "client/outbox.h"
#include "client/rooms.h"

// Exit statuses (sysexits.h).
enum {
    SESSION_EXIT_LINE_REFUSED = 65, // a line was too long and not sent
    SESSION_EXIT_NO_HOST = 68,
    SESSION_EXIT_UNAVAILABLE = 69,
    SESSION_EXIT_NAME_REFUSED = 77, // or nobody can be asked for its password
    SESSION_EXIT_NOT_TRUSTED = 77,  // the server is not the one it was before
};

enum session_prompt {
    SESSION_PROMPT_NAME,   // the next line typed is the name
    SESSION_PROMPT_SECRET, // it is a password, which nobody may see
    SESSION_PROMPT_TALK,   // it is something to say
};

// What the session wants done. Texts are valid during the call.
struct session_host {
    void *context;
    void (*show)(void *context, struct text line);     // from the server, safe for a terminal
    void (*tell)(void *context, struct text sentence); // the client's own words
    void (*ask)(void *context, enum session_prompt prompt);
    void (*connect)(void *context);    // answer: session_connected() or session_unreachable()
    void (*disconnect)(void *context); // at once; neither is answered
    void (*finish)(void *context, int status);
    int64_t (*now_ms)(void *context);
    unsigned (*random)(void *context, unsigned below); // spreads reconnections
    // The token that this server has given for the name; false if there is none.
    bool (*token_find)(void *context, struct text name, struct buf *token);
    // Keeps it; empty: forgets the one there was.
    void (*token_keep)(void *context, struct text name, struct text token);
};

struct session_config {
    const char *where; // HOST:PORT as people write it
    const char *name;  // NULL or empty: ask for it
    bool relay;        // no names; "exit" leaves
    bool piped;        // nobody can be asked, and the end of input still sends what waits
};

enum session_state {
    SESSION_IDLE,       // no name yet, or done
    SESSION_CONNECTING, // connect() is under way
    SESSION_NAMING,     // connected, not yet in
    SESSION_RETURNING,  // in again, on the way to the rooms of before; nothing is said yet
    SESSION_TALKING,    // what is typed is sent
    SESSION_WAITING,    // for the time of the next connect()
};

struct session {
    struct session_config config;
    struct session_host host;
    enum session_state state;
    struct buf name; // the name and LF, as sent; without it when none is needed
    struct outbox outbox;
    struct rooms rooms;
    struct door door;
    struct buf way;        // the lines that lead back to the rooms and are not yet sent
    struct buf visible;    // scratch: a line for show(), a sentence for tell()
    size_t name_sent;      // bytes of it that are gone
    bool asking;           // for a name
    bool leaving;          // the line that leaves is in the outbox, or was sent
    bool been_in;          // a server has let us in once
    bool finished;         // finish() has been called
    int status;            // for finish()
    int farewell;          // enum close_reason that the server gave last, or -1
    unsigned attempts;     // connections in a row that did not last
    int64_t in_since_ms;   // when the server let us in
    int64_t retry_ms;      // when to connect again, while waiting; when the way back has failed
    int64_t held_since_ms; // since when our own name counts as taken; 0: it does not
};

// `config` texts must outlive the session, which copies the name.
void session_init(struct session *s, const struct session_config *config,
                  const struct session_host *host);
void session_finish(struct session *s);

// Asks for the name or connects.
void session_start(struct session *s);

// `exposed`: others can read what is sent.
void session_connected(struct session *s, bool exposed);
// No connection came about; `why` is part of a sentence ("connection refused").
void session_unreachable(struct session *s, bool host_unknown, const char *why);
// The connection is gone: `why` as above, NULL if the server closed it properly.
void session_closed(struct session *s, const char *why);
// A line from the server, without its end.
void session_line(struct session *s, struct text line);
// A line from the server that was longer than can be shown.
void session_line_too_long(struct session *s);

// A line that the person typed or the pipe held, without its end.
void session_typed(struct session *s, struct text line);
// The same for a line longer than OUTBOX_LINE_MAX whose text is gone.
void session_typed_too_long(struct session *s);
// End of input (Ctrl-D, end of the pipe): leave when everything is sent.
void session_input_ended(struct session *s);
// Ctrl-C: leave; the second time at once.
void session_interrupted(struct session *s);

// Bytes that may be sent now, and how many of them were.
struct text session_outgoing(const struct session *s);
void session_sent(struct session *s, size_t count);
// Whether more lines can be taken now: a pipe is read only then.
bool session_wants_input(const struct session *s);
// When session_tick() is wanted, in now_ms() time; -1: not at all.
int64_t session_deadline_ms(const struct session *s);
void session_tick(struct session *s);
