#include "chat/presence.h"

#include "base/must.h"
#include "chat/core_state.h"
#include "chat/session.h"

enum {
    BURST_MAX = 5,        // told at once,
    BURST_EVERY_MS = 200, // and one more for each of these;
    HOLD_MS = 500,        // beyond it they are held so long
    SCAN_MAX = 256,       // names looked through for somebody who came and went
    NAMES_MAX = 4096,
};

struct names {
    struct text *at; // each owned
    size_t count;
    size_t size;
};

struct presence {
    struct presence *next;
    struct room *room;
    int64_t due_ms;
    struct names joined;
    struct names left;
    struct origin joined_by; // of the only one, if it is only one
};

static void names_add(struct names *names, struct text name)
{
    if (names->count == names->size) {
        names->size = names->size ? names->size * 2 : 8;
        names->at = mem_grow(names->at, names->size * sizeof *names->at);
    }
    names->at[names->count++] = text_own(name);
}

static size_t names_find(const struct names *names, struct text name)
{
    size_t i = 0;
    while (i < names->count && !text_equal(names->at[i], name)) {
        i++;
    }
    return i;
}

static void names_remove(struct names *names, size_t i)
{
    text_disown(names->at[i]);
    names->count--;
    memmove(names->at + i, names->at + i + 1, (names->count - i) * sizeof *names->at);
}

static void names_finish(struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        text_disown(names->at[i]);
    }
    free(names->at);
}

static bool burst_take(struct core *core, struct room *room)
{
    int64_t passed = (core->now.mono_ms - room->presence_ms) / BURST_EVERY_MS;
    if (passed > 0) {
        room->presence_ms += passed * BURST_EVERY_MS;
        int64_t burst = room->presence_burst + passed;
        room->presence_burst = (uint32_t)(burst < BURST_MAX ? burst : BURST_MAX);
    }
    if (room->presence || room->presence_burst == 0) {
        return false;
    }
    room->presence_burst--;
    return true;
}

static struct presence *hold(struct core *core, struct room *room)
{
    if (!room->presence) {
        struct presence *presence = mem_alloc(sizeof *presence);
        presence->room = room;
        presence->due_ms = core->now.mono_ms + HOLD_MS;
        presence->next = core->presence;
        core->presence = presence;
        room->presence = presence;
    }
    return room->presence;
}

static bool is_full(const struct presence *presence)
{
    return presence && presence->joined.count + presence->left.count >= NAMES_MAX;
}

void presence_joined(struct core *core, struct room *room, struct session *session)
{
    struct text name = session->user->name;
    struct origin origin = {session->user->number, session->number, 0};
    if (is_full(room->presence) ||
        (room->presence && room->presence->left.count &&
         (room->presence->left.count > SCAN_MAX ||
          names_find(&room->presence->left, name) < room->presence->left.count))) {
        presence_flush(core, room);
    }
    if (burst_take(core, room)) {
        struct event event = {
            .kind = EVENT_JOINED,
            .wall_ms = core->now.wall_ms,
            .now_ms = core->now.wall_ms,
            .room = room->shown,
            .names = &name,
            .name_count = 1,
        };
        room_tell(core, room, &event, origin);
        return;
    }
    struct presence *presence = hold(core, room);
    presence->joined_by = origin;
    names_add(&presence->joined, name);
}

void presence_left(struct core *core, struct room *room, const struct event *event,
                   struct origin origin)
{
    struct presence *held = room->presence;
    if (held && held->joined.count && held->joined.count <= SCAN_MAX) {
        size_t i = names_find(&held->joined, event->names[0]);
        if (i < held->joined.count) {
            names_remove(&held->joined, i);
            return;
        }
    }
    if (is_full(held) || event->kind == EVENT_PARTED) {
        presence_flush(core, room);
    }
    if (event->kind == EVENT_PARTED || burst_take(core, room)) {
        room_tell(core, room, event, origin);
        return;
    }
    names_add(&hold(core, room)->left, event->names[0]);
}

typedef void tell(struct core *, struct room *, const struct event *, struct origin);

static void tell_names(tell *how, struct core *core, struct room *room, enum event_kind kind,
                       const struct names *names, struct origin origin)
{
    struct event event = {
        .kind = kind,
        .wall_ms = core->now.wall_ms,
        .now_ms = core->now.wall_ms,
        .room = room->shown,
        .names = names->at,
        .name_count = names->count,
    };
    if (names->count) {
        how(core, room, &event, names->count == 1 ? origin : (struct origin){0});
    }
}

static struct presence *take(struct core *core, struct room *room)
{
    struct presence *presence = room->presence;
    struct presence **at = &core->presence;
    while (*at != presence) {
        at = &(*at)->next;
    }
    *at = presence->next;
    room->presence = NULL;
    return presence;
}

static void presence_free(struct presence *presence)
{
    names_finish(&presence->joined);
    names_finish(&presence->left);
    free(presence);
}

static void tell_held(tell *how, struct core *core, struct room *room)
{
    if (room->presence) {
        struct presence *held = take(core, room);
        tell_names(how, core, room, EVENT_JOINED, &held->joined, held->joined_by);
        tell_names(how, core, room, EVENT_LEFT, &held->left, (struct origin){0});
        presence_free(held);
    }
}

void presence_flush(struct core *core, struct room *room)
{
    tell_held(room_tell, core, room);
}

void presence_show(struct core *core, struct room *room)
{
    tell_held(room_show, core, room);
}

void presence_tick(struct core *core)
{
    struct presence *presence = core->presence;
    while (presence) {
        struct presence *next = presence->next;
        if (presence->due_ms <= core->now.mono_ms) {
            presence_flush(core, presence->room);
        }
        presence = next;
    }
}

int64_t presence_next_ms(const struct core *core)
{
    int64_t next_ms = INT64_MAX;
    for (const struct presence *p = core->presence; p; p = p->next) {
        next_ms = p->due_ms < next_ms ? p->due_ms : next_ms;
    }
    return next_ms;
}

void presence_destroy(struct core *core, struct room *room)
{
    if (room->presence) {
        presence_free(take(core, room));
    }
}
