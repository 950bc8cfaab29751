// Bytes to lines. A line ends with LF; one CR before it (or CR NUL, as telnet sends) is
// not part of it. Telnet negotiation (RFC 854: IAC sequences, also split over reads) is
// skipped where asked for, but for the one request that telnet waits to have answered:
// see framer_take_marks(). There CR NUL ends a line too (RFC 1123, 3.3.1: Enter in
// character mode). A lone CR and a NUL elsewhere are bytes of the line. A line longer
// than the maximum is skipped to its end without being kept, and reported once. Input
// split at any byte gives the same lines.
//
// A peer that has never sent a line end may be one that sends each message as one
// write and nothing after it ("pausing"). Whoever owns the clock calls framer_pause()
// after a short silence; see framer_may_pause().
#pragma once
#include "base/buf.h"

enum { FRAMER_ENDLESS_BYTES = 1 << 20 };

enum framed {
    FRAMED_NOTHING,  // more bytes are needed
    FRAMED_LINE,     // a whole line
    FRAMED_PAUSED,   // a message that ended by pausing
    FRAMED_TOO_LONG, // a line was longer than the maximum and has been skipped
    FRAMED_ENDLESS,  // more than 1 MiB went by without a line end: give up on this peer
};

struct framer {
    struct buf in;        // what is not yet taken; freed while there is nothing
    size_t taken;         // bytes at the front of `in` that framer_next() has given out
    size_t searched;      // bytes behind `taken` that are known to hold no line end
    size_t max_line;      // bytes, without the line end
    size_t skipped;       // bytes of a too long line that were let go so far
    size_t since_end;     // bytes since the last line end, telnet's included
    uint32_t marks;       // see framer_take_marks()
    enum framed cut;      // what the end or a pause makes of what waits in `in`
    unsigned char telnet; // where in an IAC sequence the input stands
    unsigned char start;  // what the first reads were like
    bool skip_telnet;
    bool seen_line_end; // line-framed for good
    bool single_bytes;  // its first characters came singly: a terminal in character mode
    bool paused;        // has sent a message by pausing
    bool endless;       // 1 MiB has passed: no more bytes are taken
    bool given_up;      // and FRAMED_ENDLESS has been given
};

// `max_line` in bytes; more than that is FRAMED_TOO_LONG.
void framer_init(struct framer *f, size_t max_line, bool skip_telnet);
void framer_finish(struct framer *f);

// Takes what one read() gave. The caller reads on only when framer_next() has said
// FRAMED_NOTHING, so that `in` never holds more than one read and one line.
void framer_feed(struct framer *f, struct text bytes);

// Gives the next line; `line` is valid until the next call with `f`. It is empty with
// anything but FRAMED_LINE and FRAMED_PAUSED. After FRAMED_ENDLESS nothing follows.
enum framed framer_next(struct framer *f, struct text *line);

// How often the peer has asked for a timing mark (IAC DO TIMING-MARK) since the last call.
// After Ctrl-C telnet throws everything away until that is answered; FRAMER_NO_MARK says
// that what it sent before has been read (RFC 860).
uint32_t framer_take_marks(struct framer *f);
#define FRAMER_NO_MARK "\xff\xfc\x06"

// What waits without a line end (for protocol detection and deadlines).
struct text framer_rest(const struct framer *f);

// True if a short silence now would end a message: something waits, and the peer has
// never sent a line end and did not begin with two reads of one character each.
bool framer_may_pause(const struct framer *f);
// True while one single character is all that has come. A one-letter message of a
// pausing peer begins so, but a person at a terminal in character mode too: wait about a
// second before framer_pause(). A second single character makes the peer line-framed.
bool framer_is_lone(const struct framer *f);
// The silence has come: framer_next() will give what waits as FRAMED_PAUSED. Does
// nothing where framer_may_pause() is false.
void framer_pause(struct framer *f);
// No more bytes will come: framer_next() will give what waits as a line.
void framer_end(struct framer *f);
