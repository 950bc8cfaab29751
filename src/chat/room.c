#include "chat/room.h"

#include "base/must.h"
#include "base/utf8.h"
#include "chat/core_state.h"
#include "chat/device.h"
#include "chat/erasure.h"
#include "chat/flood.h"
#include "chat/invitations.h"
#include "chat/pending.h"
#include "chat/presence.h"
#include "chat/rights.h"
#include "chat/rules_change.h"
#include "chat/session.h"
#include "chat/stay.h"

struct room *room_create(struct core *core, struct text shown, struct text key)
{
    struct room *room = mem_alloc(sizeof *room);
    room->shown = text_own(shown);
    room->key = text_own(key);
    struct buf place;
    buf_init(&place, STORE_KEY_MAX);
    room_choose_place(core, key, &place);
    room->place = text_own(buf_text(&place));
    buf_finish(&place);
    if (!text_equal(room->place, room->key)) {
        HASH_ADD_KEYPTR(by_place, core->displaced, room->place.at, room->place.len, room);
    }
    room->topic = text_own(TEXT(""));
    room->topic_by = text_own(TEXT(""));
    room->presence_ms = core->now.mono_ms;
    room->presence_burst = 5;
    HASH_ADD_KEYPTR(by_key, core->rooms, room->key.at, room->key.len, room);
    room->number = ++core->last_room;
    core->room_count++;
    return room;
}

void room_destroy(struct core *core, struct room *room)
{
    HASH_DELETE(by_key, core->rooms, room);
    if (!text_equal(room->place, room->key)) {
        HASH_DELETE(by_place, core->displaced, room);
    }
    core->room_count--;
    room_is_gone(core, room);
    presence_destroy(core, room);
    recent_destroy(room->recent);
    rules_destroy(room->rules);
    notes_clear(&room->metadata);
    text_disown(room->shown);
    text_disown(room->key);
    text_disown(room->place);
    text_disown(room->topic);
    text_disown(room->topic_by);
    free(room);
}

static struct room *find_key(struct core *core, struct text key)
{
    struct room *room = NULL;
    HASH_FIND(by_key, core->rooms, key.at, key.len, room);
    return room ? room : room_of_coming_name(core, key);
}

struct room *room_find(struct core *core, struct text name)
{
    struct room *room = NULL;
    struct buf key;
    buf_init(&key, NAME_KEY_MAX);
    if (room_name_check(name) == NAME_OK && name_fold(name, &key)) {
        room = find_key(core, buf_text(&key));
    }
    buf_finish(&key);
    return room;
}

// Until all are there, each goes by its place's key.
static void load_one(void *context, const struct store_room *stored)
{
    struct core *core = context;
    struct room *room = room_create(core, stored->shown, stored->key);
    text_replace(&room->topic, stored->topic);
    text_replace(&room->topic_by, stored->topic_by);
    room->topic_ms = stored->topic_ms;
    room->last_seq = stored->last_seq;
}

void rooms_load(struct core *core)
{
    store_each_room(core->store, load_one, core);
}

void room_tidy(struct core *core, struct room *room)
{
    if (room->live_count || room->queue || room->loading) {
        return;
    }
    presence_destroy(core, room);
    recent_destroy(room->recent);
    room->recent = NULL;
    room->recent_failed = false;
    if (room->members) {
        return;
    }
    room_forget_rules(core, room);
    if (room->last_seq == 0 && !room->rules) {
        room_forget_place(core, room);
        room_destroy(core, room);
    } else {
        room_is_idle(core, room);
    }
}

struct member *room_member(const struct session *session, const struct room *room)
{
    struct member *member = session->members;
    while (member && member->room != room) {
        member = member->session_next;
    }
    return member;
}

static void subscribe(struct member *member)
{
    struct session *session = member->session;
    struct core *core = session->core;
    uint32_t options = session->protocol->options(session, member->room);
    member->rendition = rendition_take(core, &member->room->renditions, session->protocol, options);
    // What is open was told before this member came.
    rendition_seal(core, member->rendition);
    struct member_tag tag = {session->user->number, session->number};
    if (!session->state.gone) {
        core->output->subscribe(core->output->context, session->handle, member->rendition->feed,
                                tag);
    }
}

// The report of a lag may have been about an earlier subscription to the same feed, so that
// one is ended in any case.
static void end_missed(struct member *member)
{
    struct core *core = member->session->core;
    if (!member->session->state.gone) {
        core->output->unsubscribe(core->output->context, member->session->handle,
                                  member->missed_in->feed);
    }
    rendition_release(core, &member->room->renditions, member->missed_in);
    member->missed_in = NULL;
}

static void unsubscribe(struct member *member)
{
    struct core *core = member->session->core;
    if (member->rendition) {
        rendition_seal(core, member->rendition);
        if (!member->session->state.gone) {
            core->output->unsubscribe(core->output->context, member->session->handle,
                                      member->rendition->feed);
        }
        rendition_release(core, &member->room->renditions, member->rendition);
        member->rendition = NULL;
    }
    if (member->missed_in) {
        end_missed(member);
    }
}

static void member_link(struct member *member)
{
    struct room *room = member->room;
    room->member_count += !user_is_in(member->session->user, room);
    room->live_count += !member->session->state.stays;
    member->room_next = room->members;
    member->room_at = &room->members;
    if (room->members) {
        room->members->room_at = &member->room_next;
    }
    room->members = member;
    member->session_next = member->session->members;
    member->session->members = member;
}

static void member_free(struct member *member)
{
    *member->room_at = member->room_next;
    if (member->room_next) {
        member->room_next->room_at = member->room_at;
    }
    struct member **at = &member->session->members;
    while (*at != member) {
        at = &(*at)->session_next;
    }
    *at = member->session_next;
    member->room->member_count -= !user_is_in(member->session->user, member->room);
    member->room->live_count -= !member->session->state.stays;
    free(member);
}

void rooms_finish(struct core *core)
{
    struct room *room;
    struct room *next;
    HASH_ITER(by_key, core->rooms, room, next)
    {
        must(!room->live_count && !room->queue);
        while (room->members) {
            member_free(room->members);
        }
        room_destroy(core, room);
    }
}

static struct member *member_create(struct session *session, struct room *room)
{
    struct member *member = mem_alloc(sizeof *member);
    member->room = room;
    member->session = session;
    member->spoke_ms = session->core->now.mono_ms;
    member_link(member);
    stay_note(member, true);
    return member;
}

static void member_follow(struct session *session, const struct member *other)
{
    struct member *member = member_create(session, other->room);
    member->ranks = other->ranks;
    member->spoke_ms = other->spoke_ms;
    member->untold = true;
    session_stall(session);
}

void room_stay(struct session *session, struct room *room)
{
    if (!room_member(session, room)) {
        member_take_ranks(member_create(session, room));
    }
}

void rooms_follow(struct session *session, const struct session *other)
{
    for (const struct member *m = other->members; m; m = m->session_next) {
        member_follow(session, m);
    }
}

// What was said before is shown, and what is said from here on comes by the feed.
static void member_begin(struct member *member)
{
    member->session->protocol->joined(member->session, member);
    member->untold = false;
    subscribe(member);
}

static void come_in(struct session *session, struct room *room, bool opens)
{
    struct member *member = member_create(session, room);
    if (opens) {
        room_open(member);
    }
    member_take_ranks(member);
    if (room->rules) {
        rules_uninvite(room->rules, session->user->number);
    }
    for (struct session *s = session->user->sessions; s; s = s->links.user_next) {
        if (s != session) {
            member_follow(s, member);
        }
    }
    member_begin(member);
    if (!session->user->nameless) {
        presence_joined(session->core, room, session);
        if (room->member_count > 1) {
            member_tell_ranks(member, 0);
        }
    }
}

// Who opens a room that is to be kept comes in when it is.
static void come_in_later(struct sequel *sequel, struct session *session, struct room *room,
                          bool kept)
{
    free(sequel);
    struct member *member = room_member(session, room);
    session->core->answering = session;
    if (!member && !session->state.gone) {
        come_in(session, room, !kept);
    } else if (member && member->untold && !session->state.gone) {
        member_begin(member); // another session of the user has come in meanwhile
    }
    session->core->answering = NULL;
    if (!kept) {
        room_open_late(room);
    }
}

static void enter(struct session *session, struct room *room)
{
    bool opens = room->member_count == 0 && !room->draft;
    struct sequel *sequel = NULL;
    if (opens) {
        sequel = mem_alloc(sizeof *sequel);
        sequel->run = come_in_later;
    }
    if (!opens || !room_found(session, room, sequel)) {
        free(sequel);
        come_in(session, room, opens);
    }
}

static void wait_for_recent(struct session *session, struct room *room)
{
    bool first = !room->loading;
    session->links.load_next = room->loading;
    room->loading = session;
    session->state.wait = WAIT_ROOM;
    if (first) {
        struct store_query query = {.place = room->place,
                                    .from = {.kind = STORE_END},
                                    .to = {.kind = STORE_SEQ, .number = room->hidden.seq},
                                    .limit = RECENT_MESSAGES_MAX};
        store_query(session->core->store, &query, (uintptr_t)room | COOKIE_ROOM);
    }
}

// What was said while a room that could not be read before is read again comes after the page.
static void take_recent(struct room *room, const struct store_answer *answer)
{
    struct recent *before = room->recent;
    room->recent = recent_create();
    room->recent_failed = answer->error != 0;
    uint64_t last_seq = 0;
    for (size_t i = 0; i < answer->message_count; i++) {
        recent_add(room->recent, &answer->messages[i]);
        last_seq = answer->messages[i].seq;
    }
    for (uint32_t i = 0; before && i < before->count; i++) {
        if (recent_at(before, i)->seq > last_seq) {
            recent_add(room->recent, recent_at(before, i));
        }
    }
    recent_destroy(before);
    room->last_seq = last_seq > room->last_seq ? last_seq : room->last_seq;
    room->unread = answer->error != 0 && room->unread;
}

// It was let in when it asked; meanwhile it may have been banned.
static void enter_late(struct session *session, struct room *room)
{
    enum refusal why = rights_enter(session, room);
    if (why != REFUSED_NOT) {
        struct buf words;
        buf_init(&words, 1024);
        buf_printf(&words, "You cannot join %.*s: ", TEXT_ARG(room->shown));
        refusal_say(session, room, why, &words);
        buf_add_char(&words, '.');
        session->protocol->refused(session, room->shown, buf_text(&words));
        buf_finish(&words);
    } else {
        enter(session, room);
    }
}

void room_loaded(struct core *core, struct room *room, const struct store_answer *answer)
{
    take_recent(room, answer);
    // Else some that are older may not have been shown yet.
    if (core->uncommitted_messages == 0 && room->recent->count) {
        devices_saw(core, recent_at(room->recent, room->recent->count - 1)->id);
    }
    erasure_of_recent(core, room->recent);
    // They asked in the other order.
    struct session *in_order = NULL;
    for (struct session *next, *s = room->loading; s; s = next) {
        next = s->links.load_next;
        s->links.load_next = in_order;
        in_order = s;
    }
    room->loading = NULL;
    while (in_order) {
        struct session *session = in_order;
        in_order = session->links.load_next;
        session->state.wait = WAIT_NOT;
        struct member *member = room_member(session, room);
        core->answering = session;
        if (!session->state.gone && member) {
            member_begin(member); // another session of the user has come in meanwhile
        } else if (!session->state.gone) {
            enter_late(session, room);
        }
        core->answering = NULL;
        session_stall(session);
    }
    room_tidy(core, room);
}

// Whether its recent messages are at hand; if not, the session waits for them.
static bool is_at_hand(struct session *session, struct room *room)
{
    if ((!room->recent && (room->last_seq || room->unread)) || room->recent_failed) {
        wait_for_recent(session, room);
        return false;
    }
    if (!room->recent) {
        room->recent = recent_create();
    }
    return true;
}

bool room_enter_late(struct session *session, struct text place)
{
    struct core *core = session->core;
    struct room *room = room_of_place(core, place);
    core->answering = session;
    if (room && !room_member(session, room) && is_at_hand(session, room)) {
        enter_late(session, room);
    }
    core->answering = NULL;
    return room != NULL;
}

void member_tell(struct member *member)
{
    if (is_at_hand(member->session, member->room)) {
        member_begin(member);
    }
}

static size_t rooms_of(const struct session *session)
{
    size_t count = 0;
    for (struct member *m = session->members; m; m = m->session_next) {
        count++;
    }
    return count;
}

static enum join_result join_room(struct session *session, struct text name, struct text key,
                                  struct text password, enum refusal *why)
{
    struct core *core = session->core;
    struct room *room = find_key(core, key);
    struct member *member = room ? room_member(session, room) : NULL;
    if (member && member->untold) {
        member_tell(member);
        return JOIN_OK;
    }
    if (member) {
        session->protocol->joined(session, member);
        return JOIN_OK;
    }
    if (rooms_of(session) >= core->config.limits.rooms_per_user) {
        return JOIN_TOO_MANY;
    }
    *why = room ? rights_join(session, room, password) : REFUSED_NOT;
    if (*why == REFUSED_NOT && room && room->members) {
        *why = flood_join(session, room);
    }
    if (*why != REFUSED_NOT) {
        return JOIN_REFUSED;
    }
    if (room && invitation_spend(session, room, password)) {
        return JOIN_OK;
    }
    if (!room && core->room_count >= core->config.limits.rooms && !rooms_make_way(core)) {
        return JOIN_NO_ROOM_LEFT;
    }
    if (!room) {
        room = room_create(core, name, key);
        room->unread = core->let_rooms_go;
    }
    if (is_at_hand(session, room)) {
        enter(session, room);
    }
    return JOIN_OK;
}

enum join_result room_join(struct session *session, struct text name, struct text key,
                           enum refusal *why)
{
    if (room_name_check(name) != NAME_OK) {
        return JOIN_BAD_NAME;
    }
    struct buf folded;
    buf_init(&folded, STORE_KEY_MAX);
    enum join_result result = JOIN_BAD_NAME;
    if (name_fold(name, &folded)) {
        result = join_room(session, name, buf_text(&folded), key, why);
    }
    buf_finish(&folded);
    return result;
}

static void member_end(struct member *member)
{
    struct session *session = member->session;
    unsubscribe(member);
    stay_note(member, false);
    if (session->current == member->room) {
        session->current = NULL;
    }
    member_free(member);
}

void room_leave_saying(struct session *session, struct room *room, struct text why)
{
    struct core *core = session->core;
    struct actor actor = user_actor(session->user);
    struct event event = {
        .kind = EVENT_PARTED,
        .wall_ms = core->now.wall_ms,
        .now_ms = core->now.wall_ms,
        .room = room->shown,
        .actors = &actor,
        .actor_count = 1,
        .text = why,
    };
    for (struct session *s = session->user->sessions; s; s = s->links.user_next) {
        member_end(room_member(s, room));
    }
    session_tell_others(session, &event);
    if (!session->user->nameless) {
        presence_left(core, room, &event, session_origin(session));
    }
    room_tidy(core, room);
}

void room_leave(struct session *session, struct room *room, bool quiet)
{
    if (quiet) {
        member_end(room_member(session, room));
        room_tidy(session->core, room);
    } else {
        room_leave_saying(session, room, TEXT(""));
    }
}

struct member *user_member(const struct user *user, const struct room *room)
{
    struct member *member = NULL;
    for (struct session *s = user->sessions; s && !member; s = s->links.user_next) {
        member = room_member(s, room);
    }
    return member;
}

bool user_is_in(const struct user *user, const struct room *room)
{
    return user_member(user, room) != NULL;
}

void member_refresh(struct member *member)
{
    struct session *session = member->session;
    if (member->rendition &&
        member->rendition->options != session->protocol->options(session, member->room)) {
        member->left_feed = member->rendition->feed;
        member->left_lines = member->rendition->line_total;
        unsubscribe(member);
        subscribe(member);
    }
}

bool member_lag(struct member *member, uint32_t feed, uint64_t from_line)
{
    if (member->rendition && member->rendition->feed == feed) {
        member->missed_in = member->rendition;
        member->missed_from = from_line;
        member->rendition = NULL;
        member->session->state.lagged = true;
        return true;
    }
    if (member->left_feed == feed) {
        member->left_feed = 0;
        member->session->protocol->missed(member->session, member->room,
                                          member->left_lines - from_line);
        return true;
    }
    return false;
}

void member_resume(struct member *member)
{
    if (!member->missed_in) {
        return;
    }
    struct session *session = member->session;
    uint64_t lines = member->missed_in->line_total - member->missed_from;
    session->protocol->missed(session, member->room, lines);
    end_missed(member);
    subscribe(member);
}
