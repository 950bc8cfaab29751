// The core: all chat state, as a deterministic state machine. Inputs are the core_...()
// calls below, outputs go through struct output, and time is what core_time() last said.
// It knows no descriptor, no thread, no clock and no random source: secrets come from
// output.random(). One thread uses it.
//
// A turn: core_time(), any number of inputs, core_turn_end(). Only the last one
// appends to feeds; replies go out at once.
#pragma once
#include "base/clock.h"
#include "base/close_reason.h"
#include "base/peer.h"
#include "base/segment.h"
#include "chat/flood_profile.h"
#include "chat/limits.h"
#include "store/store.h"

struct core;
struct protocol; // chat/protocol.h
struct task;     // chat/task.h
struct task_answer;

// What an operator may watch. Texts are as people sent them: not yet safe for a terminal.
enum activity_kind {
    ACTIVITY_JOINED,    // a user is in: name, peer, online
    ACTIVITY_LEFT,      // a user is gone: name, peer, text (reason word), online
    ACTIVITY_MESSAGE,   // name, place, text
    ACTIVITY_ACTION,    // the same for /me
    ACTIVITY_PRIVATE,   // name, place (the recipient's name); the text is never given
    ACTIVITY_RELAYED,   // on a relay listener: name (the port), place, text
    ACTIVITY_RELAY_IN,  // a relay peer came: peer
    ACTIVITY_RELAY_OUT, // ... and went: peer
    ACTIVITY_REFUSED,   // a message could not be kept: name, place, text (the reason)
    ACTIVITY_OPERATED,  // an operator of the server has done something: name, text
};

struct activity {
    enum activity_kind kind;
    int64_t wall_ms;
    struct text name;
    struct text place;
    struct text text;
    const struct peer *peer; // NULL where it does not apply
    size_t online;           // users
};

// How a session is matched with the lines of a segment (base/segment.h).
struct member_tag {
    uint32_t user;
    uint32_t session;
};

// A password to be compared with what is kept of one, or to be made into that.
enum password_work { PASSWORD_CHECK, PASSWORD_MAKE };

struct password_job {
    uint64_t cookie;
    enum password_work work;
    struct text stored; // PASSWORD_CHECK; empty: nobody's, which costs the same and never matches
    struct text password;
    bool scram; // what is kept has keys for SCRAM too, behind a blank (wire/scram.h)
};

// Where the core's outputs go. A handle that the core has closed, or that was
// reported as ended, is never named again.
struct output {
    void *context;
    void (*reply)(void *context, struct handle, struct text bytes);
    void (*append)(void *context, uint32_t feed, struct segment *); // takes the reference
    void (*subscribe)(void *context, struct handle, uint32_t feed, struct member_tag);
    void (*unsubscribe)(void *context, struct handle, uint32_t feed);
    void (*ignore)(void *context, struct handle, uint32_t user, bool ignored);
    void (*named)(void *context, struct handle);
    // It is logged in to an account, or is not any more: it may send more than guests, or not.
    void (*registered)(void *context, struct handle, bool registered);
    void (*credit)(void *context, struct handle, uint32_t lines);
    void (*watch)(void *context, struct handle);
    void (*close)(void *context, struct handle, enum close_reason);
    void (*activity)(void *context, const struct activity *);
    // Works on a password apart from the core, which core_password_hashed() is told of later, never
    // during the call. False if too many wait. What `job` points at is copied.
    bool (*hash)(void *context, const struct password_job *job);
    // Fills `bytes` with what nobody can guess, for tokens.
    void (*random)(void *context, void *bytes, size_t count);
    // Reads the configuration again, after this turn; NULL where there is none.
    void (*reload)(void *context);
    // Begins a task; core_task_done() answers it in a later turn, and must. NULL where there is
    // nobody to do any.
    void (*task)(void *context, const struct task *);
    // One line for the developer's window (`-v`); NULL when nobody looks.
    void (*trace)(void *context, struct text line);
};

struct operator_account {
    struct text name;
    struct text password;
};

// What the server says of itself. The owner keeps it for as long as the core has it.
struct server_info {
    struct text network;
    struct text description;
    struct text motd;     // lines; empty: none
    struct text admin;    // lines: who runs it and how to reach them
    struct text password; // needed to get in; empty: none
    struct sts {          // IRCv3 strict transport security
        uint32_t port;    // 0: it is not asked for
        uint32_t duration_s;
    } sts;
    const struct operator_account *operators;
    size_t operator_count;
    struct moment started;
};

enum registration {
    REGISTRATION_OPEN,   // anybody registers, before being in as well
    REGISTRATION_INSIDE, // whoever is in
    REGISTRATION_INVITE, // who has an invitation (chat/invitations.h)
    REGISTRATION_CLOSED, // nobody
};

enum registration_email {
    REGISTRATION_EMAIL_OPTIONAL,
    REGISTRATION_EMAIL_REQUIRED,
};

enum always_on {
    ALWAYS_ON_ASKED, // accounts that ask for it
    ALWAYS_ON_NOBODY,
    ALWAYS_ON_EVERYBODY, // accounts that do not ask not to
};

// Who may be here, and how they may say who they are.
struct access {
    int registration;       // enum registration
    int registration_email; // enum registration_email: whether one gives an address (chat/email.h)
    int always_on;          // enum always_on: who stays while away (chat/stay.h)
    bool require_account;   // only registered people are let in
    bool clear_passwords;   // passwords are taken without TLS from other machines too
    bool scram;             // what is kept of new passwords lets log in by SCRAM
};

struct core_config {
    const char *server_name; // copied
    struct server_info info;
    struct limits limits;
    struct flood_profiles floods; // count 0: those built in
    struct access access;
    int utc_offset_forced; // 0: the server's local time; else tests: always UTC
};

// `store` and what `output` points at outlive the core.
struct core *core_create(const struct core_config *config, struct store *store,
                         const struct output *output);
void core_destroy(struct core *core);
void core_configure(struct core *core, const struct core_config *config); // reload

// Calls for each flood profile that rooms name and the configuration does not know: by how many
// rooms, and which is the first of them. The server's own profile holds in these.
void core_each_lost_flood(const struct core *core,
                          void (*lost)(void *, struct text profile, size_t rooms, struct text room),
                          void *context);

// Whether an account is the server's owner; and, where none is, the code by which one becomes it.
bool core_has_owner(const struct core *core);
void core_offer_claim(struct core *core, struct text code);

void core_time(struct core *core, struct moment now);
// A connection; `protocol` decides what its lines mean. Before anything else of it. Keeps a copy
// of `peer`.
void core_conn_opened(struct core *core, struct handle, const struct peer *peer,
                      const struct protocol *protocol);

enum core_line { CORE_LINE_WHOLE, CORE_LINE_PAUSED, CORE_LINE_TOO_LONG };
void core_conn_line(struct core *core, struct handle, struct text line, enum core_line how);
// CLOSE_EOF: it sends no more but still reads. Anything else: it is gone.
void core_conn_ended(struct core *core, struct handle, enum close_reason reason);
void core_conn_drained(struct core *core, struct handle);
void core_conn_lagged(struct core *core, struct handle, uint32_t feed, uint64_t from_line);
// A password job is done: whether it matched, and what is to be kept from now on (empty: what is).
void core_password_hashed(struct core *core, uint64_t cookie, bool matches, struct text stored);
// It will not be done, because the server stops: as if too many were waiting.
void core_password_given_up(struct core *core, uint64_t cookie);
// A task is done.
void core_task_done(struct core *core, void *asker, const struct task_answer *answer);
// The store has answers.
void core_store_ready(struct core *core);
void core_turn_end(struct core *core);

// The disk is nearly full, or has room again: while it is, messages of guests are refused.
void core_disk_low(struct core *core, bool low);

// When core_time() wants to be called again at the latest, in mono_ms; INT64_MAX: when
// something happens.
int64_t core_next_wake(const struct core *core);

// Tells everybody that the server stops, ends every session once its messages are
// committed. The caller goes on with turns until core_is_empty().
void core_shut_down(struct core *core);
bool core_is_empty(const struct core *core);

// Appends one line about a connection: protocol, user, rooms. False if the handle is dead.
struct buf;
bool core_conn_describe(const struct core *core, struct handle, struct buf *out);
size_t core_users_online(const struct core *core);
// Messages that the store has not answered.
size_t core_uncommitted(const struct core *core);
