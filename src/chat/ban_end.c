#include "chat/ban_end.h"

#include "chat/core_state.h"
#include "chat/presence.h"
#include "chat/room.h"
#include "chat/rules_change.h"

static const char letters[RULE_LISTS] = {
    [RULE_BANS] = 'b', [RULE_EXCEPTIONS] = 'e', [RULE_INVITATIONS] = 'I'};

// When the mask ends; 0: never, or what is being changed lifts it or gives it another end, which is
// told when that is kept.
static int64_t end_of(const struct room *room, size_t kind, const struct rule_mask *mask)
{
    const struct rule_mask *coming =
        room->draft ? rule_list_find(&room->draft->lists[kind], mask->mask) : mask;
    return coming && coming->until_ms == mask->until_ms ? mask->until_ms : 0;
}

void ban_end_expect(struct core *core, const struct room *room)
{
    for (size_t kind = 0; room->rules && kind < RULE_LISTS; kind++) {
        const struct rule_list *list = &room->rules->lists[kind];
        for (size_t i = 0; i < list->count; i++) {
            int64_t until_ms = end_of(room, kind, &list->at[i]);
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
static void end(struct core *core, struct room *room, enum rule_list_kind kind)
{
    const struct rule_list *list = &room->rules->lists[kind];
    size_t i = 0;
    while (i < list->count) {
        const struct rule_mask *mask = &list->at[i];
        int64_t until_ms = end_of(room, kind, mask);
        if (until_ms && until_ms <= core->now.wall_ms) {
            tell(core, room, letters[kind], mask->mask);
            rules_drafts_expire(room, kind, mask->mask, core->now.wall_ms);
            rules_remove(room->rules, kind, mask->mask);
        } else {
            i++;
        }
    }
}

void ban_end_tick(struct core *core)
{
    if (!core->ban_end_ms || core->now.wall_ms < core->ban_end_ms) {
        return;
    }
    core->ban_end_ms = 0;
    for (struct room *room = core->rooms; room; room = room->by_key.next) {
        for (size_t kind = 0; room->rules && kind < RULE_LISTS; kind++) {
            end(core, room, (enum rule_list_kind)kind);
        }
        ban_end_expect(core, room);
    }
}

int64_t ban_end_next_ms(const struct core *core)
{
    return core->ban_end_ms ? core->now.mono_ms + core->ban_end_ms - core->now.wall_ms : INT64_MAX;
}
