// Another name for a room. Its place in the store keeps the key that it was made with, and a record
// tells which name that place has.
#include "base/must.h"
#include "chat/change.h"
#include "chat/core_state.h"
#include "chat/presence.h"
#include "chat/room.h"
#include "chat/session.h"

#include <stdlib.h>

struct room *room_of_place(struct core *core, struct text place)
{
    struct room *room = NULL;
    HASH_FIND(by_place, core->displaced, place.at, place.len, room);
    if (room) {
        return room;
    }
    HASH_FIND(by_key, core->rooms, place.at, place.len, room);
    return room && text_equal(room->place, place) ? room : NULL;
}

void room_choose_place(struct core *core, struct text key, struct buf *place)
{
    if (!room_of_place(core, key)) {
        buf_add(place, key);
        return;
    }
    // A room that has another name now has it. No name begins so, and no number comes again.
    buf_printf(place, "=%u.%u", store_epoch(core->store), core->last_room + 1);
}

static void keep_name(struct core *core, const struct room *room, struct text shown)
{
    struct record record = {.kind = TEXT(ROOM_NAME_KIND), .key = room->place, .value = shown};
    core_keep(core, &record, NULL);
}

void room_forget_place(struct core *core, struct room *room)
{
    notes_forget_room(core, room);
    if (!text_equal(room->place, room->key)) {
        keep_name(core, room, TEXT(""));
    }
}

void room_load_name(struct core *core, const struct record *record)
{
    struct room *room = room_of_place(core, record->key);
    if (room) {
        text_replace(&room->shown, record->value);
    } else { // it never had a message
        struct record none = {.kind = record->kind, .key = record->key, .value = TEXT("")};
        core_keep(core, &none, NULL);
    }
}

static void unlist(struct core *core, struct room *room)
{
    HASH_DELETE(by_key, core->rooms, room);
    if (!text_equal(room->place, room->key)) {
        must(core->displaced);
        HASH_DELETE(by_place, core->displaced, room);
    }
}

static void list(struct core *core, struct room *room, struct text key)
{
    text_replace(&room->key, key);
    HASH_ADD_KEYPTR(by_key, core->rooms, room->key.at, room->key.len, room);
    if (!text_equal(room->place, room->key)) {
        HASH_ADD_KEYPTR(by_place, core->displaced, room->place.at, room->place.len, room);
    }
}

static bool is_free(struct core *core, const struct room *room, struct text key)
{
    struct room *other = NULL;
    HASH_FIND(by_key, core->rooms, key.at, key.len, other);
    return !other || other == room;
}

static bool has_other_key(const struct room *room)
{
    struct buf key;
    buf_init(&key, NAME_KEY_MAX);
    bool other = name_fold(room->shown, &key) && !text_equal(buf_text(&key), room->key);
    buf_finish(&key);
    return other;
}

static void take_name(struct core *core, struct room *room)
{
    struct buf key;
    buf_init(&key, NAME_KEY_MAX);
    name_fold(room->shown, &key);
    bool is_taken = !is_free(core, room, buf_text(&key));
    list(core, room, is_taken ? room->place : buf_text(&key));
    buf_finish(&key);
}

// Several may have changed their names with one another: all give theirs up before any takes one.
void rooms_take_names(struct core *core)
{
    struct room **moving = mem_array(core->room_count + 1, sizeof(struct room *));
    size_t count = 0;
    struct room *room;
    struct room *next;
    HASH_ITER(by_key, core->rooms, room, next)
    {
        if (has_other_key(room)) {
            moving[count++] = room;
            unlist(core, room);
        }
    }
    for (size_t i = 0; i < count; i++) {
        take_name(core, moving[i]);
    }
    free(moving);
}

static void tell(struct session *session, struct room *room, struct text before, struct text why)
{
    struct core *core = session->core;
    struct actor actor = user_actor(session->user);
    struct event event = {
        .kind = EVENT_ROOM_RENAMED,
        .wall_ms = core->now.wall_ms,
        .now_ms = core->now.wall_ms,
        .room = room->shown,
        .actors = &actor,
        .actor_count = 1,
        .target = before,
        .text = why,
    };
    // What waits in the room comes after it, under the new name.
    presence_show(core, room);
    room_show(core, room, &event, (struct origin){0});
    for (struct member *m = room->members; m; m = m->room_next) {
        if (!m->session->state.gone && !m->untold && m->session->protocol->room_renamed) {
            m->session->protocol->room_renamed(m->session, m, &event);
        }
    }
}

// Until it is kept the room is found by both names.
struct rename {
    struct change change;
    char *key; // owned, and the next two
    char *name;
    char *why;
};

struct room *room_of_coming_name(const struct core *core, struct text key)
{
    const struct rename *coming = core->renaming;
    return coming && text_equal(text_of(coming->key), key) ? coming->change.room : NULL;
}

static void take_other_name(struct rename *own)
{
    struct session *session = own->change.session;
    struct core *core = session->core;
    struct room *room = own->change.room;
    struct text before = room->shown;
    room->renamed_ms = core->now.mono_ms;
    room->shown = text_own(text_of(own->name));
    unlist(core, room);
    list(core, room, text_of(own->key));
    room_keep(core, room);
    tell(session, room, before, text_of(own->why));
    text_disown(before);
    session_refresh(session);
}

static int end(struct change *change, int error)
{
    struct rename *own = (struct rename *)change;
    struct core *core = change->session->core;
    core->renaming = NULL;
    if (error) {
        keep_name(core, change->room, change->room->shown);
    } else {
        take_other_name(own);
    }
    free(own->key);
    free(own->name);
    free(own->why);
    return error;
}

static enum rename_result rename_to(struct session *session, struct room *room, struct text name,
                                    struct text key, struct text why)
{
    struct core *core = session->core;
    if (room_is_common(room->key) || room_is_common(key)) {
        return RENAME_FIXED;
    }
    if (!is_free(core, room, key) || room_of_coming_name(core, key)) {
        return RENAME_TAKEN;
    }
    if (core->renaming ||
        (room->renamed_ms && core->now.mono_ms < room->renamed_ms + ROOM_RENAME_EVERY_MS)) {
        return RENAME_TOO_SOON;
    }
    struct rename *own = (struct rename *)change_begin(session, room, sizeof *own, end);
    own->key = text_copy(key);
    own->name = text_copy(name);
    own->why = text_copy(why);
    core->renaming = own;
    struct record record = {TEXT(ROOM_NAME_KIND), room->place, text_of(own->name)};
    change_submit(&own->change, &record);
    return RENAME_OK;
}

enum rename_result room_rename(struct session *session, struct room *room, struct text name,
                               struct text why)
{
    struct buf key;
    buf_init(&key, STORE_KEY_MAX);
    enum rename_result result = RENAME_BAD_NAME;
    if (room_name_check(name) == NAME_OK && name_fold(name, &key)) {
        result = rename_to(session, room, name, buf_text(&key), why);
    }
    buf_finish(&key);
    return result;
}
