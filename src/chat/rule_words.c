#include "chat/rule_words.h"

#include "chat/modes.h"
#include "chat/room.h"

enum { MUTE = 1 }; // a ban from speaking

// What a mode means, set and not set; '%' stands for its parameter, '$' for the room.
static const struct {
    char letter;
    const char *on;
    const char *off;
} sentences[] = {
    {'q', "has made % a founder of $", "has taken from % the rank of founder of $"},
    {'a', "has made % an administrator of $", "has taken from % the rank of administrator of $"},
    {'o', "has made % an operator of $", "has taken from % the rank of operator of $"},
    {'h', "has made % a half operator of $", "has taken from % the rank of half operator of $"},
    {'v', "has given % a voice in $", "has taken the voice in $ from %"},
    {MUTE, "has muted % in $", "lets % speak in $ again"},
    {'b', "has banned % from $", "has lifted the ban of % from $"},
    {'e', "has exempted % from the bans of $", "has ended the exemption of % from the bans of $"},
    {'I', "lets % into $ without an invitation", "lets % into $ as anybody else"},
    {'i', "lets people into $ by invitation only", "lets everybody into $"},
    {'k', "has set a password for $", "has removed the password of $"},
    {'l', "has limited $ to % people", "has lifted the limit of people in $"},
    {'W', "has everybody wait % seconds between two messages in $",
     "lets everybody talk in $ without waits"},
    {'F', "has set the protection of $ against floods to %",
     "has set the protection of $ against floods to that of the whole server"},
    {'m', "lets only those with a voice speak in $", "lets everybody speak in $"},
    {'n', "lets only those speak in $ who are in it", "lets people speak in $ who are not in it"},
    {'s', "has hidden $ from lists", "shows $ in lists"},
    {'p', "has hidden $ from lists", "shows $ in lists"},
    {'t', "lets only operators change the topic of $", "lets everybody change the topic of $"},
    {'C', "has forbidden client requests in $", "has allowed client requests in $"},
    {'T', "has forbidden notices in $", "has allowed notices in $"},
    {'c', "has forbidden colours in $", "has allowed colours in $"},
    {'r', "lets only registered people speak in $", "lets unregistered people speak in $"},
    {'R', "lets only registered people into $", "lets unregistered people into $"},
};

enum { SENTENCES = sizeof sentences / sizeof *sentences };

void mask_say(struct text mask, struct buf *out)
{
    size_t bang = text_find(mask, '!');
    if (text_starts(mask, TEXT("~m:"))) {
        mask_say(text_skip(mask, 3), out);
    } else if (text_starts(mask, TEXT("~a:"))) {
        buf_printf(out, "the account %.*s", TEXT_ARG(text_skip(mask, 3)));
    } else if (text_equal(mask, TEXT("~a"))) {
        buf_add(out, TEXT("everybody who is registered"));
    } else if (text_equal(mask, TEXT("*!*@*"))) {
        buf_add(out, TEXT("everybody"));
    } else if (text_starts(mask, TEXT("*!*@"))) {
        buf_printf(out, "everybody from %.*s", TEXT_ARG(text_skip(mask, 4)));
    } else if (text_equal(text_skip(mask, bang), TEXT("!*@*"))) {
        buf_add(out, text_head(mask, bang));
    } else {
        buf_add(out, mask);
    }
}

// "10 minutes": in the largest unit of which it is a whole number.
static void span_say(int64_t ms, struct buf *out)
{
    static const struct {
        int64_t s;
        const char *word;
    } units[] = {{7 * 24 * 3600, "week"}, {24 * 3600, "day"}, {3600, "hour"}, {60, "minute"}};
    int64_t seconds = (ms + 999) / 1000;
    size_t i = 0;
    while (i < sizeof units / sizeof *units && seconds % units[i].s) {
        i++;
    }
    bool whole = i < sizeof units / sizeof *units;
    int64_t count = whole ? seconds / units[i].s : seconds;
    buf_printf(out, "%lld %s%s", (long long)count, whole ? units[i].word : "second",
               count == 1 ? "" : "s");
}

void mask_say_term(const struct rule_mask *mask, struct buf *out)
{
    if (mask->until_ms > mask->set_ms) {
        buf_add(out, TEXT(" for "));
        span_say(mask->until_ms - mask->set_ms, out);
    }
    if (mask->why.len) {
        buf_printf(out, ": %.*s", TEXT_ARG(mask->why));
    }
}

struct mode_walk mode_walk_begin(struct text changes)
{
    struct text values = changes;
    struct text letters = text_word(&values);
    return (struct mode_walk){.letters = letters, .values = values, .on = true};
}

bool mode_walk_next(struct mode_walk *walk, struct mode_change *change)
{
    while (walk->letters.len && (*walk->letters.at == '+' || *walk->letters.at == '-')) {
        walk->on = *walk->letters.at == '+';
        walk->letters = text_skip(walk->letters, 1);
    }
    if (walk->letters.len == 0) {
        return false;
    }
    *change = (struct mode_change){.letter = *walk->letters.at, .on = walk->on};
    walk->letters = text_skip(walk->letters, 1);
    if (mode_takes_value(change->letter, change->on)) {
        change->value = text_word(&walk->values);
    }
    return true;
}

static const char *sentence_of(const struct mode_change *change)
{
    bool mute = change->letter == 'b' && mask_is_for_speech(change->value);
    char letter = mute ? MUTE : change->letter;
    for (size_t i = 0; i < SENTENCES; i++) {
        if (sentences[i].letter == letter) {
            return change->on ? sentences[i].on : sentences[i].off;
        }
    }
    return "";
}

// Of one there is no plural.
static const char *add_number(const char *rest, struct buf *out)
{
    static const struct {
        struct text many;
        const char *one;
    } words[] = {{TEXT_INIT(" people"), " person"}, {TEXT_INIT(" seconds"), " second"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_starts(text_of(rest), words[i].many)) {
            buf_add(out, text_of(words[i].one));
            return rest + words[i].many.len;
        }
    }
    return rest;
}

void mode_say(const struct mode_change *change, struct text room, struct buf *out)
{
    for (const char *at = sentence_of(change); *at;) {
        if (*at == '$') {
            buf_add(out, room);
        } else if (*at == '%') {
            mask_say(change->value, out);
        } else {
            buf_add_char(out, *at);
        }
        at++;
        if (at[-1] == '%' && text_equal(change->value, TEXT("1"))) {
            at = add_number(at, out);
        }
    }
}

// The ban as the room has it; NULL: it is none.
static const struct rule_mask *ban_of(const struct rules *rules, const struct mode_change *change)
{
    bool is_ban = change->letter == 'b' && change->on;
    return is_ban ? rule_list_find(&rules->lists[RULE_BANS], change->value) : NULL;
}

void modes_say(const struct room *room, const struct rules *rules, struct text changes,
               struct buf *out)
{
    struct mode_walk walk = mode_walk_begin(changes);
    struct mode_change change;
    size_t from = out->len;
    while (mode_walk_next(&walk, &change)) {
        const struct rule_mask *ban = ban_of(rules, &change);
        buf_add(out, out->len > from ? TEXT("; ") : TEXT(""));
        mode_say(&change, room->shown, out);
        if (ban) {
            mask_say_term(ban, out);
        }
    }
}

void modes_say_term(const struct rules *rules, struct text changes, struct buf *out)
{
    struct mode_walk walk = mode_walk_begin(changes);
    struct mode_change change;
    const struct rule_mask *ban = mode_walk_next(&walk, &change) ? ban_of(rules, &change) : NULL;
    if (ban && walk.letters.len == 0) {
        mask_say_term(ban, out);
    }
}
