#include "chat/presence.h"

#include "base/must.h"
#include "chat/core_state.h"
#include "chat/session.h"

enum {
    BURST_MAX = 5,        // told at once,
    BURST_EVERY_MS = 200, // and one more for each of these;
    HOLD_MS = 500,        // beyond it they are held so long
    SCAN_MAX = 256,       // names looked through for somebody who left and comes again
};

struct actors {
    struct actor *at;  // each owned
    struct origin *by; // whose lines those are
    size_t count;
    size_t size;
};

struct presence {
    struct presence *next;
    struct room *room;
    int64_t due_ms;
    struct actors joined;
    struct actors left;
    struct text reason; // of the first who left; owned
    struct text by;     // who ended it; owned
    bool lost;
};

static void actors_add(struct actors *actors, const struct actor *actor, struct origin origin)
{
    if (actors->count == actors->size) {
        actors->size = actors->size ? actors->size * 2 : 8;
        actors->at = mem_grow(actors->at, actors->size * sizeof *actors->at);
        actors->by = mem_grow(actors->by, actors->size * sizeof *actors->by);
    }
    actors->at[actors->count] = actor_own(actor);
    // Its number, if it has one, is too old by the time it is told.
    actors->by[actors->count++] =
        (struct origin){.user = origin.user, .session = origin.session, .apart = origin.apart};
}

static size_t actors_find(const struct actors *actors, struct text name)
{
    size_t i = 0;
    while (i < actors->count && !text_equal(actors->at[i].name, name)) {
        i++;
    }
    return i;
}

static size_t actors_find_user(const struct actors *actors, uint32_t user)
{
    size_t i = 0;
    while (i < actors->count && actors->by[i].user != user) {
        i++;
    }
    return i;
}

static void actors_remove(struct actors *actors, size_t i)
{
    actor_disown(&actors->at[i]);
    actors->count--;
    memmove(actors->at + i, actors->at + i + 1, (actors->count - i) * sizeof *actors->at);
    memmove(actors->by + i, actors->by + i + 1, (actors->count - i) * sizeof *actors->by);
}

static void actors_finish(struct actors *actors)
{
    for (size_t i = 0; i < actors->count; i++) {
        actor_disown(&actors->at[i]);
    }
    free(actors->at);
    free(actors->by);
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
    return presence && presence->joined.count + presence->left.count >= PRESENCE_NAMES_MAX;
}

void presence_joined(struct core *core, struct room *room, struct session *session)
{
    struct actor actor = user_actor(session->user);
    struct origin origin = session_origin(session);
    if (is_full(room->presence) ||
        (room->presence && room->presence->left.count &&
         (room->presence->left.count > SCAN_MAX ||
          actors_find(&room->presence->left, actor.name) < room->presence->left.count))) {
        presence_flush(core, room);
    }
    if (burst_take(core, room)) {
        struct event event = {
            .kind = EVENT_JOINED,
            .wall_ms = core->now.wall_ms,
            .now_ms = core->now.wall_ms,
            .room = room->shown,
            .actors = &actor,
            .actor_count = 1,
        };
        room_tell(core, room, &event, origin);
        return;
    }
    actors_add(&hold(core, room)->joined, &actor, origin);
}

void presence_left(struct core *core, struct room *room, const struct event *event,
                   struct origin origin)
{
    struct presence *held = room->presence;
    size_t i = held ? actors_find_user(&held->joined, origin.user) : 0;
    if (held && i < held->joined.count) {
        actors_remove(&held->joined, i);
        return;
    }
    if (is_full(held) || event->kind == EVENT_PARTED) {
        presence_flush(core, room);
    }
    if (event->kind == EVENT_PARTED || burst_take(core, room)) {
        room_tell(core, room, event, origin);
        return;
    }
    // A client of such a protocol takes who leaves out of all rooms: told later, it would miss who
    // has come again meanwhile, or see them in a room that they have left.
    struct event each = *event;
    each.whom = FOR_EACH;
    room_tell(core, room, &each, origin);
    held = hold(core, room);
    if (held->left.count == 0) {
        held->reason = text_own(event->text);
        held->by = text_own(event->target);
        held->lost = event->lost;
    }
    actors_add(&held->left, &event->actors[0], origin);
}

typedef void tell(struct core *, struct room *, const struct event *, struct origin);

// `event` says how; a single one is told as if it had never been held.
static void tell_actors(tell *how, struct core *core, struct room *room, struct event event,
                        const struct actors *actors)
{
    event.wall_ms = event.now_ms = core->now.wall_ms;
    event.room = room->shown;
    event.actors = actors->at;
    event.actor_count = actors->count;
    if (actors->count == 1) {
        how(core, room, &event, actors->by[0]);
    } else if (actors->count) {
        event.text = event.target = TEXT("");
        event.lost = false;
        how(core, room, &event, (struct origin){0});
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
    actors_finish(&presence->joined);
    actors_finish(&presence->left);
    text_disown(presence->reason);
    text_disown(presence->by);
    free(presence);
}

static void tell_held(tell *how, struct core *core, struct room *room)
{
    if (room->presence) {
        struct presence *held = take(core, room);
        struct event joined = {.kind = EVENT_JOINED};
        struct event left = {.kind = EVENT_LEFT,
                             .whom = FOR_TOGETHER,
                             .target = held->by,
                             .text = held->reason,
                             .lost = held->lost};
        tell_actors(how, core, room, joined, &held->joined);
        tell_actors(how, core, room, left, &held->left);
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
