// What lasts of a room's rules. A room that a registered person opens is that account's: its rules
// are a record of the store, and hold while nobody is in. The rules of other rooms go with the last
// member; what was said while such a room was closed is then read by nobody.
#include "base/must.h"
#include "chat/ban_end.h"
#include "chat/core_state.h"
#include "chat/invitations.h"
#include "chat/presence.h"
#include "chat/rights.h"
#include "chat/room.h"
#include "chat/rules_change.h"
#include "chat/session.h"

bool room_is_common(struct text key)
{
    return text_equal(key, TEXT("#lobby")) || text_starts(key, TEXT("#relay-"));
}

struct rules *room_rules(struct core *core, struct room *room)
{
    if (!room->rules) {
        room->rules = rules_create(core->now.wall_ms);
        room->rules->flags = RULE_NO_OUTSIDERS;
        room->rules->kept = room_is_common(room->key);
    }
    return room->rules;
}

static struct account *account_of(const struct core *core, const struct user *user)
{
    return user->identity.account ? account_by_number(&core->accounts, user->identity.number)
                                  : NULL;
}

static struct rules_change *found(struct session *session, struct room *room,
                                  struct account *account)
{
    struct rules_change *change = rules_change_begin(session, room);
    change->founder = account->number;
    change->draft->kept = true;
    rules_set_rank(change->draft, account->number, RANK_FOUNDER, true);
    rules_set_rank(change->draft, account->number, RANK_OPERATOR, true);
    account->rooms++;
    return change;
}

enum founding session_found_room(struct session *session, struct room *room)
{
    struct core *core = session->core;
    struct account *account = session->account;
    const struct rules *rules = room->draft ? room->draft : room->rules;
    if (room_is_common(room->key) || (rules && rules->kept)) {
        return FOUND_KEPT;
    }
    if (!account) {
        return FOUND_NO_ACCOUNT;
    }
    if (rights_rank(session, room) < RANK_OPERATOR) {
        return FOUND_NOT_OPERATOR;
    }
    if (account->rooms >= core->config.limits.rooms_per_account) {
        return FOUND_TOO_MANY;
    }
    rules_change_end(found(session, room, account), TEXT(""));
    return FOUND_OK;
}

static bool may_be_opened(const struct session *session, const struct room *room)
{
    bool kept = room->rules && room->rules->kept;
    return !session->user->nameless && !room_is_common(room->key) && !kept;
}

void room_open(struct member *member)
{
    struct session *session = member->session;
    if (may_be_opened(session, member->room)) {
        room_rules(session->core, member->room)->flags = session->protocol->new_room_flags;
        member->ranks = RANK_OPERATOR;
    }
}

void room_open_late(struct room *room)
{
    struct member *first = NULL;
    bool has_operator = false;
    for (struct member *m = room->members; m; m = m->room_next) {
        has_operator = has_operator || m->ranks >= RANK_OPERATOR;
        first = m;
    }
    if (!first || has_operator) {
        return;
    }
    uint8_t before = first->ranks;
    for (struct member *m = room->members; m; m = m->room_next) {
        if (m->session->user == first->session->user) {
            room_open(m);
        }
    }
    member_tell_ranks(first, before);
}

bool room_found(struct session *session, struct room *room, struct sequel *sequel)
{
    struct core *core = session->core;
    struct account *account = account_of(core, session->user);
    if (!may_be_opened(session, room) || !account ||
        account->rooms >= core->config.limits.rooms_per_account) {
        return false;
    }
    struct rules_change *change = found(session, room, account);
    change->draft->flags = session->protocol->new_room_flags;
    change->sequel = sequel;
    change->goes_on = true;
    rules_change_end(change, TEXT(""));
    return true;
}

static const struct {
    uint8_t rank;
    char mode;
} rank_modes[] = {{RANK_FOUNDER, 'q'},
                  {RANK_ADMIN, 'a'},
                  {RANK_OPERATOR, 'o'},
                  {RANK_HALF_OPERATOR, 'h'},
                  {RANK_VOICE, 'v'}};

enum { RANK_MODES = sizeof rank_modes / sizeof *rank_modes };

static void add_modes(struct buf *out, char sign, uint8_t ranks)
{
    if (ranks) {
        buf_add_char(out, sign);
    }
    for (size_t i = 0; i < RANK_MODES; i++) {
        if (ranks & rank_modes[i].rank) {
            buf_add_char(out, rank_modes[i].mode);
        }
    }
}

void member_tell_ranks(struct member *member, uint8_t before)
{
    if (member->ranks == before) {
        return;
    }
    struct core *core = member->session->core;
    struct buf modes;
    buf_init(&modes, 1024);
    uint8_t changed = before ^ member->ranks;
    add_modes(&modes, '-', changed & before);
    add_modes(&modes, '+', changed & member->ranks);
    for (unsigned bit = changed; bit; bit &= bit - 1) {
        buf_printf(&modes, " %.*s", TEXT_ARG(member->session->user->name));
    }
    struct event event = {
        .kind = EVENT_MODES,
        .wall_ms = core->now.wall_ms,
        .now_ms = core->now.wall_ms,
        .room = member->room->shown,
        .target = text_of(core->server_name),
        .text = buf_text(&modes),
    };
    presence_flush(core, member->room);
    room_tell(core, member->room, &event, (struct origin){0});
    buf_finish(&modes);
}

void member_take_ranks(struct member *member)
{
    const struct rules *rules = member->room->rules;
    struct identity who = member->session->user->identity;
    if (!rules || !rules->kept) {
        return;
    }
    member->ranks = who.account ? rules_ranks(rules, who.number) : 0;
}

bool room_lasts(const struct room *room, const struct rules *rules)
{
    return room->hidden.seq || (rules && (rules->kept || rules_are_closed(rules)));
}

struct record room_record(struct room *room, struct buf *value)
{
    const struct rules *rules = room->draft ? room->draft : room->rules;
    room->has_record = room_lasts(room, rules);
    if (room->has_record) {
        room_write(room, rules, value);
    }
    return (struct record){TEXT(ROOM_KIND), room->place, buf_text(value)};
}

void room_keep(struct core *core, struct room *room)
{
    if (!room->has_record && !room_lasts(room, room->draft ? room->draft : room->rules)) {
        return;
    }
    struct buf value;
    buf_init(&value, STORE_RECORD_MAX);
    struct record record = room_record(room, &value);
    core_keep(core, &record, NULL);
    buf_finish(&value);
}

static void hide(struct core *core, struct room *room)
{
    room->hidden.seq = room->last_seq;
    room->hidden.ms = core->now.wall_ms > room->topic_ms ? core->now.wall_ms : room->topic_ms;
    text_replace(&room->topic, TEXT(""));
}

void room_forget_rules(struct core *core, struct room *room)
{
    struct rules *rules = room->rules;
    if (!rules || rules->kept) {
        return;
    }
    if (rules_are_closed(rules)) {
        hide(core, room);
    }
    rules_destroy(rules);
    room->rules = NULL;
    room_keep(core, room);
}

// Those whose it was may make another one theirs.
static void uncount(struct core *core, const struct rules *rules)
{
    for (size_t i = 0; i < rules->rank_count; i++) {
        struct account *account = rules->ranks[i].ranks & RANK_FOUNDER
                                      ? account_by_number(&core->accounts, rules->ranks[i].account)
                                      : NULL;
        if (account && account->rooms) {
            account->rooms--;
        }
    }
}

void room_release(struct core *core, struct room *room)
{
    struct rules *rules = room->rules;
    if (!rules || !rules->kept) {
        return;
    }
    uncount(core, rules);
    rules->kept = false;
    rules_drafts_release(room);
    invitations_forget_room(core, room);
    room_keep(core, room);
    room_tidy(core, room);
}

bool session_drop_room(struct session *session, struct room *room)
{
    const struct account *account = session->account;
    const struct rules *rules = room->draft ? room->draft : room->rules;
    bool founder = account && rules && rules->kept && !room_is_common(room->key) &&
                   (rules_ranks(rules, account->number) & RANK_FOUNDER);
    if (founder) {
        struct rules_change *change = rules_change_begin(session, room);
        change->releases = true;
        change->draft->kept = false;
        invitations_close_room(session->core, room, true); // on disk before the room's record
        rules_change_end(change, TEXT(""));
    }
    return founder;
}

static void tell_founder(const struct rules_change *change)
{
    const struct session *session = change->change.session;
    struct member *member = user_member(session->user, change->change.room);
    if (member) {
        uint8_t before = member->ranks;
        member_take_ranks(member);
        member_tell_ranks(member, before);
    }
}

void room_changed(struct core *core, const struct rules_change *change)
{
    struct room *room = change->change.room;
    if (change->founder) {
        tell_founder(change);
    }
    if (change->releases) {
        uncount(core, room->rules);
        invitations_forget_room(core, room);
    }
}

void room_change_failed(struct core *core, const struct rules_change *change)
{
    struct account *account =
        change->founder ? account_by_number(&core->accounts, change->founder) : NULL;
    if (account && account->rooms) {
        account->rooms--;
    }
    if (change->releases) {
        invitations_close_room(core, change->change.room, false);
    }
}

static void count_rooms(struct core *core, const struct rules *rules)
{
    for (size_t i = 0; rules && i < rules->rank_count; i++) {
        struct account *account = account_by_number(&core->accounts, rules->ranks[i].account);
        if (account && (rules->ranks[i].ranks & RANK_FOUNDER)) {
            account->rooms++;
        }
    }
}

bool room_load(struct core *core, const struct record *record)
{
    struct room *room = room_of_place(core, record->key);
    if (!room) {
        room = room_create(core, record->key, record->key);
    }
    room->has_record = true;
    bool read = room_read(room, record->value);
    count_rooms(core, room->rules);
    ban_end_expect(core, room);
    if (room->hidden.seq && room->topic_ms <= room->hidden.ms) {
        text_replace(&room->topic, TEXT(""));
    }
    room_tidy(core, room); // the server may have ended before the room was empty
    return read;
}
