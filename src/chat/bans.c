#include "chat/bans.h"

#include "base/utf8.h"
#include "chat/change.h"
#include "chat/core_state.h"
#include "chat/mask.h"
#include "chat/rights.h"
#include "chat/roles.h"
#include "chat/rule_words.h"
#include "chat/rules_change.h"
#include "chat/stay.h"

#include <time.h>

bool ban_time(struct text written, int64_t *ms)
{
    static const struct {
        char letter;
        int64_t ms;
    } units[] = {{'s', 1000},
                 {'m', 60 * 1000},
                 {'h', 60 * 60 * 1000},
                 {'d', 24 * 60 * 60 * 1000},
                 {'w', 7 * 24 * 60 * 60 * 1000}};
    uint64_t count;
    if (written.len < 2 || !text_number(text_head(written, written.len - 1), 10000, &count)) {
        return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (units[i].letter == written.at[written.len - 1] && count) {
            *ms = (int64_t)count * units[i].ms;
            return true;
        }
    }
    return false;
}

bool ban_time_is_meant(struct text word)
{
    size_t digits = text_digits(word);
    bool unit = digits < word.len && text_find(TEXT("smhdw"), word.at[digits]) < 5;
    return digits && (unit || digits + 1 >= word.len);
}

static enum mode_result add_address(const struct user *user, const struct ban *ban, struct buf *out)
{
    if (!user || user_is_absent(user)) {
        return MODE_NOBODY;
    }
    struct actor actor = user_actor(user);
    if (ban->room) {
        buf_add(out, TEXT("*!*@"));
        actor_add_cloak(out, &actor);
    } else {
        // Of IPv6 somebody has a whole /64.
        struct text address = text_of(user->sessions->peer.address);
        bool six = text_find(address, ':') < address.len;
        buf_printf(out, "*!*@%.*s%s", TEXT_ARG(address), six ? "/64" : "");
    }
    return MODE_DONE;
}

enum mode_result ban_mask(const struct session *session, const struct ban *ban, struct buf *out)
{
    const struct user *user = session_find_user(session, ban->who);
    buf_add(out, ban->speech ? TEXT("~m:") : TEXT(""));
    if (ban->by_address) {
        return add_address(user, ban, out);
    }
    const struct account *account = account_find(&session->core->accounts, ban->who);
    if (user && user->account.len) {
        buf_printf(out, "~a:%.*s", TEXT_ARG(user->account));
    } else if (account) {
        buf_printf(out, "~a:%.*s", TEXT_ARG(account->name));
    } else {
        mask_complete(user ? user->name : ban->who, out);
    }
    return out->overflow || !mask_is_good(buf_text(out)) ? MODE_BAD_MASK : MODE_DONE;
}

static struct rule_list list_of_one(struct text mask)
{
    struct rule_list list = {0};
    rule_list_add(&list, 1, &(struct rule_mask){.mask = mask});
    return list;
}

static bool keeps_order(const struct user *user, const struct ban *ban)
{
    const struct member *member = ban->room ? user_member(user, ban->room) : NULL;
    enum rank enough = ban->speech ? RANK_VOICE : RANK_HALF_OPERATOR;
    return session_role(user->sessions) >= ROLE_MODERATOR ||
           (member && rights_rank(member->session, ban->room) >= enough);
}

static bool is_one(const struct core *core, const struct user *user, const struct ban *ban,
                   const struct rule_list *list, enum ban_for whom)
{
    struct actor actor = user_actor(user);
    int64_t now_ms = core->now.wall_ms;
    const struct rules *rules = ban->room ? ban->room->rules : NULL;
    bool meant = (!ban->room || user_is_in(user, ban->room)) &&
                 rule_list_match(list, &actor, ban->speech, now_ms);
    bool spared = meant && (keeps_order(user, ban) ||
                            (rules && rules_match(rules, RULE_EXCEPTIONS, &actor, now_ms)));
    return meant && spared == (whom == BAN_SPARES);
}

void ban_each_hit(struct session *session, const struct ban *ban, struct text mask,
                  enum ban_for whom, ban_hit *hit, void *context)
{
    struct core *core = session->core;
    struct rule_list list = list_of_one(mask);
    for (size_t i = 0; i < core->users.count; i++) {
        if (is_one(core, core->users.sorted[i], ban, &list, whom)) {
            hit(context, core->users.sorted[i]);
        }
    }
    for (size_t i = 0; i < core->session_size; i++) {
        const struct session *s = core->sessions[i];
        if (s && s->user && s->user->nameless && is_one(core, s->user, ban, &list, whom)) {
            hit(context, s->user);
        }
    }
    rule_list_finish(&list);
}

// Whom a ban hits is found before anybody goes.
struct hits {
    struct user **users;
    size_t count;
};

static void collect(void *context, const struct user *user)
{
    struct hits *hits = context;
    hits->users = mem_grow(hits->users, (hits->count + 1) * sizeof *hits->users);
    hits->users[hits->count++] = (struct user *)user;
}

// `ban` says whom (its mask), until when, and why.
static void put_out(struct session *session, struct room *room, const struct rule_mask *ban)
{
    struct hits hits = {0};
    ban_each_hit(session, &(struct ban){.room = room}, ban->mask, BAN_HITS, collect, &hits);
    struct buf words;
    buf_init(&words, 1024);
    buf_add(&words, TEXT("banned"));
    ban_add_end(ban, &words);
    for (size_t i = 0; i < hits.count; i++) {
        struct member *member = room ? user_member(hits.users[i], room) : NULL;
        if (!room) {
            session_put_out_user(session, hits.users[i], buf_text(&words));
        } else if (member && rights_kick(session, room, member) == REFUSED_NOT) {
            session_kick(session, member, buf_text(&words));
        }
    }
    buf_finish(&words);
    free(hits.users);
}

// Who is banned from a room goes when the ban holds.
struct ban_sequel {
    struct sequel sequel;
    struct rule_mask ban; // its mask and why are owned
};

static void run_sequel(struct sequel *sequel, struct session *session, struct room *room, bool done)
{
    struct ban_sequel *own = (struct ban_sequel *)sequel;
    if (done) {
        put_out(session, room, &own->ban);
    }
    text_disown(own->ban.mask);
    text_disown(own->ban.why);
    free(own);
}

static int64_t until(const struct session *session, const struct ban *ban)
{
    return ban->for_ms ? session->core->now.wall_ms + ban->for_ms : 0;
}

static struct sequel *sequel_of(const struct session *session, const struct ban *ban,
                                struct text mask)
{
    struct ban_sequel *own = mem_alloc(sizeof *own);
    own->sequel.run = run_sequel;
    own->ban = (struct rule_mask){
        .mask = text_own(mask), .why = text_own(ban->why), .until_ms = until(session, ban)};
    return &own->sequel;
}

static enum mode_result ban_in_room(struct session *session, const struct ban *ban,
                                    struct text mask, enum refusal *why)
{
    struct modes modes;
    modes_begin(&modes, session, ban->room);
    modes.sequel = ban->speech ? NULL : sequel_of(session, ban, mask);
    enum mode_result result = modes_add_mask(&modes, 'b', mask, ban->why, until(session, ban));
    *why = modes.why;
    modes_end(&modes);
    return result;
}

void ban_add_end(const struct rule_mask *ban, struct buf *out)
{
    time_t seconds = (time_t)(ban->until_ms / 1000);
    struct tm utc;
    char shown[64];
    if (ban->until_ms && gmtime_r(&seconds, &utc)) {
        strftime(shown, sizeof shown, " until %Y-%m-%d %H:%M UTC", &utc);
        buf_add(out, text_of(shown));
    }
    if (ban->why.len) {
        buf_printf(out, ": %.*s", TEXT_ARG(ban->why));
    }
}

void ban_say(const struct rule_mask *ban, struct buf *out)
{
    buf_add(out, TEXT("You are banned from this server"));
    ban_add_end(ban, out);
}

// What the store has of a ban; empty: nothing.
static struct text record_of(const struct rule_mask *ban, bool on, struct buf *value)
{
    if (on) {
        ban_write(ban, value);
    }
    return buf_text(value);
}

// A ban of the server that is made, or lifted.
struct ban_change {
    struct change change;
    struct rule_mask ban; // its texts are owned
    bool on;
};

static void keep(struct core *core, const struct rule_mask *ban, bool on)
{
    struct buf value;
    buf_init(&value, STORE_RECORD_MAX);
    core_keep(core, &(struct record){TEXT(BAN_KIND), ban->mask, record_of(ban, on, &value)}, NULL);
    buf_finish(&value);
}

// As it is in memory: the store may have kept what was said to have failed.
static void keep_again(struct core *core, struct text mask)
{
    const struct rule_mask *ban = rule_list_find(&core->bans, mask);
    keep(core, ban ? ban : &(struct rule_mask){.mask = mask}, ban != NULL);
}

static int end(struct change *change, int error)
{
    struct ban_change *own = (struct ban_change *)change;
    struct core *core = change->session->core;
    if (error && !change->doomed) {
        keep_again(core, own->ban.mask);
    } else if (error) {
        // What holds is kept once more already.
    } else if (!own->on) {
        rule_list_remove(&core->bans, own->ban.mask);
    } else {
        rule_list_remove(&core->bans, own->ban.mask); // it has another end now, or reason
        rule_list_add(&core->bans, SERVER_BANS_MAX, &own->ban);
        put_out(change->session, NULL, &own->ban);
    }
    text_disown(own->ban.mask);
    text_disown(own->ban.by);
    text_disown(own->ban.why);
    return error;
}

// The last change of this ban that is on its way; NULL: none is.
static const struct rule_mask *coming(const struct core *core, struct text mask)
{
    for (const struct change *c = core->last_change; c; c = c->before) {
        const struct rule_mask *ban = &((const struct ban_change *)c)->ban;
        if (c->end == end && mask_same(ban->mask, mask)) {
            return ban;
        }
    }
    return NULL;
}

static size_t count_coming(const struct core *core)
{
    size_t count = 0;
    for (const struct change *c = core->changes; c; c = c->next) {
        count += c->end == end && ((const struct ban_change *)c)->on;
    }
    return count;
}

static void note(struct change *change, const struct rule_mask *ban, bool on)
{
    struct buf words;
    buf_init(&words, 1024);
    mask_say(ban->mask, &words);
    if (on) {
        buf_add(&words, TEXT(" from the server"));
        mask_say_term(ban, &words);
        change_note(change, true, "has banned %.*s", TEXT_ARG(buf_text(&words)));
    } else {
        change_note(change, true, "has lifted the ban of %.*s from the server",
                    TEXT_ARG(buf_text(&words)));
    }
    buf_finish(&words);
}

static void submit(struct session *session, const struct rule_mask *ban, bool on)
{
    struct ban_change *own = (struct ban_change *)change_begin(session, NULL, sizeof *own, end);
    struct buf value;
    buf_init(&value, STORE_RECORD_MAX);
    own->on = on;
    own->ban = *ban;
    own->ban.mask = text_own(ban->mask);
    own->ban.by = text_own(ban->by);
    own->ban.why = text_own(ban->why);
    note(&own->change, ban, on);
    struct record record = {TEXT(BAN_KIND), own->ban.mask, record_of(ban, on, &value)};
    change_submit(&own->change, &record);
    buf_finish(&value);
}

static enum mode_result ban_from_server(struct session *session, const struct ban *ban,
                                        struct text mask)
{
    struct core *core = session->core;
    struct rule_mask wanted = {
        .mask = mask,
        .by = session->user ? session->user->name : TEXT("hobnobctl"),
        .why = utf8_cut(ban->why, RULE_WHY_BYTES_MAX),
        .set_ms = core->now.wall_ms,
        .until_ms = until(session, ban),
    };
    const struct rule_list *bans = server_bans(core); // those that have ended are off it
    const struct rule_mask *before = rule_list_find(bans, mask);
    if (before && !rule_mask_differs(before, &wanted)) {
        return MODE_SAME;
    }
    if (!before && bans->count + count_coming(core) >= SERVER_BANS_MAX) {
        return MODE_LIST_FULL;
    }
    wanted.why = before && !wanted.why.len ? before->why : wanted.why;
    // One ban is one record: however it is spelled this time, it is found as it was first.
    const struct rule_mask *first = before ? before : coming(core, mask);
    wanted.mask = first ? first->mask : mask;
    submit(session, &wanted, true);
    return before ? MODE_CHANGED : MODE_DONE;
}

// Administrators of the control socket have no user.
static bool may_ban_from_server(const struct session *session)
{
    return !session->user || rights_everywhere(session);
}

static enum mode_result find_mask(struct session *session, const struct ban *ban, enum refusal *why,
                                  struct buf *mask)
{
    *why = ban->room                      ? rights_rule(session, ban->room, (enum rank)0)
           : may_ban_from_server(session) ? REFUSED_NOT
                                          : REFUSED_NOT_OPERATOR;
    return *why == REFUSED_NOT ? ban_mask(session, ban, mask) : MODE_REFUSED;
}

enum mode_result session_ban(struct session *session, const struct ban *ban, enum refusal *why)
{
    struct buf mask;
    buf_init(&mask, RULE_MASK_BYTES_MAX);
    enum mode_result result = find_mask(session, ban, why, &mask);
    if (result == MODE_DONE) {
        result = ban->room ? ban_in_room(session, ban, buf_text(&mask), why)
                           : ban_from_server(session, ban, buf_text(&mask));
    }
    buf_finish(&mask);
    return result;
}

static enum mode_result lift_in_room(struct session *session, struct room *room, struct text mask,
                                     enum refusal *why)
{
    struct modes modes;
    modes_begin(&modes, session, room);
    enum mode_result result = modes_change(&modes, 'b', false, mask);
    *why = modes.why;
    modes_end(&modes);
    return result;
}

static enum mode_result lift_from_server(struct session *session, struct text mask)
{
    struct core *core = session->core;
    const struct rule_mask *ban = rule_list_find(&core->bans, mask);
    if (!ban) {
        return MODE_SAME;
    }
    submit(session, ban, false);
    return MODE_DONE;
}

static enum mode_result lift(struct session *session, const struct ban *ban, struct text mask,
                             enum refusal *why)
{
    return ban->room ? lift_in_room(session, ban->room, mask, why)
                     : lift_from_server(session, mask);
}

enum mode_result session_unban(struct session *session, const struct ban *ban, enum refusal *why)
{
    struct buf mask;
    buf_init(&mask, RULE_MASK_BYTES_MAX);
    enum mode_result result = find_mask(session, ban, why, &mask);
    if (result == MODE_DONE) {
        result = lift(session, ban, buf_text(&mask), why);
    }
    if (result == MODE_SAME) { // it may have been by name, and the name has an account meanwhile
        buf_reset(&mask);
        buf_add(&mask, ban->speech ? TEXT("~m:") : TEXT(""));
        mask_complete(ban->who, &mask);
        result = lift(session, ban, buf_text(&mask), why);
    }
    buf_finish(&mask);
    return result;
}

const struct rule_list *server_bans(struct core *core)
{
    // One that has ended goes from the store too, if it has no other end on its way there.
    for (size_t i = core->bans.count; i-- > 0;) {
        const struct rule_mask *ban = &core->bans.at[i];
        bool ended = ban->until_ms && ban->until_ms <= core->now.wall_ms;
        if (ended && !coming(core, ban->mask)) {
            keep(core, ban, false);
        }
    }
    rule_list_expire(&core->bans, core->now.wall_ms);
    return &core->bans;
}

const struct rule_mask *session_ban_of(const struct session *session, struct text name,
                                       struct text login)
{
    const struct core *core = session->core;
    enum role role = session->account ? account_role(session->account) : ROLE_MEMBER;
    struct actor actor = {
        .name = name,
        .login = login,
        .account = session->account ? session->account->name : TEXT(""),
        .cloak = cloak_of(session->core, text_of(session->peer.address)),
    };
    address_parse(session->peer.address, &actor.address);
    return role >= ROLE_MODERATOR ? NULL
                                  : rule_list_match(&core->bans, &actor, false, core->now.wall_ms);
}

// Of two records of one ban, each with its own spelling, the one that was set last counts.
bool ban_load(struct core *core, const struct record *record)
{
    struct rule_mask ban = {0};
    bool read = ban_read(record->value, &ban);
    ban.mask = record->key;
    const struct rule_mask *other = rule_list_find(&core->bans, ban.mask);
    if (other && read && other->set_ms > ban.set_ms) {
        keep(core, &ban, false);
    } else {
        if (other) {
            keep(core, other, false);
            rule_list_remove(&core->bans, ban.mask);
        }
        rule_list_add(&core->bans, SERVER_BANS_MAX, &ban);
    }
    ban_read_finish(&ban);
    return read;
}
