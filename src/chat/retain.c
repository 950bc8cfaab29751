#include "chat/retain.h"

#include "chat/core_state.h"
#include "chat/room.h"

static const int64_t every_ms = 60 * 1000;
static const int64_t day_ms = 24 * 60 * 60 * 1000;

int64_t retain_next_ms(const struct core *core)
{
    const struct limits *limits = &core->config.limits;
    bool any = limits->history_days || limits->history_messages || limits->history_bytes;
    return any ? core->retain_ms : INT64_MAX;
}

void retain_tick(struct core *core)
{
    if (core->now.mono_ms < retain_next_ms(core)) {
        return;
    }
    const struct limits *limits = &core->config.limits;
    struct store_retention retention = {.before_ms = INT64_MIN,
                                        .now_ms = core->now.wall_ms,
                                        .messages = limits->history_messages,
                                        .bytes = limits->history_bytes};
    if (limits->history_days) {
        retention.before_ms = core->now.wall_ms - limits->history_days * day_ms;
    }
    for (struct room *room = core->rooms; room; room = room->by_key.next) {
        if (room->recent) {
            recent_forget(room->recent, retention.before_ms, retention.now_ms);
        }
    }
    store_retain(core->store, &retention);
    core->retain_ms = core->now.mono_ms + every_ms;
}
