// What every store must do: the same tests for each kind. A test program says how its store
// is made and then runs them all.
#pragma once
#include "store/store.h"

struct store_kind {
    struct store *(*make)(void);
    // Closes the store and opens what was kept; the memory store, which keeps nothing, is
    // given back as it is.
    struct store *(*reopen)(struct store *s);
    // Returns when store_collect() may have something; answers that wait may be overlooked
    // only once.
    void (*wait)(struct store *s);
    // NULL, or called before a page is asked for.
    void (*settle)(struct store *s);
    // As store_retain(), and waits until that is done for all that is there; NULL: it is at once.
    void (*retain)(struct store *s, const struct store_retention *retention);
};

// Runs every case as a test of its own.
void store_cases_run(const struct store_kind *kind);
// Those about marks, redactions and lists of conversations; store_cases_run() runs them too.
void store_mark_cases_run(const struct store_kind *kind);
// Those about what belongs to somebody, and about records; likewise.
void store_own_cases_run(const struct store_kind *kind);
void store_record_cases_run(const struct store_kind *kind);
// About what is not kept any longer; likewise.
void store_retain_cases_run(const struct store_kind *kind);

// Helpers for further tests of one kind. They make requests and wait for the answers.

struct store_result {
    int error;
    uint64_t id;
    uint64_t seq;
};

struct store_result store_put(const struct store_kind *kind, struct store *s,
                              const struct message *message);
// Keeps a record; 0 or -errno.
int store_keep(const struct store_kind *kind, struct store *s, const char *record_kind,
               const char *key, const char *value);
// Says `text` in `place`; fails the test when that is not kept. Returns the number.
uint64_t store_say(const struct store_kind *kind, struct store *s, const char *place,
                   const char *text);
// Reads a page into "seq:text seq:text … [+]" ("+": there is more). Valid until the next call.
const char *store_read(const struct store_kind *kind, struct store *s, const char *place,
                       uint64_t to_seq, uint32_t limit, const char *words);
// The same for any query; "error -2" for one that failed so.
const char *store_ask(const struct store_kind *kind, struct store *s,
                      const struct store_query *query);
// A message in a room, ready to be changed and submitted.
struct message store_message_in(const char *place, const char *text);
