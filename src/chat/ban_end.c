#include "chat/ban_end.h"

#include "chat/core_state.h"
#include "chat/presence.h"
#include "chat/room.h"

static const char letters[RULE_LISTS] = {
    [RULE_BANS] = 'b', [RULE_EXCEPTIONS] = 'e', [RULE_INVITATIONS] = 'I'};

void ban_end_expect(struct core *core, const struct room *room)
{
    for (size_t kind = 0; room->rules && kind < RULE_LISTS; kind++) {
        const struct rule_list *list = &room->rules->lists[kind];
        for (size_t i = 0; i < list->count; i++) {
            int64_t until_ms = list->at[i].until_ms;
            if (until_ms && (!core->ban_end_ms || until_ms < core->ban_end_ms)) {
                core->ban_end_ms = until_ms;
            }
        }
    }
}

static void tell(struct core *core, struct room *room, char letter, struct text mask)
{
    char modes[RULE_MASK_BYTES_MAX + 8];
    int len = snprintf(modes, sizeof modes, "-%c %.*s", letter, TEXT_ARG(mask));
    struct event event = {
        .kind = EVENT_MODES,
        .wall_ms = core->now.wall_ms,
        .now_ms = core->now.wall_ms,
        .room = room->shown,
        .target = text_of(core->server_name),
        .text = {modes, (size_t)len},
    };
    presence_flush(core, room);
    room_tell(core, room, &event, (struct origin){0});
}

// What has ended goes from the rules, and from those that they are about to be. It need not be
// kept: whoever reads the record later knows the time.
static void end(struct core *core, struct room *room)
{
    int64_t now_ms = core->now.wall_ms;
    for (size_t kind = 0; kind < RULE_LISTS; kind++) {
        const struct rule_list *list = &room->rules->lists[kind];
        for (size_t i = 0; i < list->count; i++) {
            if (list->at[i].until_ms && list->at[i].until_ms <= now_ms) {
                tell(core, room, letters[kind], list->at[i].mask);
            }
        }
    }
    rules_expire(room->rules, now_ms);
    if (room->draft) {
        rules_expire(room->draft, now_ms);
    }
}

void ban_end_tick(struct core *core)
{
    if (!core->ban_end_ms || core->now.wall_ms < core->ban_end_ms) {
        return;
    }
    core->ban_end_ms = 0;
    for (struct room *room = core->rooms; room; room = room->by_key.next) {
        if (room->rules) {
            end(core, room);
            ban_end_expect(core, room);
        }
    }
}

int64_t ban_end_next_ms(const struct core *core)
{
    return core->ban_end_ms ? core->now.mono_ms + core->ban_end_ms - core->now.wall_ms : INT64_MAX;
}
