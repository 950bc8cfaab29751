#include "chat/modes.h"

#include "chat/flood_profile.h"
#include "chat/rights.h"
#include "chat/rules_change.h"

#include <stdio.h>

enum { TOLD_BYTES = 320 }; // what a line has room for behind the longest names

static const struct {
    char letter;
    uint32_t bit;
} flags[] = {{'C', RULE_NO_CTCP},      {'R', RULE_ACCOUNTS_JOIN}, {'T', RULE_NO_NOTICE},
             {'c', RULE_NO_COLOURS},   {'i', RULE_INVITE_ONLY},   {'m', RULE_MODERATED},
             {'n', RULE_NO_OUTSIDERS}, {'p', RULE_PRIVATE},       {'r', RULE_ACCOUNTS_SPEAK},
             {'s', RULE_SECRET},       {'t', RULE_TOPIC_LOCKED}},
  ranks[] = {{'q', RANK_FOUNDER},
             {'a', RANK_ADMIN},
             {'o', RANK_OPERATOR},
             {'h', RANK_HALF_OPERATOR},
             {'v', RANK_VOICE}},
  lists[] = {{'b', RULE_BANS}, {'e', RULE_EXCEPTIONS}, {'I', RULE_INVITATIONS}};

enum {
    FLAGS = sizeof flags / sizeof *flags,
    RANKS = sizeof ranks / sizeof *ranks,
    LISTS = sizeof lists / sizeof *lists,
};

static const char *const sentences[] = {
#define X(name, sentence) [MODE_##name] = sentence,
    MODE_RESULTS(X)
#undef X
};

const char *mode_result_text(enum mode_result result)
{
    return sentences[result];
}

static const uint32_t *find_flag(char letter)
{
    for (size_t i = 0; i < FLAGS; i++) {
        if (flags[i].letter == letter) {
            return &flags[i].bit;
        }
    }
    return NULL;
}

static enum rank find_rank(char letter)
{
    for (size_t i = 0; i < RANKS; i++) {
        if (ranks[i].letter == letter) {
            return (enum rank)ranks[i].bit;
        }
    }
    return (enum rank)0;
}

int mode_list(char letter)
{
    for (size_t i = 0; i < LISTS; i++) {
        if (lists[i].letter == letter) {
            return (int)lists[i].bit;
        }
    }
    return -1;
}

bool mode_takes_value(char letter, bool on)
{
    return mode_list(letter) >= 0 || find_rank(letter) || letter == 'k' ||
           (on && (letter == 'l' || letter == 'W' || letter == 'F'));
}

bool mode_is_set(const struct room *room, char letter)
{
    const uint32_t *bit = find_flag(letter);
    uint32_t set = room->rules ? room->rules->flags : RULE_NO_OUTSIDERS;
    return bit && (set & *bit);
}

void modes_show(const struct room *room, bool secrets, struct buf *out)
{
    const struct rules *rules = room->rules;
    buf_add_char(out, '+');
    for (size_t i = 0; i < FLAGS; i++) {
        if (mode_is_set(room, flags[i].letter)) {
            buf_add_char(out, flags[i].letter);
        }
    }
    if (!rules) {
        return;
    }
    buf_printf(out, "%s%s%s%s", *rules->flood ? "F" : "", rules->slow_s ? "W" : "",
               rules->key.len ? "k" : "", rules->limit ? "l" : "");
    if (*rules->flood) {
        buf_printf(out, " %s", rules->flood);
    }
    if (rules->slow_s) {
        buf_printf(out, " %u", rules->slow_s);
    }
    if (rules->key.len) {
        buf_printf(out, " %.*s", secrets ? (int)rules->key.len : 1, secrets ? rules->key.at : "*");
    }
    if (rules->limit) {
        buf_printf(out, " %u", rules->limit);
    }
}

static struct rules_change *change_of(struct modes *modes)
{
    if (!modes->change) {
        modes->change = rules_change_begin(modes->session, modes->room);
    }
    return modes->change;
}

static void tell(struct modes *modes)
{
    if (modes->letters.len) {
        struct rules_change *change = change_of(modes);
        buf_add(&modes->letters, buf_text(&modes->values));
        change->sequel = modes->sequel;
        rules_change_end(change, buf_text(&modes->letters));
        modes->change = NULL;
        modes->sequel = NULL;
        buf_reset(&modes->letters);
        buf_reset(&modes->values);
        modes->sign = '\0';
    }
}

void modes_begin(struct modes *modes, struct session *session, struct room *room)
{
    *modes = (struct modes){.session = session, .room = room};
    buf_init(&modes->letters, (size_t)2 * TOLD_BYTES);
    buf_init(&modes->values, TOLD_BYTES);
}

void modes_end(struct modes *modes)
{
    tell(modes);
    if (modes->change) {
        rules_change_drop(modes->change);
    }
    if (modes->sequel) {
        modes->sequel->run(modes->sequel, modes->session, modes->room, false);
    }
    buf_finish(&modes->letters);
    buf_finish(&modes->values);
}

static enum mode_result changed(struct modes *modes, char letter, bool on, struct text value)
{
    char sign = on ? '+' : '-';
    enum { SIGN_LETTER_AND_SPACE = 3 };
    if (modes->letters.len + modes->values.len + value.len + SIGN_LETTER_AND_SPACE > TOLD_BYTES) {
        tell(modes);
    }
    if (modes->sign != sign) {
        buf_add_char(&modes->letters, sign);
        modes->sign = sign;
    }
    buf_add_char(&modes->letters, letter);
    if (value.len) {
        buf_printf(&modes->values, " %.*s", TEXT_ARG(value));
    }
    return MODE_DONE;
}

static bool may(struct modes *modes, enum rank rank)
{
    modes->why = rights_rule(modes->session, modes->room, rank);
    return modes->why == REFUSED_NOT;
}

static struct rules *rules_of(struct modes *modes)
{
    return change_of(modes)->draft;
}

static enum mode_result change_term(struct modes *modes, char letter, struct rule_list *list,
                                    const struct rule_mask *mask)
{
    const struct rule_mask *before = rule_list_find(list, mask->mask);
    if (!rule_mask_differs(before, mask)) {
        return MODE_SAME;
    }
    struct rule_mask wanted = *mask;
    wanted.why = text_own(mask->why.len ? mask->why : before->why);
    rule_list_remove(list, mask->mask);
    rule_list_add(list, RULE_MASKS_MAX, &wanted);
    text_disown(wanted.why);
    changed(modes, letter, true, mask->mask);
    return MODE_CHANGED;
}

// With `change` one that is there gets this term.
static enum mode_result add_mask(struct modes *modes, char letter, const struct rule_mask *mask,
                                 bool change)
{
    struct rules *rules = rules_of(modes);
    enum rule_list_kind kind = (enum rule_list_kind)mode_list(letter);
    rules_expire(rules, mask->set_ms);
    if (mask_has_address(mask->mask) && !rights_everywhere(modes->session)) {
        return MODE_ADDRESS;
    }
    if (rules_add(rules, kind, mask)) {
        return changed(modes, letter, true, mask->mask);
    }
    if (!rule_list_find(&rules->lists[kind], mask->mask)) {
        return MODE_LIST_FULL;
    }
    return change ? change_term(modes, letter, &rules->lists[kind], mask) : MODE_SAME;
}

static enum mode_result change_mask(struct modes *modes, char letter, bool on,
                                    struct rule_mask *mask, bool change)
{
    struct rules *rules = rules_of(modes);
    struct buf whole;
    buf_init(&whole, RULE_MASK_BYTES_MAX);
    mask_complete(mask->mask, &whole);
    mask->mask = buf_text(&whole);
    mask->by = modes->session->user->name;
    mask->set_ms = session_now(modes->session).wall_ms;
    enum mode_result result = MODE_SAME;
    if (whole.overflow || !mask_is_good(mask->mask)) {
        result = MODE_BAD_MASK;
    } else if (on) {
        result = add_mask(modes, letter, mask, change);
    } else if (rules_remove(rules, (enum rule_list_kind)mode_list(letter), mask->mask)) {
        result = changed(modes, letter, false, mask->mask);
    }
    buf_finish(&whole);
    return result;
}

enum mode_result modes_add_mask(struct modes *modes, char letter, struct text mask, struct text why,
                                int64_t until_ms)
{
    struct rule_mask wanted = {.mask = mask, .why = why, .until_ms = until_ms};
    return may(modes, (enum rank)0) ? change_mask(modes, letter, true, &wanted, true)
                                    : MODE_REFUSED;
}

static enum mode_result change_rank(struct modes *modes, char letter, bool on, struct text name)
{
    enum rank rank = find_rank(letter);
    struct user *user = session_find_user(modes->session, name);
    struct member *member = user ? user_member(user, modes->room) : NULL;
    // Anybody may lay down a rank.
    bool own = !on && user == modes->session->user;
    if (!own && !may(modes, rank)) {
        return MODE_REFUSED;
    }
    if (!member) {
        return user ? MODE_NOT_IN_ROOM : MODE_NOBODY;
    }
    if (((rules_change_ranks(change_of(modes), member) & rank) != 0) == on) {
        return MODE_SAME;
    }
    rules_change_rank(change_of(modes), member, rank, on);
    return changed(modes, letter, on, user->name);
}

static enum mode_result change_key(struct modes *modes, bool on, struct text key)
{
    struct rules *rules = rules_of(modes);
    bool fits = key.len && key.len <= RULE_KEY_MAX && text_find(key, ' ') == key.len &&
                text_find(key, ',') == key.len && *key.at != ':';
    if (on && !fits) {
        return MODE_BAD_KEY;
    }
    if (on) {
        rules_set_key(rules, key);
        return changed(modes, 'k', true, key);
    }
    if (rules->key.len == 0) {
        return MODE_SAME;
    }
    changed(modes, 'k', false, rules->key);
    rules_set_key(rules, TEXT(""));
    return MODE_DONE;
}

static enum mode_result change_number(struct modes *modes, char letter, uint32_t *number,
                                      uint64_t most, struct text value)
{
    uint64_t wanted = 0;
    bool on = value.len > 0;
    if (on && (!text_number(value, most, &wanted) || wanted == 0)) {
        return MODE_BAD_NUMBER;
    }
    if (*number == wanted) {
        return MODE_SAME;
    }
    char shown[16] = "";
    *number = (uint32_t)wanted;
    if (on) {
        snprintf(shown, sizeof shown, "%u", *number);
    }
    return changed(modes, letter, on, text_of(shown));
}

static enum mode_result change_flood(struct modes *modes, bool on, struct text value)
{
    struct rules *rules = rules_of(modes);
    const struct flood_profiles *profiles = session_floods(modes->session);
    int profile = on ? flood_profile_find(profiles, value) : 0;
    if (profile < 0) {
        return MODE_BAD_FLOOD;
    }
    struct text name = on ? text_of(profiles->all[profile].name) : TEXT("");
    if (text_equal(text_of(rules->flood), name)) {
        return MODE_SAME;
    }
    rules_set_flood(rules, name);
    return changed(modes, 'F', on, name);
}

static enum mode_result change_flag(struct modes *modes, char letter, uint32_t bit, bool on)
{
    struct rules *rules = rules_of(modes);
    if (((rules->flags & bit) != 0) == on) {
        return MODE_SAME;
    }
    rules->flags ^= bit;
    return changed(modes, letter, on, TEXT(""));
}

static enum mode_result change_setting(struct modes *modes, char letter, bool on, struct text value)
{
    const uint32_t *bit = find_flag(letter);
    struct text number = on ? value : TEXT("");
    if (!may(modes, (enum rank)0)) {
        return MODE_REFUSED;
    }
    if (on && value.len == 0 && mode_takes_value(letter, true)) {
        return MODE_NEEDS_VALUE;
    }
    if (letter == 'F') {
        return change_flood(modes, on, value);
    }
    if (letter == 'k') {
        return change_key(modes, on, value);
    }
    if (letter == 'l') {
        return change_number(modes, letter, &rules_of(modes)->limit, MODE_LIMIT_MAX, number);
    }
    if (letter == 'W') {
        return change_number(modes, letter, &rules_of(modes)->slow_s, RULE_SLOW_MAX_S, number);
    }
    return change_flag(modes, letter, *bit, on);
}

enum mode_result modes_change(struct modes *modes, char letter, bool on, struct text value)
{
    if (mode_list(letter) >= 0) {
        struct rule_mask mask = {.mask = value};
        return may(modes, (enum rank)0) ? change_mask(modes, letter, on, &mask, false)
                                        : MODE_REFUSED;
    }
    if (find_rank(letter)) {
        return change_rank(modes, letter, on, value);
    }
    bool known =
        find_flag(letter) || letter == 'k' || letter == 'l' || letter == 'W' || letter == 'F';
    return known ? change_setting(modes, letter, on, value) : MODE_UNKNOWN;
}
