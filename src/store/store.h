// Where messages, rooms and conversations are kept. Asynchronous: every request is
// answered later through store_collect(), in the order in which the requests of the
// same kind were made (writes among writes; reads may be answered in any order). One
// thread, the core's, uses a store; how it gets its work done is its own business.
//
// Places. A message belongs to a place, named by a key: a room's folded name
// ("#lobby"), or a conversation of two identities (store_conversation_key). The store
// makes a place when the first message for it arrives and gives each message the
// place's next sequence number (from 1, without holes) and an id that increases over
// the whole store.
#pragma once
#include "base/text.h"

// Who somebody is, beyond the name shown: an account, or one guest session. Never used
// again for anybody else, not after a restart either.
struct identity {
    uint64_t number; // 0: nobody (the server itself)
    bool account;    // else a guest session
};

enum message_kind {
    MESSAGE_SAY = 1,
    MESSAGE_ACTION = 2,
    MESSAGE_NOTICE = 3,
    MESSAGE_TOPIC = 4,
    MESSAGE_DELETED = 5,   // once said; its text and tags are gone
    MESSAGE_REDACTION = 6, // never kept itself: see store_submit()
    MESSAGE_TAGS = 7,      // tags alone, such as a reaction; its text is empty
    MESSAGE_ERASURE = 8,   // never kept itself: see store_submit()
};

// Something small that the core keeps of its own: an account, a room's rules. By kind and key
// there is one, whose value is a text.
struct record {
    struct text kind;  // "account"; 1..STORE_KEY_MAX bytes
    struct text key;   // 1..STORE_RECORD_KEY_MAX bytes
    struct text value; // at most STORE_RECORD_MAX bytes; empty: there is none any more
};

enum {
    STORE_KEY_MAX = 128,
    STORE_RECORD_KEY_MAX = 1024,
    STORE_RECORD_MAX = 256 * 1024,
    STORE_NAME_MAX = 64,
    STORE_TEXT_MAX = 16384,
    STORE_PAGE_MESSAGES_MAX = 500,
    STORE_PAGE_BYTES_MAX = 256 * 1024,
};

struct message {
    uint64_t id;     // given by the store
    uint64_t seq;    // given by the store: its number in its place
    int64_t time_ms; // since 1970 UTC, given by the core
    enum message_kind kind;
    struct text place;       // key
    struct text place_shown; // the room's name as people write it; empty for conversations
    struct identity sender;
    struct text sender_name;   // as shown then
    struct text sender_mask;   // login@host as shown then; may be empty
    struct text tags;          // client-only tags of IRCv3, as they stand; may be empty
    struct identity recipient; // conversations only
    struct text recipient_name;
    struct text text; // MESSAGE_TOPIC: the new topic, may be empty
};

// A copy of the message and of everything it points at, in one piece of memory that the
// caller frees with free().
struct message *message_copy(const struct message *message);
struct record *record_copy(const struct record *record); // the same
// Takes out of the message what `who` has put there: who sent it, with its text and tags, but a
// topic keeps its text; and whom it was sent to. `name` stands in place of the name.
void message_erase(struct message *message, struct identity who, struct text name);
bool identity_equal(struct identity a, struct identity b);
// What a message counts for in a page and in a memory limit: the bytes of its texts.
size_t message_bytes(const struct message *message);

struct store_room {
    struct text key;
    struct text shown;
    struct text topic; // of the last MESSAGE_TOPIC
    struct text topic_by;
    int64_t topic_ms;
    uint64_t last_seq;
};

enum store_answer_kind { STORE_WRITTEN, STORE_RECORDED, STORE_PAGE };

struct store_answer {
    enum store_answer_kind kind;
    uint64_t cookie; // the request's
    int error;       // 0, or -errno: -ENOSPC disk full, -EIO anything the disk failed at,
                     // -EAGAIN (pages only): too many reads wait already,
                     // -ENOENT: no message has the id (STORE_ID, redactions),
                     // -EACCES (redactions): it is somebody else's
    uint64_t id;     // STORE_WRITTEN: what the message got; STORE_PAGE: see `everything`
    uint64_t seq;
    const struct message *messages; // STORE_PAGE: oldest first
    size_t message_count;
    bool more;          // STORE_PAGE: there are further ones beyond the page's far end
    uint64_t first_seq; // STORE_PAGE of a place: the oldest that is still kept
};

// A point in a place, between two messages or at one.
enum store_mark_kind {
    STORE_START = 1, // before the oldest
    STORE_END,       // behind the newest
    STORE_SEQ,       // number: the message with that seq
    STORE_ID,        // number: the message with that id, which is in that place or gives -ENOENT
    STORE_TIME,      // time_ms: all messages of that millisecond
};

struct store_mark {
    enum store_mark_kind kind;
    uint64_t number;
    int64_t time_ms;
};

// A page of a place's messages: of those between two marks, without what is at the marks, the
// `limit` that are nearest to `from`. So from the end to the start gives the newest, from the
// start to the end the oldest, and `to` may lie on either side of `from`. With `around`, `to` does
// not count: at most half of the page lies before `from`, the rest is what is at it and follows.
//
// Times: a mark of time lies before the first message of a run of later ones; those of that very
// time next to it are at the mark. Where the clock was set back there are several such points, and
// one of them is taken.
//
// With words: only messages whose text has all of them (they are taken literally: no query syntax
// of the index gets through). These are the newest ones between the marks, whichever is first.
//
// Without place: the newest message of each conversation that `who` has had, those whose time
// lies between the marks (STORE_START, STORE_END or STORE_TIME).
//
// With `everything`: what `who` has said anywhere, and what it has been told in conversations, in
// the order of ids, from behind the message with the id `from.number` on (which need not be there).
// Place, words and `to` do not count. Such a page looks at a limited number of messages, and may
// have none though there is more: the answer's `id` is the last one that it has looked at.
struct store_query {
    struct text place;
    struct store_mark from;
    struct store_mark to;
    bool around;
    bool everything;
    uint32_t limit; // 1..STORE_PAGE_MESSAGES_MAX; a page also ends at STORE_PAGE_BYTES_MAX
    uint32_t kinds; // bits 1 << message_kind of those wanted; 0: all
    struct text words;
    struct identity who;
};

// What is kept of places, but of those that stay whole: store_place_stays().
struct store_retention {
    int64_t before_ms; // what is older goes; INT64_MIN: nothing does
    // What is dated later than this, because the clock was wrong, is as old as what was said next.
    int64_t now_ms;
    // Of each place the newest are kept: so many, and those whose texts are so many bytes together;
    // up to 63 more may be. 0: all are.
    uint64_t messages;
    uint64_t bytes;
};

struct store;

struct store_ops {
    void (*submit)(struct store *, const struct message *, uint64_t cookie);
    void (*set)(struct store *, const struct record *, uint64_t cookie);
    void (*query)(struct store *, const struct store_query *, uint64_t cookie);
    void (*retain)(struct store *, const struct store_retention *);
    size_t (*collect)(struct store *, void (*answered)(void *, const struct store_answer *),
                      void *context);
    void (*each_room)(struct store *, void (*room)(void *, const struct store_room *),
                      void *context);
    void (*each_record)(struct store *, void (*record)(void *, const struct record *),
                        void *context);
    uint32_t (*epoch)(struct store *);
    void (*destroy)(struct store *);
};

struct store {
    const struct store_ops *ops;
};

// Asks for a message to be kept. Everything that `message` points at is copied. The
// answer comes only when the message is on stable storage, or has failed and is not kept.
//
// A MESSAGE_REDACTION asks, in the order of the writes, for message `id` of `place` to become a
// MESSAGE_DELETED if it was sent by `sender` (number 0: by whomever). It gets no number of its own;
// the answer has the id and number of the deleted one. A topic is not deleted: -ENOENT.
//
// A MESSAGE_ERASURE has message_erase() done to message `id` of `place`, of the identity `sender`,
// with the name `sender_name`; what is left is a MESSAGE_DELETED, or still a topic. It is answered
// in the same way, and -ENOENT if there is nothing of the sender in it.
static inline void store_submit(struct store *s, const struct message *message, uint64_t cookie)
{
    s->ops->submit(s, message, cookie);
}

// Asks for a record to be kept in place of the one of its kind and key, in the order of all
// writes; copied, and answered when it is on stable storage or has failed, as a message is.
static inline void store_set(struct store *s, const struct record *record, uint64_t cookie)
{
    s->ops->set(s, record, cookie);
}

// Has the store let go of what is not to be kept any longer, oldest first, when it has nothing else
// to do. What is said afterwards is not looked at before the next call. Topics of rooms stay, and
// so do the numbers of the messages that are left.
static inline void store_retain(struct store *s, const struct store_retention *retention)
{
    s->ops->retain(s, retention);
}

// Asks for a page. It is as if read from one state of the store, but that messages deleted
// meanwhile may be there or not. It holds nothing open afterwards.
// A place that does not exist has no messages; that is no error.
static inline void store_query(struct store *s, const struct store_query *query, uint64_t cookie)
{
    s->ops->query(s, query, cookie);
}

// Hands out the answers that have come since; what they point at is valid during the
// call of `answered`, which may make further requests. Returns how many there were.
static inline size_t
store_collect(struct store *s, void (*answered)(void *, const struct store_answer *), void *context)
{
    return s->ops->collect(s, answered, context);
}

// Every room that has ever had a message: called once at start, before the first request.
static inline void store_each_room(struct store *s, void (*room)(void *, const struct store_room *),
                                   void *context)
{
    s->ops->each_room(s, room, context);
}

// Every record, by kind and key: as store_each_room().
static inline void store_each_record(struct store *s, void (*record)(void *, const struct record *),
                                     void *context)
{
    s->ops->each_record(s, record, context);
}

// How often this store has been opened, from 1: makes guest identities unique for ever.
static inline uint32_t store_epoch(struct store *s)
{
    return s->ops->epoch(s);
}

// Completes what was submitted, then closes and frees. NULL is allowed.
static inline void store_destroy(struct store *s)
{
    if (s) {
        s->ops->destroy(s);
    }
}

// Whether the place is kept whole: its key begins with '!'.
bool store_place_stays(struct text place);

// Writes the key of the conversation of two identities (the same whichever is first).
struct text store_conversation_key(char key[STORE_KEY_MAX], struct identity a, struct identity b);

// For a query without place: whether something of this time lies between its marks, and whether
// it is counted from the oldest on.
bool store_query_wants_time(const struct store_query *query, int64_t time_ms);
bool store_query_is_forward(const struct store_query *query);
