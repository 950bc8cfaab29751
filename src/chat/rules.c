#include "chat/rules.h"

#include "base/buf.h"
#include "base/must.h"
#include "chat/event.h"
#include "chat/mask.h"

struct rules *rules_create(int64_t now_ms)
{
    struct rules *rules = mem_alloc(sizeof *rules);
    rules->created_ms = now_ms;
    rules->key = text_own(TEXT(""));
    return rules;
}

static void mask_disown(struct rule_mask *mask)
{
    text_disown(mask->mask);
    text_disown(mask->by);
}

void rules_destroy(struct rules *rules)
{
    if (!rules) {
        return;
    }
    for (size_t kind = 0; kind < RULE_LISTS; kind++) {
        for (size_t i = 0; i < rules->lists[kind].count; i++) {
            mask_disown(&rules->lists[kind].at[i]);
        }
        free(rules->lists[kind].at);
    }
    text_disown(rules->key);
    free(rules->invited);
    free(rules->ranks);
    free(rules);
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

bool rules_is_mask(struct text mask)
{
    for (size_t i = 0; i < mask.len; i++) {
        if ((unsigned char)mask.at[i] <= ' ' || mask.at[i] == 0x7F) {
            return false;
        }
    }
    return mask.len > 0 && mask.len <= RULE_MASK_BYTES_MAX;
}

void rules_complete_mask(struct text written, struct buf *out)
{
    if (text_starts(written, TEXT("~")) || text_starts(written, TEXT("$"))) {
        buf_add(out, written);
        return;
    }
    size_t bang = text_find(written, '!');
    size_t at = text_find(written, '@');
    if (bang < written.len) {
        buf_add(out, bang ? text_head(written, bang) : TEXT("*"));
    } else {
        buf_add(out, at < written.len ? TEXT("*") : written);
    }
    struct text login = bang < written.len ? text_skip(written, bang + 1)
                        : at < written.len ? written
                                           : TEXT("");
    at = text_find(login, '@');
    struct text host = text_skip(login, at + 1);
    login = text_head(login, at);
    buf_printf(out, "!%.*s@%.*s", login.len ? (int)login.len : 1, login.len ? login.at : "*",
               host.len ? (int)host.len : 1, host.len ? host.at : "*");
}

static size_t find(const struct rule_list *list, struct text mask)
{
    size_t i = 0;
    while (i < list->count && !text_equal_nocase(list->at[i].mask, mask)) {
        i++;
    }
    return i;
}

bool rules_add(struct rules *rules, enum rule_list_kind kind, struct text mask, struct text by,
               int64_t now_ms)
{
    struct rule_list *list = &rules->lists[kind];
    if (find(list, mask) < list->count || list->count >= RULE_MASKS_MAX) {
        return false;
    }
    list->at = mem_grow(list->at, (list->count + 1) * sizeof *list->at);
    list->at[list->count++] =
        (struct rule_mask){.mask = text_own(mask), .by = text_own(by), .set_ms = now_ms};
    return true;
}

bool rules_remove(struct rules *rules, enum rule_list_kind kind, struct text mask)
{
    struct rule_list *list = &rules->lists[kind];
    size_t i = find(list, mask);
    if (i == list->count) {
        return false;
    }
    mask_disown(&list->at[i]);
    list->count--;
    memmove(list->at + i, list->at + i + 1, (list->count - i) * sizeof *list->at);
    return true;
}

// "~a:account", and "~a" alone for everybody who has one.
static bool matches_account(struct text mask, struct text account)
{
    struct text wanted = text_skip(mask, 2);
    if (wanted.len == 0) {
        return account.len > 0;
    }
    return account.len && *wanted.at == ':' && mask_matches(text_skip(wanted, 1), account);
}

bool rules_match(const struct rules *rules, enum rule_list_kind kind, const struct actor *actor)
{
    const struct rule_list *list = &rules->lists[kind];
    if (list->count == 0) {
        return false;
    }
    struct buf full;
    buf_init(&full, 1024);
    actor_add_mask(&full, actor);
    bool matches = false;
    for (size_t i = 0; i < list->count && !matches; i++) {
        struct text mask = list->at[i].mask;
        matches = text_starts(mask, TEXT("~a")) ? matches_account(mask, actor->account)
                                                : mask_matches(mask, buf_text(&full));
    }
    buf_finish(&full);
    return matches;
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
