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

enum message_kind { MESSAGE_SAY = 1, MESSAGE_ACTION = 2, MESSAGE_NOTICE = 3, MESSAGE_TOPIC = 4 };

enum {
    STORE_KEY_MAX = 128,
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
    struct text sender_mask; // login@host as shown then; may be empty
    struct text tags;        // client-only tags of IRCv3, as they stand; may be empty
    struct identity recipient; // conversations only
    struct text recipient_name;
    struct text text; // MESSAGE_TOPIC: the new topic, may be empty
};

// A copy of the message and of everything it points at, in one piece of memory that the
// caller frees with free().
struct message *message_copy(const struct message *message);
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

enum store_answer_kind { STORE_WRITTEN, STORE_PAGE };

struct store_answer {
    enum store_answer_kind kind;
    uint64_t cookie; // the request's
    int error;       // 0, or -errno: -ENOSPC disk full, -EIO anything the disk failed at,
                     // -EAGAIN (pages only): too many reads wait already
    uint64_t id;     // STORE_WRITTEN: what the message got
    uint64_t seq;
    const struct message *messages; // STORE_PAGE: oldest first
    size_t message_count;
    bool more; // STORE_PAGE: there are further ones beyond the page's far end
};

// A page of a place's messages. Exactly one of the two forms:
// words empty: the last `limit` messages with seq <= `to_seq`;
// words given: the last `limit` of those with seq <= `to_seq` whose text has all words
// (words are taken literally: no query syntax of the index gets through).
struct store_query {
    struct text place;
    uint64_t to_seq; // UINT64_MAX: up to the newest
    uint32_t limit;  // 1..STORE_PAGE_MESSAGES_MAX; a page also ends at STORE_PAGE_BYTES_MAX
    struct text words;
};

struct store;

struct store_ops {
    void (*submit)(struct store *, const struct message *, uint64_t cookie);
    void (*query)(struct store *, const struct store_query *, uint64_t cookie);
    size_t (*collect)(struct store *, void (*answered)(void *, const struct store_answer *),
                      void *context);
    void (*each_room)(struct store *, void (*room)(void *, const struct store_room *),
                      void *context);
    uint32_t (*epoch)(struct store *);
    void (*destroy)(struct store *);
};

struct store {
    const struct store_ops *ops;
};

// Asks for a message to be kept. Everything that `message` points at is copied. The
// answer comes only when the message is on stable storage, or has failed and is not kept.
static inline void store_submit(struct store *s, const struct message *message, uint64_t cookie)
{
    s->ops->submit(s, message, cookie);
}

// Asks for a page. It is read from one state of the store and holds nothing open afterwards.
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

// Writes the key of the conversation of two identities (the same whichever is first).
struct text store_conversation_key(char key[STORE_KEY_MAX], struct identity a, struct identity b);
