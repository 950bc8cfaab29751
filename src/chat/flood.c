#include "chat/flood.h"

#include "base/hash.h"
#include "chat/attempts.h"
#include "chat/core_state.h"
#include "chat/rights.h"
#include "chat/session.h"

enum { MS = 1000, KEY_BYTES = 256 };

static void refuse(struct session *session, struct text place, struct text why)
{
    if (!session->state.gone) {
        session->protocol->refused(session, place, why);
    }
}

bool flood_takes(struct session *session, struct text place)
{
    if (session->core->disk_low && !session->account) {
        refuse(session, place,
               TEXT("The server's disk is nearly full, so only registered people can write. "
                    "Nobody has seen your message; try again later."));
        return false;
    }
    return true;
}

// That holds in the room: its own, if the configuration knows it.
static const struct flood_profile *profile_of(const struct core *core, const struct room *room)
{
    const struct core_config *config = &core->config;
    int own = -1;
    if (room->rules && *room->rules->flood) {
        own = flood_profile_find(&config->floods, text_of(room->rules->flood));
    }
    return &config->floods.all[own < 0 ? config->limits.flood : own];
}

static const struct flood_rule *rule_of(const struct session *session, const struct room *room,
                                        enum flood_kind kind)
{
    static const struct flood_rule none;
    bool bound =
        !session->peer.unlimited && !rights_everywhere(session) && rights_rank(session, room) == 0;
    return bound ? &profile_of(session->core, room)->rules[kind] : &none;
}

// What is counted of the user in the room under this word.
static void add_key(struct buf *key, const char *what, const struct session *session,
                    const struct room *room)
{
    struct identity who = session->user->identity;
    buf_init(key, KEY_BYTES);
    buf_printf(key, "%s %c%llu %.*s", what, who.account ? 'a' : 'g', (unsigned long long)who.number,
               TEXT_ARG(room->place));
}

static struct attempt_rate rate_of(const struct flood_rule *rule)
{
    return (struct attempt_rate){rule->count, (int64_t)rule->in_s * MS / rule->count};
}

// Counts one more, and returns how much too early it comes: 0, not at all.
static int64_t count(struct core *core, struct text key, const struct flood_rule *rule)
{
    struct attempt_rate rate = rate_of(rule);
    int64_t early_ms = attempts_wait_ms(core->floods, key, rate, core->now.mono_ms);
    if (early_ms == 0) {
        attempts_add(core->floods, key, rate, core->now.mono_ms);
    }
    return early_ms;
}

static struct attempt_rate mute_rate(int64_t ms)
{
    return (struct attempt_rate){.burst = 1, .every_ms = ms};
}

static int64_t muted_ms(const struct session *session, const struct room *room)
{
    const struct core *core = session->core;
    struct buf key;
    add_key(&key, "mute", session, room);
    int64_t ms = attempts_wait_ms(core->floods, buf_text(&key), mute_rate(0), core->now.mono_ms);
    buf_finish(&key);
    return ms;
}

// Who is muted already is not for longer, however much more it sends.
static void mute(struct session *session, const struct room *room, uint32_t for_s)
{
    if (muted_ms(session, room)) {
        return;
    }
    struct buf key;
    add_key(&key, "mute", session, room);
    attempts_add(session->core->floods, buf_text(&key), mute_rate((int64_t)for_s * MS),
                 session->core->now.mono_ms);
    buf_finish(&key);
}

static void refuse_muted(struct session *session, const struct room *room)
{
    struct buf why;
    buf_init(&why, 512);
    buf_printf(&why,
               "You have sent too much to %.*s, or the same too often: it takes nothing from you "
               "for %lld seconds, and "
               "nobody has seen this message.",
               TEXT_ARG(room->shown), (long long)((muted_ms(session, room) + MS - 1) / MS));
    refuse(session, room->shown, buf_text(&why));
    buf_finish(&why);
}

// Counts one more under the key, and does what the rule says if it is too many.
static void heed(struct session *session, const struct room *room, const struct flood_rule *rule,
                 struct text key)
{
    struct core *core = session->core;
    int64_t now_ms = core->now.mono_ms;
    if (rule->count && rule->act == FLOOD_DELAY) {
        attempts_add(core->floods, key, rate_of(rule), now_ms);
        session->flood_ms = now_ms + attempts_wait_ms(core->floods, key, rate_of(rule), now_ms);
    } else if (rule->count && count(core, key, rule)) {
        mute(session, room, rule->for_s);
    }
}

static void heed_repeats(struct session *session, const struct room *room, struct text text)
{
    struct buf key;
    add_key(&key, "repeat", session, room);
    buf_printf(&key, " %016llx",
               (unsigned long long)hash_keyed64(session->core->cloak.key, text.at, text.len));
    heed(session, room, rule_of(session, room, FLOOD_REPEATS), buf_text(&key));
    buf_finish(&key);
}

static void heed_messages(struct session *session, const struct room *room)
{
    struct buf key;
    add_key(&key, "message", session, room);
    heed(session, room, rule_of(session, room, FLOOD_MESSAGES), buf_text(&key));
    buf_finish(&key);
}

bool flood_takes_message(struct session *session, const struct room *room, struct text text)
{
    if (!flood_takes(session, room->shown)) {
        return false;
    }
    if (rule_of(session, room, FLOOD_MESSAGES)->count == 0) {
        return true;
    }
    heed_repeats(session, room, text);
    heed_messages(session, room);
    if (muted_ms(session, room)) {
        refuse_muted(session, room);
        return false;
    }
    return true;
}

enum refusal flood_join(struct session *session, struct room *room)
{
    struct core *core = session->core;
    const struct flood_rule *rule = rule_of(session, room, FLOOD_JOINS);
    if (rule->count == 0 || session->user->identity.account) {
        return REFUSED_NOT;
    }
    if (core->now.mono_ms < room->closed_ms) {
        return REFUSED_FLOODED;
    }
    struct buf key;
    buf_init(&key, KEY_BYTES);
    buf_printf(&key, "join %.*s", TEXT_ARG(room->place));
    if (count(core, buf_text(&key), rule)) {
        room->closed_ms = core->now.mono_ms + (int64_t)rule->for_s * MS;
    }
    buf_finish(&key);
    return core->now.mono_ms < room->closed_ms ? REFUSED_FLOODED : REFUSED_NOT;
}

// How much too early another name comes in the room; with `counts` it is counted instead.
static int64_t name_early_ms(struct session *session, const struct room *room, bool counts)
{
    struct core *core = session->core;
    const struct flood_rule *rule = rule_of(session, room, FLOOD_NAMES);
    struct buf key;
    int64_t early_ms = 0;
    add_key(&key, "name", session, room);
    if (rule->count && counts) {
        attempts_add(core->floods, buf_text(&key), rate_of(rule), core->now.mono_ms);
    } else if (rule->count) {
        early_ms = attempts_wait_ms(core->floods, buf_text(&key), rate_of(rule), core->now.mono_ms);
    }
    buf_finish(&key);
    return early_ms;
}

bool flood_takes_name(struct session *session)
{
    bool takes = true;
    for (const struct member *m = session->members; m; m = m->session_next) {
        if (name_early_ms(session, m->room, false)) {
            mute(session, m->room, rule_of(session, m->room, FLOOD_NAMES)->for_s);
            takes = false;
        }
    }
    return takes;
}

void flood_count_name(struct session *session)
{
    for (const struct member *m = session->members; m; m = m->session_next) {
        name_early_ms(session, m->room, true);
    }
}

// A profile that is not there, and who names it.
struct lost_flood {
    struct text profile;
    struct text room;
    size_t rooms;
};

static void add_lost(struct lost_flood *lost, size_t size, const struct room *room)
{
    struct text profile = text_of(room->rules->flood);
    size_t i = 0;
    while (i < size && lost[i].rooms && !text_equal(lost[i].profile, profile)) {
        i++;
    }
    if (i < size && lost[i].rooms++ == 0) {
        lost[i].profile = profile;
        lost[i].room = room->shown;
    }
}

void core_each_lost_flood(const struct core *core,
                          void (*lost)(void *, struct text profile, size_t rooms, struct text room),
                          void *context)
{
    enum { TOLD_MAX = 20 };
    struct lost_flood all[TOLD_MAX] = {0};
    for (const struct room *room = core->rooms; room; room = room->by_key.next) {
        if (room->rules && *room->rules->flood &&
            flood_profile_find(&core->config.floods, text_of(room->rules->flood)) < 0) {
            add_lost(all, TOLD_MAX, room);
        }
    }
    for (size_t i = 0; i < TOLD_MAX && all[i].rooms; i++) {
        lost(context, all[i].profile, all[i].rooms, all[i].room);
    }
}
