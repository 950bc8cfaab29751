// Conversation scripts: who says what, and what everybody reads. tests/talk/*.talk are run in
// process (support/talk_core.h) and over sockets (support/talk_sockets.h).
//
//   # a comment
//   in process: why          the script needs what only the in-process server can do: the
//                            things marked * below
//
//   Alice connects           a connection; nobody is told a name yet
//   Alice connects with certificate 7 *       over TLS, with the certificate whose fingerprint is
//                            64 digits that end with 7; `by IRC with certificate 7` as well
//   Alice connects from afar *                 from another machine (192.0.2.7), without TLS, on a
//                            port that speaks it; `by IRC from afar`, `from afar to a plain port`,
//                            `from afar in TLS`
//   51044 connects to the relay       (its port is the name; the relay listens on 12345)
//   Root connects to the control socket *      as administrators do
//   Alice joins              connects, says her name, and reads all that greets her
//   Ian connects by IRC      a connection; what is sent must begin with an IRC command
//   Ian registers with batch setname      connects by IRC, agrees on the capabilities if any are
//                            named, gives NICK and USER and reads the whole welcome
//   Ian joins by IRC with batch setname   the same, and JOIN #lobby up to the end of the names
//   Alice> text              sends a line. \n \r \t \xHH \\ mean one byte; {x*9} is nine x
//   Alice>> text             sends bytes without a line end, and pauses
//   Alice< text              the next line that Alice reads, exactly; by IRC with \x01 and the like
//                            {any} is any bytes up to a space or ';', {any:x} the same, which
//                            {x} stands for from now on
//   Alice< ...               any lines, up to the next one that the script expects
//   Alice hears nothing more nothing is unread
//   Alice is disconnected    the server has closed, and nothing is unread
//   Alice stops sending      her end of the connection is shut; she still reads
//   Alice vanishes           the connection is lost
//   Alice stops reading after 500 bytes *      lags when she is so far behind
//   Alice reads again *
//   P1..P20 joins            the same for P1, P2 … P20; {name} is each one's name
//
//   (In process the code of /claim is CLAIM-CODE, as long as the server has no owner.)
//
//   after 500 ms             time passes in process, where a script begins on 2026-01-01 at
//                            14:30:15 UTC; over sockets nobody waits, for times are not compared
//   the clock jumps forward 3600 s *           or back: the time of day is set, and none passes
//   the server stops         as when it is told to: people are told, messages are kept
//   the server is told to stop *               the same, not waiting for its end
//   the server starts        again, with what it has kept
//   the server lets log in by SCRAM *          as with the setting scram
//   registration is inside *                   or open, invite, closed: as that setting
//   the limit rooms_per_user is 2 *            as in struct limits, from now on; and the
//                                              settings require_account and registration_email
//                            (required), 0 or 1; flood_busy:
//                            the flood profile "busy" lets so many messages of somebody through
//                            in 10 s (0: there is no such profile)
//   the server is described *                  with a message of the day, who runs it, and the
//                            operator ian, whose password is correcthorse
//   passwords wait *         are worked on until
//   passwords are done *
//   the store waits *        messages are not kept and pages not read until
//   the store goes on *      all of them are
//   the store keeps 1 *      the oldest so many are
//   the store keeps 2 before it reads *        the oldest so many messages and changes
//   the disk is nearly full *  and later: the disk has room again
//   the store fails once: no space *           or `not readable`, for the next page, or `broken`
//
// At the end nobody may have unread lines. Times are exact in process, and any over sockets.
// Every line to an IRC client ends with CR LF, which is not part of what a script expects; it has
// no other CR and no NUL, and at most 510 bytes behind its tags.
#pragma once
#include "base/close_reason.h"
#include "base/text.h"

struct talk_line {
    struct talk_line *prev, *next;
    struct text text;
};

enum talk_kind { TALK_PLAIN, TALK_RELAY, TALK_IRC, TALK_CONTROL };
enum talk_from { TALK_FROM_HERE, TALK_FROM_AFAR, TALK_FROM_AFAR_TLS, TALK_FROM_AFAR_NO_TLS };

struct talk_person {
    struct talk_person *next;
    char name[64];
    enum talk_kind kind;
    unsigned certificate; // its number; 0: none
    enum talk_from from;
    bool open;     // has a connection
    bool pauses;   // the script lets it send without line ends
    bool skipping; // `...` was the last that was expected
    struct talk_line *unread;
    void *link; // the world's
};

// Appends a copy to what the person has not read.
void talk_person_hears(struct talk_person *person, struct text line);

struct talk_world;

// What a kind of server can do. Those that may be NULL are `after` and what is marked * above.
struct talk_ops {
    void (*connect)(struct talk_world *, struct talk_person *);
    void (*send)(struct talk_world *, struct talk_person *, struct text bytes, bool pause);
    void (*stop_sending)(struct talk_world *, struct talk_person *);
    void (*vanish)(struct talk_world *, struct talk_person *);
    // Waits until the person has an unread line or has been disconnected.
    void (*await)(struct talk_world *, struct talk_person *);
    // Waits until what the person has sent is dealt with and its answers are unread lines.
    void (*sent)(struct talk_world *, struct talk_person *);
    // The same for everybody.
    void (*settle)(struct talk_world *);
    // How the script's text reads in this world (ports); owned by the caller.
    char *(*put)(struct talk_world *, struct text text);
    bool (*same)(struct text actual, struct text expected);
    void (*stop)(struct talk_world *);
    void (*start)(struct talk_world *);
    void (*tell_to_stop)(struct talk_world *);
    void (*stop_reading)(struct talk_world *, struct talk_person *, size_t lag_bytes);
    void (*read_again)(struct talk_world *, struct talk_person *);
    void (*pass)(struct talk_world *, unsigned ms);
    void (*jump)(struct talk_world *, int64_t ms);
    bool (*limit)(struct talk_world *, struct text name, uint32_t value);
    void (*describe)(struct talk_world *);
    void (*offer_scram)(struct talk_world *);
    void (*set_registration)(struct talk_world *, int registration); // enum registration
    void (*hold_passwords)(struct talk_world *, bool hold);
    void (*store_wait)(struct talk_world *, bool wait);
    void (*store_keep)(struct talk_world *, size_t count, bool writes);
    void (*disk_low)(struct talk_world *, bool low);
    void (*store_fail)(struct talk_world *, bool read, int error);
};

struct talk_world {
    const struct talk_ops *ops;
    struct talk_person *people;
};

// Runs a script; fails the running test and names the script's line, when anything differs.
// `path` as it is to be shown.
void talk_run(struct talk_world *world, const char *path);
// Frees the world's people; their links are the world's.
void talk_free(struct talk_world *world);
// The reason of `in process:`, or NULL; owned by the caller.
char *talk_in_process(const char *path);
// Runs each script of tests/talk as a test that is named as the file is.
void talk_run_all(void (*run)(const char *path));
