// One connection as the core sees it, from its opening to its end. It is a session of a user
// from the moment it has given a name.
//
// Lines are dealt with in order. While messages of the session are on their way to the
// store, further messages may follow them, but any other line, and the end of the
// connection, waits; so do all lines while the session waits for a room or an answer.
#pragma once
#include "chat/core.h"
#include "chat/protocol.h"
#include "chat/room.h"
#include "chat/user.h"

struct held; // lines that wait
struct reading;
struct ignores;
struct changing;

enum session_wait {
    WAIT_NOT,
    WAIT_ROOM,   // for a room's recent messages
    WAIT_PAGE,   // for the store's answer to a reading
    WAIT_DRAIN,  // until the peer has taken what was sent
    WAIT_TIME,   // until reading_due_ms()
    WAIT_ERRAND, // for its account (chat/login.h)
    WAIT_TASK,   // for what session_ask() asked for
};

struct ending {
    char *by;  // owned: the operator; NULL: a ban
    char *why; // owned: the operator's words, or which ban
};

struct session {
    struct core *core;
    const struct protocol *protocol;
    struct user *user;       // NULL: has no name yet
    struct account *account; // that it is logged in to; NULL: none
    struct errand *errand;   // NULL: it waits for nothing of an account
    struct handle handle;
    uint32_t number;  // in segment_line.session
    uint32_t options; // the protocol's own bits
    struct peer peer;
    struct member *members;    // linked by session_next
    struct room *current;      // where plain lines go; NULL: nowhere
    struct held *held;         // NULL: no lines wait
    struct reading *reading;   // NULL: no answer is being given
    struct ignores *ignores;   // NULL: nobody is ignored
    struct device *device;     // chat/device.h; NULL: not known, or of no account
    struct watch *watches;     // names it watches; NULL: none
    void *own;                 // the protocol's
    char *redeemed;            // owned: the digest of an invitation to register; NULL: none
    struct ending *ended;      // owned; NULL: nobody else ends it
    struct changing *changing; // what it waits for to be kept; NULL: nothing
    struct session_links {
        struct session *user_next;
        struct session *load_next;
        struct session *owed_next;
        struct session *stalled_next;
    } links;
    int64_t query_us; // until then its share of bytes of answers is used up
    int64_t flood_ms; // until then its lines wait
    struct session_counts {
        uint16_t in_flight; // messages not yet kept
        uint16_t owed;      // lines to credit
    } counts;
    struct session_state {
        enum session_wait wait : 4;
        enum close_reason end_reason : 8;
        unsigned name_tries : 7; // at most 100: limits.name_tries
        bool ending : 1;         // ends once nothing waits
        bool gone : 1;           // the connection is: the handle is dead
        bool departed : 1;       // has left everything; freed at the end of the turn
        bool lagged : 1;         // in at least one room
        bool apart : 1;          // set by the protocol: see protocol.own() and settled()
        bool serves : 1;         // see session_serve()
        bool stays : 1;          // has no connection (chat/stay.h)
        bool is_owed : 1;
        bool is_stalled : 1;
        bool mail_failed : 1; // what waited for its account could not be read
    } state;
};

// Sends a block of whole lines, after what the session's rooms have shown so far.
void session_reply(struct session *session, struct text block);
// Appends what the session's rooms have shown so far to their feeds.
void session_seal(struct session *session);
// Sends one event, rendered with the session's own options.
void session_tell_event(struct session *session, const struct event *event, uint32_t options);

enum sign_in {
    SIGN_IN_OK,
    SIGN_IN_TAKEN,
    SIGN_IN_BAD_NAME,
    SIGN_IN_REGISTERED,    // the name belongs to an account that the session is not logged in to
    SIGN_IN_NEEDS_ACCOUNT, // only registered people are let in
    SIGN_IN_BANNED,        // from the server; session.ended says until when, and why
    SIGN_IN_SILENCED,      // a room that the user is in bans or mutes the name that it has
    SIGN_IN_TOO_OFTEN,     // a room has seen too many new names of the user
    SIGN_IN_TOO_MANY,      // the user has as many sessions as it may have
};
struct newcomer {
    struct text name;
    struct text login;     // empty: none is given
    struct text real_name; // empty: none is given
};
// Gives the session a user of this name: one of its own or, where somebody of this name is online
// with the account that the session is logged in to, that one. Then it comes into all of its rooms,
// each of which it is told of by the protocol's joined() when it is not busy; and whoever was there
// first has said what else the user is called.
enum sign_in session_sign_in(struct session *session, const struct newcomer *newcomer,
                             enum name_fault *fault);
void session_sign_in_nameless(struct session *session, struct text name);
// Another name for the session's user; told to all rooms that it is in.
enum sign_in session_rename(struct session *session, struct text name, enum name_fault *fault);

// The session's account is another one, or none: so is its user's, and who may know is told.
void session_take_account(struct session *session);

// Tells the session's rooms that it is away (empty: back), or of another real name.
void session_set_away(struct session *session, struct text why);
void session_describe(struct session *session, struct text real_name);
// Puts a member out of the room; asks no rights.
void session_kick(struct session *session, struct member *member, struct text why);
// Lets the user into the room whatever its rules, and tells the user.
void session_invite(struct session *session, struct room *room, struct user *user);
// Tells a room, or a user, what only clients understand; it is not kept.
void session_tag_room(struct session *session, struct room *room, const struct message *message);
void session_tag_user(struct session *session, struct user *user, const struct message *message);

// Ends the session once everything it sent is dealt with. `why` is told to its rooms
// (empty: no words).
void session_quit(struct session *session, enum close_reason reason, struct text why);
// Ends all sessions of a user in the name of this one, at the end of the turn; what they sent
// and is not yet dealt with is dropped.
void session_end_user(struct session *session, struct user *user, struct text why);
// The same, and the user stays in no room either (chat/stay.h); it may be gone by that.
void session_put_out_user(struct session *session, struct user *user, struct text why);
// Ends all sessions of the session's user, which a ban is for.
void session_end_banned(struct session *session, const struct rule_mask *ban);
// The session is no person's and needs no name: it is an administrator's.
void session_serve(struct session *session);
// Tells everybody something in the server's name.
void session_announce(struct session *session, struct text text);
// Asks for what the core cannot do itself: the protocol's task_done() is called when it is done,
// and the session's lines wait. False where nobody can do it.
struct task;
bool session_ask(struct session *session, const struct task *task);
// Makes another key for the cloaks of addresses (chat/cloak.h).
void session_renew_cloaks(struct session *session);
// Has the configuration read again, after this turn; false where there is none.
bool session_reload(struct session *session);
// Tells those who watch the server, and the audit log (chat/roles.h), what somebody who keeps order
// or administers it has done: "has ended Bob's connection".
void session_note(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// The two halves of that: the audit log is told with this cookie (chat/core_state.h).
enum { NOTE_BYTES = 1024 }; // of what the audit log is told at once
void session_show_note(struct session *session, struct text did);
void session_keep_note(struct session *session, struct text did, uint64_t cookie);

// Says something in a room; `tags` are for clients, empty if there are none.
void session_say(struct session *session, struct room *room, enum message_kind kind,
                 struct text text, struct text tags);
// Says something to one user.
void session_whisper(struct session *session, struct user *to, enum message_kind kind,
                     struct text text, struct text tags);

// Says something to an account that nobody is logged in to; see chat/mail.h.
void session_whisper_account(struct session *session, const struct account *account,
                             enum message_kind kind, struct text text, struct text tags);

// A message that is to be deleted: of a room, or of the conversation with somebody (`room` NULL),
// who need not be here.
struct redaction {
    struct room *room;
    struct identity with;
    struct text name;
    uint64_t id;
    bool any; // anybody's, not only one of the session's user
    struct text why;
};
void session_redact(struct session *session, const struct redaction *redaction);
// Who somebody is who is here, or has an account; number 0: there is nobody of that name.
struct identity session_identity_of(const struct session *session, struct text name);

// Whether this session ignores this user, or whoever has this name.
bool session_ignores(const struct session *session, const struct user *user);
bool session_ignores_name(const struct session *session, struct text name);
// Nobody of this name need be here. False when the list is full.
bool session_ignore(struct session *session, struct text name, bool ignored);
// A user has this name (folded) now, or does not have it any more: those who ignore the name
// ignore the user, or cease to.
void sessions_ignore(struct core *core, const struct user *user, struct text key, bool ignored);

// What protocols may ask of the core.
struct moment session_now(const struct session *session);
const struct limits *session_limits(const struct session *session);
const struct flood_profiles *session_floods(const struct session *session);
const struct server_info *session_info(const struct session *session);
const struct access *session_access(const struct session *session);
struct text session_account_name(const struct session *session, struct identity who);
bool session_name_is_registered(const struct session *session, struct text name);
struct text session_server_name(const struct session *session);
struct account_registry;
const struct account_registry *session_accounts(const struct session *session);
// When somebody was here last under the account, as far as is known; 0: it is not.
int64_t session_account_seen_ms(const struct session *session, const struct account *account);
const struct user_registry *session_users(const struct session *session);
struct user *session_find_user(const struct session *session, struct text name);
const struct departed_ring *session_departed(const struct session *session);
// An id for a message that is not kept; never that of another.
uint64_t session_passing_id(const struct session *session);
size_t session_count_unnamed(const struct session *session);
size_t session_most_users(const struct session *session); // since the start
size_t session_room_count(const struct session *session);
struct room *session_find_room(const struct session *session, struct text name);
// The room after `room` in no particular order; NULL: the first, and after the last.
struct room *session_next_room(const struct session *session, const struct room *room);
// For lists of rooms that are sent in parts: where one stands, and goes on, or with the next
// one if that is gone (`stand` empty: at the first).
void room_stand(const struct room *room, struct buf *stand);
struct room *session_resume_rooms(const struct session *session, struct text stand);
// The session's options or its current room changed: its renditions follow.
void session_refresh(struct session *session);

// For the core's parts only.
// Makes it a session of the user, as it is for one of a user's.
void session_take_user(struct session *session, struct user *user);
// SIGN_IN_OK, or which account is missing.
enum sign_in session_may_have_name(const struct session *session, struct text name);
struct session *session_create(struct core *core, struct handle, const struct peer *peer,
                               const struct protocol *protocol);
void session_line(struct session *session, struct text line, enum core_line how);
void session_task_done(struct session *session, const struct task_answer *answer);
void session_ended(struct session *session, enum close_reason reason);
void session_drained(struct session *session);
void session_lagged(struct session *session, uint32_t feed, uint64_t from_line);
// The server stops: ends once its messages are kept.
void session_shut_down(struct session *session);
// Is looked at again at the end of the turn: its lines go on, or it ends and is freed.
void session_stall(struct session *session);
// Whether its lines wait: for one thing, or for what it changes to be kept (chat/change.h).
bool session_waits(const struct session *session);
void session_owe(struct session *session, uint32_t lines);
// Tells all rooms of the session, each person once and the session's user not at all.
void session_tell_rooms(struct session *session, struct event *event);
// For lines about the session's user that are told to its sessions in another way.
struct origin session_origin(const struct session *session);
void held_destroy(struct session *session);
// Takes the session out of the chat. With the user's last one its rooms are told, and the user
// goes.
void session_depart(struct session *session, enum close_reason reason, struct text why);
// Tells the user's other sessions, each by its protocol's done_elsewhere(), what this one did.
void session_tell_others(struct session *session, const struct event *event);
// Shows them what this one has said in private.
void session_show_others(struct session *session, const struct event *event);
// Shows the session what waited for its account, and tells it of the rooms that another session of
// its user has brought it into, as long as it is not busy.
void session_catch_up(struct session *session);
// How many connections the user has, this one included.
size_t session_count_own(const struct session *session);
// The end of the turn.
void sessions_go_on(struct core *core);
void sessions_credit(struct core *core);
