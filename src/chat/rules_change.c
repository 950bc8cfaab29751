#include "chat/rules_change.h"

#include "base/must.h"
#include "base/utf8.h"
#include "chat/ban_end.h"
#include "chat/core_state.h"
#include "chat/pending.h"
#include "chat/presence.h"
#include "chat/roles.h"
#include "chat/room.h"
#include "chat/rule_words.h"
#include "chat/session.h"

static int end(struct change *change, int error);

struct rules_change *rules_change_begin(struct session *session, struct room *room)
{
    struct rules_change *own = (struct rules_change *)change_begin(session, room, sizeof *own, end);
    own->draft = rules_copy(room->draft ? room->draft : room_rules(session->core, room));
    own->modes = text_own(TEXT(""));
    return own;
}

static void finish(struct rules_change *own)
{
    if (own->draft && own->change.room->draft == own->draft) {
        own->change.room->draft = NULL;
    }
    rules_destroy(own->draft);
    free(own->ranks);
    text_disown(own->modes);
}

void rules_change_drop(struct rules_change *change)
{
    finish(change);
    free(change->change.did);
    free(change);
}

static bool is_of(const struct rank_change *one, const struct user *user)
{
    struct identity who = user->identity;
    bool same = one->account && who.account && who.number == one->account;
    return same || user->number == one->user;
}

uint8_t rules_change_ranks(const struct rules_change *change, const struct member *member)
{
    unsigned ranks = member->ranks;
    for (size_t i = 0; i < change->rank_count; i++) {
        const struct rank_change *one = &change->ranks[i];
        if (one->user == member->session->user->number) {
            ranks = one->on ? ranks | one->rank : ranks & ~(unsigned)one->rank;
        }
    }
    return (uint8_t)ranks;
}

void rules_change_rank(struct rules_change *change, const struct member *member, enum rank rank,
                       bool on)
{
    const struct user *user = member->session->user;
    uint64_t account = user->identity.account ? user->identity.number : 0;
    change->ranks = mem_grow(change->ranks, (change->rank_count + 1) * sizeof *change->ranks);
    change->ranks[change->rank_count++] = (struct rank_change){user->number, account, rank, on};
    if (account && change->draft->kept) {
        rules_set_rank(change->draft, account, rank, on);
    }
}

static uint8_t taken_from(const struct rules_change *own, const struct user *user)
{
    unsigned ranks = 0;
    for (size_t i = 0; i < own->rank_count; i++) {
        const struct rank_change *one = &own->ranks[i];
        ranks |= !one->on && is_of(one, user) ? one->rank : 0u;
    }
    return (uint8_t)ranks;
}

uint8_t rules_change_left(const struct member *member)
{
    const struct session *session = member->session;
    unsigned taken = 0;
    const struct change *c = member->room->draft ? session->core->changes : NULL;
    for (; c; c = c->next) {
        if (c->room == member->room && c->end == end && !c->doomed) {
            taken |= taken_from((const struct rules_change *)c, session->user);
        }
    }
    return (uint8_t)(member->ranks & ~taken);
}

static void take_ranks(const struct rules_change *own)
{
    for (size_t i = 0; i < own->rank_count; i++) {
        const struct rank_change *one = &own->ranks[i];
        for (struct member *m = own->change.room->members; m; m = m->room_next) {
            if (is_of(one, m->session->user)) {
                m->ranks =
                    (uint8_t)(one->on ? m->ranks | one->rank : m->ranks & ~(unsigned)one->rank);
            }
        }
    }
}

// Who was invited, and came in, meanwhile is no part of the draft.
static void take_draft(struct rules_change *own)
{
    struct room *room = own->change.room;
    if (room->draft == own->draft) {
        room->draft = NULL;
    }
    rules_take_invited(own->draft, room->rules);
    rules_destroy(room->rules);
    room->rules = own->draft;
    own->draft = NULL;
    ban_end_expect(own->change.session->core, room);
}

static void tell(struct rules_change *own)
{
    struct session *session = own->change.session;
    struct room *room = own->change.room;
    struct actor actor = user_actor(session->user);
    int64_t now_ms = session->core->now.wall_ms;
    struct buf term;
    buf_init(&term, NOTE_BYTES);
    modes_say_term(room->rules, own->modes, &term);
    struct event event = {
        .kind = EVENT_MODES,
        .wall_ms = now_ms,
        .now_ms = now_ms,
        .room = room->shown,
        .actors = &actor,
        .actor_count = 1,
        .target = buf_text(&term),
        .text = own->modes,
    };
    if (room->in_turn) {
        room_show(session->core, room, &event, (struct origin){0});
    } else {
        room_tell(session->core, room, &event, (struct origin){0});
    }
    buf_finish(&term);
}

static void run_sequel(struct rules_change *own, bool done)
{
    if (own->sequel) {
        own->sequel->run(own->sequel, own->change.session, own->change.room, done);
    }
}

static int fail(struct rules_change *own, int error)
{
    struct room *room = own->change.room;
    struct core *core = own->change.session->core;
    if (!own->change.doomed) { // and those that are have this one in their drafts
        room->draft = NULL;
        ban_end_expect(core, room);
        room_keep(core, room);
    }
    room_change_failed(core, own);
    run_sequel(own, false);
    finish(own);
    return own->goes_on ? 0 : error;
}

static int end(struct change *change, int error)
{
    struct rules_change *own = (struct rules_change *)change;
    if (error) {
        return fail(own, error);
    }
    take_draft(own);
    take_ranks(own);
    if (own->modes.len) {
        tell(own);
    }
    room_changed(change->session->core, own);
    run_sequel(own, true);
    finish(own);
    return 0;
}

static void submit(struct rules_change *own)
{
    struct room *room = own->change.room;
    struct buf value;
    buf_init(&value, STORE_RECORD_MAX);
    room->draft = own->draft;
    struct record record = room_record(room, &value);
    change_submit(&own->change, &record);
    buf_finish(&value);
}

static void note(struct rules_change *own)
{
    const struct room *room = own->change.room;
    struct buf words;
    buf_init(&words, NOTE_BYTES);
    modes_say(room, own->draft, own->modes, &words);
    change_note(&own->change, session_role(own->change.session) >= ROLE_MODERATOR, "%.*s",
                TEXT_ARG(utf8_cut(buf_text(&words), NOTE_BYTES - 1)));
    buf_finish(&words);
}

void rules_change_end(struct rules_change *change, struct text modes)
{
    struct room *room = change->change.room;
    presence_flush(change->change.session->core, room);
    if (modes.len) {
        text_replace(&change->modes, modes);
        note(change);
    }
    if (room->draft || room->has_record || room_lasts(room, change->draft)) {
        submit(change);
    } else {
        change_make(&change->change);
    }
}

void rules_drafts_forget(struct room *room, uint64_t account, struct text name, const char *instead)
{
    for (struct pending *p = room->queue; p; p = p->next) {
        if (p->change && p->change->end == end) {
            rules_forget_account(((struct rules_change *)p->change)->draft, account, name, instead);
        }
    }
}

void rules_drafts_release(struct room *room)
{
    for (struct pending *p = room->queue; p; p = p->next) {
        if (p->change && p->change->end == end) {
            ((struct rules_change *)p->change)->draft->kept = false;
        }
    }
}

void rules_drafts_expire(struct room *room, enum rule_list_kind kind, struct text mask,
                         int64_t now_ms)
{
    for (struct pending *p = room->queue; p; p = p->next) {
        if (p->change && p->change->end == end) {
            struct rules *draft = ((struct rules_change *)p->change)->draft;
            const struct rule_mask *there = rule_list_find(&draft->lists[kind], mask);
            if (there && there->until_ms && there->until_ms <= now_ms) { // else it has another end
                rules_remove(draft, kind, mask);
            }
        }
    }
}
