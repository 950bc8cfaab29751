// Rooms and their members. Everything that a room shows keeps one order, the core's: what is
// told while messages are on their way to the store waits behind them.
#pragma once
#include "base/hash.h"
#include "chat/notes.h"
#include "chat/recent.h"
#include "chat/refusal.h"
#include "chat/rendition.h"
#include "chat/rules.h"

struct buf;
struct core;
struct record;
struct rules_change;
struct sequel;
struct session;
struct user;

struct room {
    struct text shown;    // the name as first written; owned
    struct text key;      // folded; owned
    struct text place;    // the store's key: that of its first name, or of no name; owned
    int64_t renamed_ms;   // when it got its name, on the monotonic clock; 0: not lately
    uint32_t number;      // greater than those of rooms made before
    struct text topic;    // owned
    struct text topic_by; // owned
    int64_t topic_ms;
    uint64_t last_seq;
    struct member *members; // linked by room_next
    size_t member_count;    // users, however many of their sessions are in
    size_t live_count;      // members, but for those without connection (chat/stay.h)
    struct rendition *renditions;
    struct recent *recent;   // NULL while nobody is in
    struct session *loading; // sessions that wait for `recent`, linked by load_next
    struct pending *queue;   // what waits to be shown, oldest first
    struct pending *queue_end;
    uint32_t queued_events;    // of what waits, those that are no messages
    bool in_turn;              // the first is a change that is being made: its end tells at once
    bool recent_failed;        // the store could not be read; the next join tries again
    struct presence *presence; // joins and leaves held back in a storm, or NULL
    int64_t presence_ms;       // when the burst allowance was last counted
    uint32_t presence_burst;
    struct notes metadata;
    struct rules *rules; // NULL: none beyond the usual; forgotten when nobody is in, unless kept
    struct rules *draft; // the youngest that is not kept yet (chat/rules_change.h); NULL: none
    // What was said up to here is read by nobody: the room was closed then, and those whose it was
    // have gone for good.
    struct room_hidden {
        uint64_t seq;
        int64_t ms;
    } hidden;
    int64_t closed_ms; // until then no guests are let in: there were too many
    struct room_idle { // of the list of those that may be empty
        struct room *prev;
        struct room *next;
        bool listed;
    } idle;
    bool unread; // what the store has of it is not known
    bool has_record;
    UT_hash_handle by_key;
    UT_hash_handle by_place; // where the place is not the key
};

struct member {
    uint8_t ranks;       // bits of enum rank (chat/rules.h)
    bool untold;         // came with another session of the user; its own has not been told yet
    uint32_t left_feed;  // where it was before its options changed: that it lagged there may
    uint64_t left_lines; // still be reported; and how many lines that had
    struct room *room;
    struct session *session;
    int64_t spoke_ms;            // when the user last said something there, or came in
    struct rendition *rendition; // NULL after it lagged: it gets nothing until it reads again
    uint64_t missed_from;        // line number of that rendition from which it missed
    struct rendition *missed_in; // keeps the rendition alive meanwhile
    struct member *room_next;
    struct member **room_at;
    struct member *session_next;
};

enum join_result { JOIN_OK, JOIN_BAD_NAME, JOIN_TOO_MANY, JOIN_NO_ROOM_LEFT, JOIN_REFUSED };

// The room of that name, whatever the case; NULL if there is none or it is no room's name.
struct room *room_find(struct core *core, struct text name);
// The room of this place in the store; NULL if there is none.
struct room *room_of_place(struct core *core, struct text place);
// Tells what the store knows; at start.
void rooms_load(struct core *core);
void rooms_finish(struct core *core);
// A record of the kind ROOM_NAME_KIND; and after the last of them.
#define ROOM_NAME_KIND "room-name"
void room_load_name(struct core *core, const struct record *record);
void rooms_take_names(struct core *core);

// Makes the session a member of the room (made if need be). The protocol's joined() is called
// when it is one: at once, or when the room's recent messages have been read; until then the
// session's lines wait. Being a member already is fine: joined() is called again.
// JOIN_REFUSED: the room's rules do not let it in, `why` says which; `key` is the password that
// it gives, if any.
enum join_result room_join(struct session *session, struct text name, struct text key,
                           enum refusal *why);
enum rename_result { RENAME_OK, RENAME_BAD_NAME, RENAME_TAKEN, RENAME_TOO_SOON, RENAME_FIXED };
enum { ROOM_RENAME_EVERY_MS = 60 * 1000 };

// Gives the room another name; its members and history stay with it and are told, the old name is
// free. Asks no rights. The lobby and relays keep their names (RENAME_FIXED), and nothing else gets
// such a one.
enum rename_result room_rename(struct session *session, struct room *room, struct text name,
                               struct text why);
// The room's rules, made if it has none.
struct rules *room_rules(struct core *core, struct room *room);
// Whether the room of this key is the server's own, the lobby or a relay: its owner and admins run
// it.
bool room_is_common(struct text key);
// Takes the user out of the room, with all its sessions; those are told. `quiet`: takes only this
// session out and tells nobody (the session's end tells it in its own words).
void room_leave(struct session *session, struct room *room, bool quiet);
// Leaves with all sessions of the user, and tells the room why.
void room_leave_saying(struct session *session, struct room *room, struct text why);
// Makes the session a member of the rooms that another session of its user is in, without telling
// the session or anybody.
void rooms_follow(struct session *session, const struct session *other);
// For invitations.c: the session has been let in; meanwhile it may have been banned. False if the
// room is no more.
bool room_enter_late(struct session *session, struct text place);
// Makes a session without connection (chat/stay.h) a member, whatever the room's rules.
void room_stay(struct session *session, struct room *room);
// Tells the session of a room that it does not know yet to be in, as on joining.
void member_tell(struct member *member);
// The membership of one of the user's sessions; NULL if none is in.
struct member *user_member(const struct user *user, const struct room *room);
bool user_is_in(const struct user *user, const struct room *room);
struct member *room_member(const struct session *session, const struct room *room);
// The session's options changed: its rendition follows.
void member_refresh(struct member *member);
// It did not read that feed from this line on: nothing more is sent to it until
// member_resume(). False if the feed is not the member's.
bool member_lag(struct member *member, uint32_t feed, uint64_t from_line);
void member_resume(struct member *member);

// Shows an event to the members now, or after what waits in the room.
void room_tell(struct core *core, struct room *room, const struct event *event,
               struct origin origin);
// Shows an event to the members at once. For the core's parts only.
void room_show(struct core *core, struct room *room, const struct event *event,
               struct origin origin);
// The same for a message that is kept now, which the room remembers.
void room_show_message(struct core *core, struct room *room, const struct message *message,
                       struct origin origin);
// The same for a redaction; `event` says who and why.
void room_show_redaction(struct core *core, struct room *room, struct event *event,
                         struct origin origin);
struct event room_message_event(const struct core *core, const struct room *room,
                                const struct message *message);
// The room that is about to have the name of this key; NULL: none is.
struct room *room_of_coming_name(const struct core *core, struct text key);
// For room.c: writes the place of a new room; and forgets that of one that no longer is.
void room_choose_place(struct core *core, struct text key, struct buf *place);
void room_forget_place(struct core *core, struct room *room);
// Makes a room that nobody owns, and that the session operates, its account's.
enum founding {
    FOUND_OK,
    FOUND_KEPT, // it is somebody's, or everybody's
    FOUND_NO_ACCOUNT,
    FOUND_NOT_OPERATOR,
    FOUND_TOO_MANY,
};
enum founding session_found_room(struct session *session, struct room *room);
// Makes a room nobody's; false if the session's account is none of its founders. The room may be
// gone by it.
bool session_drop_room(struct session *session, struct room *room);
// For room.c: the session has opened the room, which had nobody in and no rules that are kept.
void room_open(struct member *member);
// Nobody's it has become, though somebody came in meanwhile: the one who came first has opened it.
void room_open_late(struct room *room);
// True: the session waits until the room that it opens is kept as its account's; then, or if that
// cannot be, it comes in by the sequel.
bool room_found(struct session *session, struct room *room, struct sequel *sequel);
// A member comes in, or its account is another one: it has the ranks of its account. And tells the
// room so.
void member_take_ranks(struct member *member);
void member_tell_ranks(struct member *member, uint8_t before);
// A record of the kind ROOM_KIND, by the room's place: false if it cannot be understood. At start,
// after the accounts.
#define ROOM_KIND "room"
bool room_load(struct core *core, const struct record *record);
// Has what lasts of the room's rules kept, after each change of them that nobody waits for.
void room_keep(struct core *core, struct room *room);
// Whether anything of it lasts, with these rules; and the record of it, with the youngest ones.
bool room_lasts(const struct room *room, const struct rules *rules);
struct record room_record(struct room *room, struct buf *value);
// What a change of the rules brings with it, when it holds, or could not be kept.
void room_changed(struct core *core, const struct rules_change *change);
void room_change_failed(struct core *core, const struct rules_change *change);
// Nobody's it is any more: what was said stays, but its rules go with the last member.
void room_release(struct core *core, struct room *room);
// Nobody is in any more: rules that are not kept go.
void room_forget_rules(struct core *core, struct room *room);
// For room_keep.c: a room of this name, which there is not yet.
struct room *room_create(struct core *core, struct text shown, struct text key);
void room_destroy(struct core *core, struct room *room);
// Nobody is in the room any more, or it ends (room_idle.c).
void room_is_idle(struct core *core, struct room *room);
void room_is_gone(struct core *core, struct room *room);
// Makes room for one more; false where all are needed. And at start, when all are loaded.
bool rooms_make_way(struct core *core);
void rooms_bound(struct core *core);
// The JSON of the record; and the room's rules and what is hidden, of it.
void room_write(const struct room *room, const struct rules *rules, struct buf *out);
bool room_read(struct room *room, struct text json);
// Forgets what an empty room need not hold; frees a room that never had a message.
void room_tidy(struct core *core, struct room *room);
// A store page that a room was waiting for.
void room_loaded(struct core *core, struct room *room, const struct store_answer *answer);
