// What a protocol is to the core: a table of functions that turn lines into chat calls and
// events into bytes. What a protocol keeps of its own is in
// session.own.
#pragma once
#include "base/buf.h"
#include "chat/core.h"
#include "chat/event.h"

struct account_answer;
struct member;
struct room;
struct session;
struct task_answer; // chat/task.h

// A part of an answer to session_read() (chat/reading.h).
struct page {
    struct text place; // as people write it: a room, or the other person's name
    bool conversation;
    bool search;
    bool mail; // what waited for its account; `place` is empty
    bool first;
    bool last;
    bool more;       // searches: there are older ones
    bool older_gone; // the first one: what was said before is not kept any more
    int error;       // 0, or -errno: nothing could be read
    const struct message *messages;
    size_t count;
};

struct protocol {
    const char *name;
    uint32_t new_room_flags; // of the rules of a room that somebody opens (chat/rules.h)
    bool skips_ahead;        // a slow member skips and is told; else it is closed
    bool tells_each;         // of all who leave in a storm, at once; else of several together
    void (*opened)(struct session *);
    // True for a line that only says something: such lines may be in flight together;
    // any other line waits until they are kept.
    bool (*is_message)(const struct session *, struct text line);
    void (*line)(struct session *, struct text line, enum core_line how);
    // Writes whole lines for a member with these options, or nothing.
    void (*render)(const struct event *, uint32_t options, struct buf *out);
    // Whether who caused the event is sent it as well.
    bool (*echoes)(const struct event *, uint32_t options);
    // The options of a member's rendition: the bits that change the bytes.
    uint32_t (*options)(const struct session *, const struct room *);
    // The session is a member now; what was said lately is in the room's recent messages. With
    // member.untold it came in with another session of its user.
    void (*joined)(struct session *, struct member *);
    void (*page)(struct session *, const struct page *);
    // The session's own message is kept and shown: a private one, or one that was sent while
    // state.apart was set.
    void (*own)(struct session *, const struct event *);
    // All messages that were sent while state.apart was set are dealt with, or what a line changes
    // is kept, or could not be. NULL if it need not know.
    void (*settled)(struct session *);
    // What is said in answer to a line from here on is told only if what it changes is kept; core
    // puts aside what session_reply() is given. NULL if nothing else is to be put aside.
    void (*changing)(struct session *);
    // It could not be kept, for the reason -errno, and nothing is changed. NULL if it changes
    // nothing.
    void (*not_changed)(struct session *, int error);
    // What was asked of an account (chat/login.h) is done, or refused.
    void (*account_answered)(struct session *, const struct account_answer *);
    // True for a line that has a password in it, which nobody else is shown. NULL: none ever has.
    bool (*has_secret)(const struct session *, struct text line);
    // Somebody invites the session's user.
    void (*invited)(struct session *, const struct event *);
    // A name that the session watches (chat/watch.h) came or went. NULL if it watches none.
    void (*watched)(struct session *, const struct actor *, bool online);
    // The user of such a name is away, back, or has another real name. NULL as well.
    void (*watched_acts)(struct session *, const struct event *);
    // A room that the session is in has got another name, which render() has told those that can
    // be told so. NULL: that is all of them.
    void (*room_renamed)(struct session *, struct member *, const struct event *);
    // Another session of the user has done this: EVENT_PARTED, EVENT_RENAMED, EVENT_AWAY,
    // EVENT_DESCRIBED, EVENT_ACCOUNT. NULL where a user has one session only.
    void (*done_elsewhere)(struct session *, const struct event *);
    // The session is put out of the room, by actors[0].
    void (*kicked)(struct session *, const struct event *);
    // The server tells everybody something. NULL: its people are not told.
    void (*announced)(struct session *, const struct event *);
    // What the server says of how people come in is another than before: registration, SCRAM,
    // strict transport security. NULL: its people are not told.
    void (*offers_changed)(struct session *);
    // What session_ask() asked for is done. NULL if it never asks.
    void (*task_done)(struct session *, const struct task_answer *);
    // What session_read_...() or session_list() gives has been given whole. May be NULL.
    void (*answered)(struct session *);
    // A message to `place` is not taken; `why` is a sentence.
    void (*refused)(struct session *, struct text place, struct text why);
    // A message could not be kept, for the reason -errno; nobody has seen it.
    void (*not_kept)(struct session *, const struct message *, int error);
    // The private message is kept, and its recipient is not here: if that is an account, the
    // message waits for it.
    void (*not_delivered)(struct session *, const struct message *);
    // Lines of a room were skipped because the session did not read.
    void (*missed)(struct session *, const struct room *, uint64_t lines);
    // Last words before the connection is closed.
    void (*closing)(struct session *, enum close_reason);
    // Frees what the protocol keeps in session.own. NULL if it keeps nothing.
    void (*finish)(struct session *);
};
