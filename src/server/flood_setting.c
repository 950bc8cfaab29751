#include "server/flood_setting.h"

#include "server/config.h"

enum { COUNT_MAX = 1000, SECONDS_MAX = 24 * 60 * 60 };

const char *const flood_rule_names[FLOOD_KINDS] = {[FLOOD_JOINS] = "joins",
                                                   [FLOOD_MESSAGES] = "messages",
                                                   [FLOOD_REPEATS] = "repeats",
                                                   [FLOOD_NAMES] = "names"};

static const char *const act_words[] = {
    [FLOOD_DELAY] = "delay", [FLOOD_MUTE] = "mute", [FLOOD_CLOSE] = "close"};
enum { ACTS = sizeof act_words / sizeof *act_words };

// What may be done against each, as bits of acts, and a rule that would be right.
static const struct {
    unsigned acts;
    const char *example;
} kinds[FLOOD_KINDS] = {
    [FLOOD_JOINS] = {1u << FLOOD_CLOSE, "\"20 in 20 s, then close for 120 s\""},
    [FLOOD_MESSAGES] = {1u << FLOOD_DELAY | 1u << FLOOD_MUTE,
                        "\"10 in 20 s, then delay\" or \"6 in 20 s, then mute for 60 s\""},
    [FLOOD_REPEATS] = {1u << FLOOD_DELAY | 1u << FLOOD_MUTE,
                       "\"5 in 60 s, then mute for 60 s\" or \"5 in 60 s, then delay\""},
    [FLOOD_NAMES] = {1u << FLOOD_MUTE, "\"5 in 60 s, then mute for 60 s\""},
};

static bool read_word(struct text *rest, const char *word)
{
    struct text next = text_word(rest);
    if (next.len && next.at[next.len - 1] == ',') {
        next.len--;
    }
    return text_equal(next, text_of(word));
}

static bool read_number(struct text *rest, uint32_t max, uint32_t *number)
{
    uint64_t read;
    bool good = text_number(text_word(rest), max, &read) && read > 0;
    *number = good ? (uint32_t)read : 0;
    return good;
}

static bool read_act(struct text *rest, struct flood_rule *rule)
{
    struct text word = text_word(rest);
    for (unsigned act = 0; act < ACTS; act++) {
        if (text_equal(word, text_of(act_words[act]))) {
            rule->act = (enum flood_act)act;
            return act == FLOOD_DELAY ||
                   (read_word(rest, "for") && read_number(rest, SECONDS_MAX, &rule->for_s) &&
                    read_word(rest, "s"));
        }
    }
    return false;
}

// "any", or such as "10 in 20 s, then mute for 60 s".
static bool read_rule(struct text value, enum flood_kind kind, struct flood_rule *rule)
{
    *rule = (struct flood_rule){0};
    if (text_equal(text_trim(value), TEXT("any"))) {
        return true;
    }
    return read_number(&value, COUNT_MAX, &rule->count) && read_word(&value, "in") &&
           read_number(&value, SECONDS_MAX, &rule->in_s) && read_word(&value, "s") &&
           read_word(&value, "then") && read_act(&value, rule) && text_trim(value).len == 0 &&
           (kinds[kind].acts & 1u << rule->act);
}

static bool find_kind(const char *rule, enum flood_kind *kind)
{
    for (int i = 0; i < FLOOD_KINDS; i++) {
        if (strcmp(flood_rule_names[i], rule) == 0) {
            *kind = (enum flood_kind)i;
            return true;
        }
    }
    return false;
}

// The profile's index, or -1.
static int profile_get(struct flood_setting *setting, struct text name, struct buf *why)
{
    struct flood_profiles *profiles = &setting->profiles;
    int i = flood_profile_find(profiles, name);
    if (!flood_name_is_good(name)) {
        buf_printf(why, "A flood_profile has a name of 1 to %d small letters, digits and -.",
                   FLOOD_NAME_MAX);
        return -1;
    }
    if (i == 0) {
        buf_add(why, TEXT("The flood_profile \"none\" has no rules: by it nothing is too much."));
        return -1;
    }
    if (i < 0 && profiles->count == FLOOD_PROFILES_MAX) {
        buf_printf(why, "There can be at most %d flood profiles of your own.",
                   (int)(FLOOD_PROFILES_MAX - flood_profiles_built_in.count));
        return -1;
    }
    if (i < 0) {
        i = (int)profiles->count++;
        snprintf(profiles->all[i].name, sizeof profiles->all[i].name, "%.*s", TEXT_ARG(name));
    }
    return i;
}

bool flood_setting_put(struct config *config, struct text profile, int line, const char *rule,
                       struct text value, struct buf *why)
{
    struct flood_setting *setting = &config->flood;
    enum flood_kind kind = FLOOD_JOINS;
    struct flood_rule read;
    int i = profile_get(setting, profile, why);
    if (i < 0) {
        return rule;
    }
    if (!setting->lines[i]) {
        setting->lines[i] = line;
    }
    if (!rule || !find_kind(rule, &kind)) {
        return true;
    }
    bool good = read_rule(value, kind, &read);
    if (good) {
        setting->profiles.all[i].rules[kind] = read;
    } else {
        buf_printf(why, "It must be any, or such as %s.", kinds[kind].example);
    }
    return good;
}

bool flood_setting_fits(struct config *config, struct buf *why)
{
    const char *standard = config->flood.standard;
    int i = flood_profile_find(&config->flood.profiles, text_of(standard));
    if (i >= 0) {
        config->limits.flood = i;
        return true;
    }
    struct origin origin = config->origins[setting_index(setting_find(TEXT("flood"), false))];
    buf_printf(why, "%s:%d: flood = \"%s\" will not do: It must be ", config->file, origin.line,
               standard);
    flood_profiles_list(&config->flood.profiles, NULL, why);
    buf_add(why, TEXT(", or a flood_profile of that name must be in the file."));
    return false;
}

static void rule_print(const struct flood_rule *rule, struct buf *out)
{
    if (!rule->count) {
        buf_add(out, TEXT("any"));
        return;
    }
    buf_printf(out, "%u in %u s, then %s", rule->count, rule->in_s, act_words[rule->act]);
    if (rule->act != FLOOD_DELAY) {
        buf_printf(out, " for %u s", rule->for_s);
    }
}

void flood_setting_print(const struct config *config, struct buf *out)
{
    const struct flood_setting *setting = &config->flood;
    for (size_t i = 1; i < setting->profiles.count; i++) {
        const struct flood_profile *profile = &setting->profiles.all[i];
        size_t start = out->len;
        buf_printf(out, "flood_profile \"%s\" {", profile->name);
        size_t width = out->len - start;
        buf_printf(out, "%*s  # ", width < 40 ? (int)(40 - width) : 0, "");
        if (setting->lines[i]) {
            buf_printf(out, "%s:%d\n", config->file, setting->lines[i]);
        } else {
            buf_add(out, TEXT("default\n"));
        }
        for (int kind = 0; kind < FLOOD_KINDS; kind++) {
            buf_printf(out, "    %s = \"", flood_rule_names[kind]);
            rule_print(&profile->rules[kind], out);
            buf_add(out, TEXT("\"\n"));
        }
        buf_add(out, TEXT("}\n"));
    }
}
