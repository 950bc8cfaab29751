// What fake_net.c and fake_feeds.c share.
#pragma once
#include "base/hash.h"
#include "support/fake_net.h"

#include <utlist.h>

enum input_kind { INPUT_LINE, INPUT_ENDED, INPUT_DRAINED, INPUT_LAGGED };

struct input {
    struct input *prev, *next;
    struct fake_conn *conn;
    enum input_kind kind;
    char *line;
    size_t len;
    enum core_line how;
    enum close_reason reason;
    uint32_t feed;
    uint64_t from_line;
};

// A line that a slow reader has not read.
struct unread {
    struct unread *prev, *next;
    struct segment *segment; // NULL: a reply
    uint32_t line;
    uint32_t feed;
    size_t len;
    uint64_t number;
    uint64_t time;
    char reply[];
};

enum { FAKE_LAGS = 64 };

struct fake_conn {
    struct fake_net *net;
    struct handle handle;
    void *person;
    struct input *waiting; // for credit
    size_t waiting_count;
    uint32_t uncredited;
    uint32_t once;
    uint32_t *ignored;
    size_t ignored_count;
    struct unread *unread;
    size_t reply_bytes;
    size_t lag_bytes;
    uint32_t lagged_feeds[FAKE_LAGS]; // those it was reported to have lagged in, the newest
    uint32_t lag_count;
    bool slow;
    bool watched; // or has lagged: `drained` is due when it has read all
    bool registered;
    bool ended; // sends no more
    bool vanished;
};

struct subscriber {
    struct fake_conn *conn;
    struct member_tag tag;
};

struct fake_feed {
    uint32_t id;
    uint64_t next_line;
    bool begun;
    struct subscriber *at;
    size_t count;
    size_t size;
    UT_hash_handle hh;
};

struct slot {
    struct fake_conn *conn;
    uint32_t generation;
};

struct fake_job {
    struct fake_job *prev, *next;
    uint64_t cookie;
    enum password_work work;
    char *stored;
    char *password;
};

struct fake_net {
    struct output output;
    struct fake_receiver receiver;
    struct core *core;
    struct slot *slots;
    size_t slot_count;
    size_t lowest_free; // no free one is before it
    size_t conn_count;
    struct fake_feed *feeds;
    struct input *inbox;
    struct fake_job *jobs; // passwords being worked on
    size_t job_count;
    bool jobs_wait;
    uint64_t last_number; // of a shared line
};

void fake_demand(const struct fake_net *net, bool holds, const char *what);
// The connection that the core names; NULL when it has gone but the core cannot know yet.
struct fake_conn *fake_named_by(struct fake_net *net, struct handle handle);
void fake_report(struct fake_conn *conn, enum input_kind kind, uint32_t feed, uint64_t from_line);

// fake_hash.c: passwords. What is kept of "x" is "fake:x".
bool fake_out_hash(void *context, const struct password_job *job);
// Tells the core of those that were asked for before; false if there were none.
bool fake_hash_pump(struct fake_net *net);
void fake_hash_finish(struct fake_net *net);
// Never the same twice, and the same in every run.
void fake_out_random(void *context, void *bytes, size_t count);

// fake_feeds.c: what peers get.
void fake_conn_get_reply(struct fake_conn *conn, struct text block);
void fake_conn_read_all(struct fake_conn *conn);
// Frees what it has not read, and its subscriptions.
void fake_conn_forget(struct fake_conn *conn);
void fake_out_append(void *context, uint32_t id, struct segment *segment);
void fake_out_subscribe(void *context, struct handle handle, uint32_t id, struct member_tag tag);
void fake_out_unsubscribe(void *context, struct handle handle, uint32_t id);
void fake_out_ignore(void *context, struct handle handle, uint32_t user, bool ignored);
