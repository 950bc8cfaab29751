#include "store/store_range.h"

#include "base/must.h"

struct store_point store_point_of(const struct store_mark *mark, uint64_t last_seq)
{
    if (mark->kind == STORE_START) {
        return (struct store_point){0, 1};
    }
    if (mark->kind == STORE_END) {
        return (struct store_point){last_seq, last_seq + 1};
    }
    must(mark->kind == STORE_SEQ);
    uint64_t seq = mark->number <= last_seq ? mark->number : last_seq + 1;
    return (struct store_point){seq ? seq - 1 : 0, seq + 1};
}

struct store_range store_range_between(struct store_point from, struct store_point to,
                                       uint64_t last_seq)
{
    bool forward = from.before < to.before || from.after < to.after;
    struct store_range range = {
        .low = forward ? from.after : to.after,
        .high = forward ? to.before : from.before,
        .forward = forward,
    };
    range.high = range.high < last_seq ? range.high : last_seq;
    return range;
}

bool store_query_wants(const struct store_query *query, enum message_kind kind)
{
    return !query->kinds || (query->kinds & 1u << kind);
}

// Times have their ends as well.
static int64_t time_of(const struct store_mark *mark)
{
    return mark->kind == STORE_START ? INT64_MIN
           : mark->kind == STORE_END ? INT64_MAX
                                     : mark->time_ms;
}

bool store_query_is_forward(const struct store_query *query)
{
    return time_of(&query->from) < time_of(&query->to);
}

bool store_query_wants_time(const struct store_query *query, int64_t time_ms)
{
    int64_t from = time_of(&query->from);
    int64_t to = time_of(&query->to);
    return from < to ? from < time_ms && time_ms < to : to < time_ms && time_ms < from;
}
