#include "chat/rules.h"

#include "base/must.h"
#include "chat/flood_profile.h"

struct rules *rules_create(int64_t now_ms)
{
    struct rules *rules = mem_alloc(sizeof *rules);
    rules->created_ms = now_ms;
    rules->key = text_own(TEXT(""));
    return rules;
}

struct rules *rules_copy(const struct rules *rules)
{
    struct rules *copy = mem_alloc(sizeof *copy);
    *copy = *rules;
    copy->key = text_own(rules->key);
    copy->invited = NULL;
    copy->invited_count = 0;
    copy->ranks = NULL;
    if (rules->rank_count) {
        copy->ranks = mem_array(rules->rank_count, sizeof *copy->ranks);
        memcpy(copy->ranks, rules->ranks, rules->rank_count * sizeof *copy->ranks);
    }
    for (size_t kind = 0; kind < RULE_LISTS; kind++) {
        rule_list_copy(&copy->lists[kind], &rules->lists[kind]);
    }
    return copy;
}

void rules_destroy(struct rules *rules)
{
    if (!rules) {
        return;
    }
    for (size_t kind = 0; kind < RULE_LISTS; kind++) {
        rule_list_finish(&rules->lists[kind]);
    }
    text_disown(rules->key);
    free(rules->invited);
    free(rules->ranks);
    free(rules);
}

void rules_set_flood(struct rules *rules, struct text profile)
{
    snprintf(rules->flood, sizeof rules->flood, "%.*s", TEXT_ARG(profile));
}

void rules_set_key(struct rules *rules, struct text key)
{
    struct text copy = text_own(key);
    text_disown(rules->key);
    rules->key = copy;
}

bool rules_are_closed(const struct rules *rules)
{
    return rules->key.len || (rules->flags & (RULE_INVITE_ONLY | RULE_ACCOUNTS_JOIN));
}

static size_t find_rank(const struct rules *rules, uint64_t account)
{
    size_t i = 0;
    while (i < rules->rank_count && rules->ranks[i].account != account) {
        i++;
    }
    return i;
}

uint8_t rules_ranks(const struct rules *rules, uint64_t account)
{
    size_t i = find_rank(rules, account);
    return i < rules->rank_count ? rules->ranks[i].ranks : 0;
}

bool rules_set_rank(struct rules *rules, uint64_t account, enum rank rank, bool on)
{
    size_t i = find_rank(rules, account);
    if (i == rules->rank_count) {
        if (!on || i == RULE_RANKS_MAX) {
            return !on;
        }
        rules->ranks = mem_grow(rules->ranks, (i + 1) * sizeof *rules->ranks);
        rules->ranks[rules->rank_count++] = (struct rule_rank){.account = account};
    }
    unsigned ranks = rules->ranks[i].ranks;
    rules->ranks[i].ranks = (uint8_t)(on ? ranks | rank : ranks & ~(unsigned)rank);
    if (!rules->ranks[i].ranks) {
        rules->ranks[i] = rules->ranks[--rules->rank_count];
    }
    return true;
}

bool rules_forget_account(struct rules *rules, uint64_t account, struct text name,
                          const char *instead)
{
    size_t found = find_rank(rules, account);
    bool any = found < rules->rank_count;
    if (any) {
        rules->ranks[found] = rules->ranks[--rules->rank_count];
    }
    for (size_t kind = 0; kind < RULE_LISTS; kind++) {
        for (size_t i = 0; i < rules->lists[kind].count; i++) {
            struct rule_mask *mask = &rules->lists[kind].at[i];
            if (text_equal_nocase(mask->by, name)) {
                text_replace(&mask->by, text_of(instead));
                any = true;
            }
        }
    }
    return any;
}

bool rules_add(struct rules *rules, enum rule_list_kind kind, const struct rule_mask *mask)
{
    return rule_list_add(&rules->lists[kind], RULE_MASKS_MAX, mask);
}

bool rules_remove(struct rules *rules, enum rule_list_kind kind, struct text mask)
{
    return rule_list_remove(&rules->lists[kind], mask);
}

bool rules_expire(struct rules *rules, int64_t now_ms)
{
    bool any = false;
    for (size_t kind = 0; kind < RULE_LISTS; kind++) {
        any |= rule_list_expire(&rules->lists[kind], now_ms);
    }
    return any;
}

bool rules_match(const struct rules *rules, enum rule_list_kind kind, const struct actor *actor,
                 int64_t now_ms)
{
    return rule_list_match(&rules->lists[kind], actor, false, now_ms);
}

bool rules_silence(const struct rules *rules, const struct actor *actor, int64_t now_ms)
{
    return rule_list_match(&rules->lists[RULE_BANS], actor, true, now_ms) &&
           !rule_list_match(&rules->lists[RULE_EXCEPTIONS], actor, true, now_ms);
}

void rules_invite(struct rules *rules, uint32_t user)
{
    if (rules_is_invited(rules, user)) {
        return;
    }
    if (rules->invited_count == RULE_INVITED_MAX) {
        rules_uninvite(rules, rules->invited[0]);
    }
    rules->invited = mem_grow(rules->invited, (rules->invited_count + 1) * sizeof *rules->invited);
    rules->invited[rules->invited_count++] = user;
}

static size_t find_invited(const struct rules *rules, uint32_t user)
{
    size_t i = 0;
    while (i < rules->invited_count && rules->invited[i] != user) {
        i++;
    }
    return i;
}

bool rules_is_invited(const struct rules *rules, uint32_t user)
{
    return find_invited(rules, user) < rules->invited_count;
}

void rules_uninvite(struct rules *rules, uint32_t user)
{
    size_t i = find_invited(rules, user);
    if (i < rules->invited_count) {
        rules->invited_count--;
        memmove(rules->invited + i, rules->invited + i + 1,
                (rules->invited_count - i) * sizeof *rules->invited);
    }
}

void rules_take_invited(struct rules *rules, struct rules *from)
{
    if (from) {
        free(rules->invited);
        rules->invited = from->invited;
        rules->invited_count = from->invited_count;
        from->invited = NULL;
        from->invited_count = 0;
    }
}
