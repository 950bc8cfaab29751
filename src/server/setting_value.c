// The values of settings: from text and to text.
#include "base/must.h"
#include "server/config.h"
#include "server/settings.h"

static void *place(const struct setting *s, struct config *config)
{
    return (char *)config + s->offset;
}

static const void *place_to_read(const struct setting *s, const struct config *config)
{
    return (const char *)config + s->offset;
}

static const struct {
    const char *suffix;
    uint32_t factor;
} size_units[] = {{"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024u * 1024 * 1024}};

static bool size_read(struct text value, uint32_t max, uint64_t *number)
{
    uint32_t factor = 1;
    for (size_t i = 0; i < sizeof size_units / sizeof *size_units; i++) {
        struct text suffix = text_of(size_units[i].suffix);
        if (value.len > suffix.len &&
            text_equal(text_skip(value, value.len - suffix.len), suffix)) {
            factor = size_units[i].factor;
            value = text_head(value, value.len - suffix.len);
            break;
        }
    }
    if (!text_number(value, max / factor, number)) {
        return false;
    }
    *number *= factor;
    return true;
}

static bool number_put(const struct setting *s, struct config *config, struct text value)
{
    uint64_t number;
    bool read = s->type == SETTING_SIZE ? size_read(value, s->max, &number)
                                        : text_number(value, s->max, &number);
    if (!read || number < s->min) {
        return false;
    }
    *(uint32_t *)place(s, config) = (uint32_t)number;
    return true;
}

static bool switch_put(const struct setting *s, struct config *config, struct text value)
{
    bool yes = text_equal_nocase(value, TEXT("yes")) || text_equal_nocase(value, TEXT("true")) ||
               text_equal_nocase(value, TEXT("on"));
    bool no = text_equal_nocase(value, TEXT("no")) || text_equal_nocase(value, TEXT("false")) ||
              text_equal_nocase(value, TEXT("off"));
    if (yes || no) {
        *(bool *)place(s, config) = yes;
    }
    return yes || no;
}

static bool word_put(const struct setting *s, struct config *config, struct text value)
{
    for (int i = 0; s->words[i]; i++) {
        if (text_equal(value, text_of(s->words[i]))) {
            *(int *)place(s, config) = i;
            return true;
        }
    }
    return false;
}

static bool text_put(const struct setting *s, struct config *config, struct text value)
{
    char **at = place(s, config);
    free(*at);
    *at = text_copy(value);
    return true;
}

static bool list_put(const struct setting *s, struct config *config, struct text value)
{
    list_add(place(s, config), value);
    return true;
}

static bool (*const put_by_type[])(const struct setting *, struct config *, struct text) = {
    [SETTING_NUMBER] = number_put, [SETTING_SIZE] = number_put, [SETTING_SWITCH] = switch_put,
    [SETTING_WORD] = word_put,     [SETTING_TEXT] = text_put,   [SETTING_LIST] = list_put,
};

bool setting_put(const struct setting *s, struct config *config, struct text value, struct buf *why)
{
    if (s->valid && !s->valid(value, why)) {
        return false;
    }
    if (put_by_type[s->type](s, config, value)) {
        return true;
    }
    buf_add(why, TEXT("It must be "));
    setting_expects(s, why);
    buf_add(why, TEXT("."));
    return false;
}

static void quoted_print(struct buf *out, const char *text)
{
    buf_add_char(out, '"');
    for (const char *c = text ? text : ""; *c; c++) {
        if (strchr("\"\\$", *c)) {
            buf_add_char(out, '\\');
        }
        buf_add_char(out, *c);
    }
    buf_add_char(out, '"');
}

static void list_print(struct buf *out, const struct list *list)
{
    buf_add_char(out, '{');
    for (size_t i = 0; i < list->count; i++) {
        buf_add(out, i ? TEXT(", ") : TEXT(""));
        quoted_print(out, list->at[i]);
    }
    buf_add_char(out, '}');
}

void setting_print(const struct setting *s, const struct config *config, struct buf *out)
{
    const void *at = place_to_read(s, config);
    switch (s->type) {
    case SETTING_NUMBER:
    case SETTING_SIZE:
        buf_printf(out, "%u", *(const uint32_t *)at);
        break;
    case SETTING_SWITCH:
        buf_add(out, *(const bool *)at ? TEXT("yes") : TEXT("no"));
        break;
    case SETTING_WORD:
        buf_add(out, text_of(s->words[*(const int *)at]));
        break;
    case SETTING_TEXT:
        quoted_print(out, *(char *const *)at);
        break;
    case SETTING_LIST:
        list_print(out, at);
        break;
    }
}

static void words_print(const struct setting *s, struct buf *out)
{
    for (size_t i = 0; s->words[i]; i++) {
        const char *before = i == 0 ? "" : s->words[i + 1] ? ", " : " or ";
        buf_printf(out, "%s%s", before, s->words[i]);
    }
}

static const char *unit_words(const struct setting *s)
{
    return strcmp(s->unit, "ms") == 0 ? "milliseconds" : s->unit;
}

void setting_expects(const struct setting *s, struct buf *out)
{
    switch (s->type) {
    case SETTING_NUMBER:
        buf_printf(out, "a number%s%s from %u to %u", *s->unit ? " of " : "", unit_words(s), s->min,
                   s->max);
        break;
    case SETTING_SIZE:
        buf_printf(out, "a size from %u to %u bytes, such as %s or 16KiB", s->min, s->max,
                   s->standard);
        break;
    case SETTING_SWITCH:
        buf_add(out, TEXT("yes or no"));
        break;
    case SETTING_WORD:
        words_print(s, out);
        break;
    case SETTING_TEXT:
        buf_printf(out, "a text such as \"%s\"", s->example);
        break;
    case SETTING_LIST:
        buf_printf(out, "a list such as {\"%s\"}", s->example);
        break;
    }
}

void setting_describe(const struct setting *s, struct buf *out)
{
    buf_printf(out, "Default %s", s->standard_words ? s->standard_words : s->standard);
    if (s->type == SETTING_NUMBER || s->type == SETTING_SIZE) {
        buf_printf(out, "; from %u to %u%s%s", s->min, s->max, *s->unit ? " " : "", unit_words(s));
    } else if (s->type == SETTING_WORD) {
        buf_add(out, TEXT("; "));
        words_print(s, out);
    }
    buf_add_char(out, '.');
}
