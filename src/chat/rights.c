#include "chat/rights.h"

#include "base/must.h"
#include "chat/bans.h"
#include "chat/invitations.h"
#include "chat/roles.h"
#include "chat/rules_change.h"

static const char *const refusal_texts[] = {[REFUSED_NOT] = "",
#define X(name, sentence) [REFUSED_##name] = sentence,
                                            REFUSALS(X)
#undef X
};

const char *refusal_text(enum refusal refusal)
{
    must(refusal < REFUSAL_COUNT);
    return refusal_texts[refusal];
}

// Each flag forbids something.
static uint32_t flags(const struct room *room)
{
    uint32_t kept = room->rules ? room->rules->flags : 0;
    return room->draft ? kept | room->draft->flags : kept;
}

// What one waits there between two messages.
static uint32_t slow_s(const struct room *room)
{
    uint32_t kept = room->rules ? room->rules->slow_s : 0;
    uint32_t coming = room->draft ? room->draft->slow_s : 0;
    return coming > kept ? coming : kept;
}

static enum rank highest(uint8_t ranks)
{
    for (unsigned rank = RANK_FOUNDER; rank; rank >>= 1) {
        if (ranks & rank) {
            return (enum rank)rank;
        }
    }
    return (enum rank)0;
}

enum rank rights_rank(const struct session *session, const struct room *room)
{
    const struct member *member = room_member(session, room);
    return member ? highest(rules_change_left(member)) : (enum rank)0;
}

bool rights_everywhere(const struct session *session)
{
    return session_role(session) >= ROLE_MODERATOR;
}

bool rights_is_operator(const struct session *session, const struct room *room)
{
    return rights_everywhere(session) || rights_rank(session, room) >= RANK_HALF_OPERATOR;
}

static bool silences(const struct rules *rules, const struct session *session)
{
    if (!rules || rules->lists[RULE_BANS].count == 0) {
        return false;
    }
    struct actor actor = user_actor(session->user);
    return rules_silence(rules, &actor, session_now(session).wall_ms);
}

static bool is_silenced(const struct session *session, const struct room *room)
{
    return silences(room->rules, session) || silences(room->draft, session);
}

// What an account is in a room that keeps it, whether it is in or not.
static enum rank kept_rank(const struct session *session, const struct rules *rules)
{
    struct identity who = session->user->identity;
    return who.account && rules->kept ? highest(rules_ranks(rules, who.number)) : (enum rank)0;
}

static bool bans(const struct rules *rules, const struct actor *actor, int64_t now_ms)
{
    return rules_match(rules, RULE_BANS, actor, now_ms) &&
           !rules_match(rules, RULE_EXCEPTIONS, actor, now_ms);
}

static enum refusal join_by(const struct rules *rules, const struct session *session,
                            const struct room *room, struct text key)
{
    struct actor actor = user_actor(session->user);
    int64_t now_ms = session_now(session).wall_ms;
    if (kept_rank(session, rules) >= RANK_HALF_OPERATOR) {
        return REFUSED_NOT;
    }
    if (bans(rules, &actor, now_ms)) {
        return REFUSED_BANNED;
    }
    bool has_code = invitation_into(session->core, room, key);
    if ((rules->flags & RULE_INVITE_ONLY) && !has_code &&
        !rules_match(rules, RULE_INVITATIONS, &actor, now_ms)) {
        return REFUSED_INVITE_ONLY;
    }
    if (rules->key.len && !has_code && !text_equal(rules->key, key)) {
        return REFUSED_WRONG_KEY;
    }
    if (rules->limit && room->member_count >= rules->limit) {
        return REFUSED_FULL;
    }
    if ((rules->flags & RULE_ACCOUNTS_JOIN) && actor.account.len == 0) {
        return REFUSED_NEEDS_ACCOUNT;
    }
    return REFUSED_NOT;
}

enum refusal rights_join(const struct session *session, const struct room *room, struct text key)
{
    const struct rules *rules = room->rules;
    // An invitation is an operator's word for this one person: it goes before the rules.
    if (!rules || rights_everywhere(session) || rules_is_invited(rules, session->user->number)) {
        return REFUSED_NOT;
    }
    enum refusal why = join_by(rules, session, room, key);
    return why == REFUSED_NOT && room->draft ? join_by(room->draft, session, room, key) : why;
}

enum refusal rights_enter(const struct session *session, const struct room *room)
{
    enum refusal why = rights_join(session, room, TEXT(""));
    struct actor actor = user_actor(session->user);
    bool is_banned =
        why == REFUSED_BANNED || (why != REFUSED_NOT && room->draft &&
                                  bans(room->draft, &actor, session_now(session).wall_ms));
    return is_banned ? REFUSED_BANNED : REFUSED_NOT;
}

static bool must_wait(const struct session *session, const struct room *room,
                      const struct member *member)
{
    int64_t wait_ms = (int64_t)slow_s(room) * 1000;
    return wait_ms && (!member || session_now(session).mono_ms < member->spoke_ms + wait_ms);
}

// The ban that keeps the session out, or from speaking.
static const struct rule_mask *ban_of(const struct session *session, const struct room *room,
                                      bool speech)
{
    struct actor actor = user_actor(session->user);
    const struct rule_list *bans = room->rules ? &room->rules->lists[RULE_BANS] : NULL;
    return bans ? rule_list_match(bans, &actor, speech, session_now(session).wall_ms) : NULL;
}

static void say_wait(const struct session *session, const struct room *room, struct buf *out)
{
    const struct member *member = room_member(session, room);
    uint32_t wait_s = slow_s(room);
    buf_printf(out, "one waits %u second%s between two messages there", wait_s,
               wait_s == 1 ? "" : "s");
    if (member) {
        int64_t left_ms = member->spoke_ms + (int64_t)wait_s * 1000 - session_now(session).mono_ms;
        buf_printf(out, "; wait %lld more", (long long)(left_ms + 999) / 1000);
    }
}

void refusal_say(const struct session *session, const struct room *room, enum refusal refusal,
                 struct buf *out)
{
    const struct rule_mask *ban = refusal == REFUSED_BANNED || refusal == REFUSED_SILENCED
                                      ? ban_of(session, room, refusal == REFUSED_SILENCED)
                                      : NULL;
    if (refusal == REFUSED_SLOW) {
        say_wait(session, room, out);
    } else if (ban && refusal == REFUSED_SILENCED) {
        buf_printf(out, "you are %s there", mask_is_for_speech(ban->mask) ? "muted" : "banned");
        ban_add_end(ban, out);
    } else {
        buf_add(out, text_of(refusal_text(refusal)));
        if (ban) {
            ban_add_end(ban, out);
        }
    }
}

static bool has_colours(struct text text)
{
    static const char formatting[] = "\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f";
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] && memchr(formatting, text.at[i], sizeof formatting - 1)) {
            return true;
        }
    }
    return false;
}

static bool is_ctcp(struct text text)
{
    return text.len && text.at[0] == 1 &&
           !text_starts(text, TEXT("\x01"
                                   "ACTION"));
}

enum refusal rights_speak(const struct session *session, const struct room *room,
                          enum message_kind kind, struct text text)
{
    uint32_t rules = flags(room);
    const struct member *member = room_member(session, room);
    if (!member && (!room->rules || (rules & RULE_NO_OUTSIDERS))) {
        return REFUSED_OUTSIDER;
    }
    bool has_voice = rights_rank(session, room) || rights_everywhere(session);
    if (!has_voice && is_silenced(session, room)) {
        return REFUSED_SILENCED;
    }
    if (!has_voice && (rules & RULE_MODERATED)) {
        return REFUSED_MODERATED;
    }
    if (!has_voice && must_wait(session, room, member)) {
        return REFUSED_SLOW;
    }
    if (!has_voice && (rules & RULE_ACCOUNTS_SPEAK) && user_actor(session->user).account.len == 0) {
        return REFUSED_NEEDS_ACCOUNT;
    }
    if ((rules & RULE_NO_CTCP) && is_ctcp(text)) {
        return REFUSED_NO_CTCP;
    }
    if ((rules & RULE_NO_NOTICE) && kind == MESSAGE_NOTICE) {
        return REFUSED_NO_NOTICE;
    }
    return (rules & RULE_NO_COLOURS) && has_colours(text) ? REFUSED_NO_COLOURS : REFUSED_NOT;
}

const struct room *rights_silenced_by_name(const struct session *session, struct text name)
{
    int64_t now_ms = session_now(session).wall_ms;
    struct actor now = user_actor(session->user);
    struct actor then = now;
    then.name = name;
    for (const struct member *m = session->members; m; m = m->session_next) {
        const struct rules *rules = m->room->rules;
        if (rules && !rules_change_left(m) && !rights_everywhere(session) &&
            rules_silence(rules, &now, now_ms) && !rules_silence(rules, &then, now_ms)) {
            return m->room;
        }
    }
    return NULL;
}

enum refusal rights_set_topic(const struct session *session, const struct room *room)
{
    if (!room_member(session, room) && !rights_everywhere(session)) {
        return REFUSED_NOT_IN_ROOM;
    }
    bool has_voice = rights_rank(session, room) || rights_everywhere(session);
    if (!has_voice && is_silenced(session, room)) {
        return REFUSED_SILENCED;
    }
    bool locked = flags(room) & RULE_TOPIC_LOCKED;
    return locked && !rights_is_operator(session, room) ? REFUSED_NOT_OPERATOR : REFUSED_NOT;
}

enum refusal rights_invite(const struct session *session, const struct room *room)
{
    if (!room_member(session, room) && !rights_everywhere(session)) {
        return REFUSED_NOT_IN_ROOM;
    }
    bool closed = flags(room) & RULE_INVITE_ONLY;
    return closed && !rights_is_operator(session, room) ? REFUSED_NOT_OPERATOR : REFUSED_NOT;
}

enum refusal rights_kick(const struct session *session, const struct room *room,
                         const struct member *target)
{
    enum role role = session_role(session);
    enum role target_role = session_role(target->session);
    if (role >= ROLE_MODERATOR) {
        return target_role > role ? REFUSED_NOT_OPERATOR : REFUSED_NOT;
    }
    if (!room_member(session, room)) {
        return REFUSED_NOT_IN_ROOM;
    }
    enum rank own = rights_rank(session, room);
    if (target_role >= ROLE_MODERATOR) {
        return REFUSED_NOT_OPERATOR;
    }
    return own < RANK_HALF_OPERATOR || own < highest(rules_change_left(target))
               ? REFUSED_NOT_OPERATOR
               : REFUSED_NOT;
}

enum refusal rights_rule(const struct session *session, const struct room *room, enum rank rank)
{
    enum rank own = rights_rank(session, room);
    if (rights_everywhere(session)) {
        return REFUSED_NOT;
    }
    if (!room_member(session, room)) {
        return REFUSED_NOT_IN_ROOM;
    }
    enum rank needed = rank == RANK_FOUNDER || rank == RANK_ADMIN ? RANK_FOUNDER
                       : rank == RANK_OPERATOR                    ? RANK_OPERATOR
                       : rank == RANK_HALF_OPERATOR               ? RANK_OPERATOR
                                                                  : RANK_HALF_OPERATOR;
    return own < needed ? REFUSED_NOT_OPERATOR : REFUSED_NOT;
}

bool rights_see(const struct session *session, const struct room *room)
{
    bool hidden = flags(room) & (RULE_SECRET | RULE_PRIVATE);
    return !hidden || room_member(session, room) || rights_everywhere(session);
}

bool rights_read(const struct session *session, const struct room *room)
{
    return room_member(session, room) || rights_everywhere(session) ||
           (rights_see(session, room) && rights_join(session, room, TEXT("")) == REFUSED_NOT);
}
