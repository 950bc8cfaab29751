// Which messages of a place a query is about, as numbers: what the stores share of it.
#pragma once
#include "store/store.h"

// A mark that has been found in a place of messages 1 to `last_seq`.
struct store_point {
    uint64_t before; // the last number before what is at the mark
    uint64_t after;  // the first one after it
};

struct store_range {
    uint64_t low; // low to high; none where low > high
    uint64_t high;
    bool forward; // counted from low
};

// A mark of one of the kinds that need no looking up: all but STORE_ID and STORE_TIME.
struct store_point store_point_of(const struct store_mark *mark, uint64_t last_seq);
struct store_range store_range_between(struct store_point from, struct store_point to,
                                       uint64_t last_seq);
// Whether the query wants messages of this kind.
bool store_query_wants(const struct store_query *query, enum message_kind kind);
