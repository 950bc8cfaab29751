// The values of settings: from text and to text.
#include "base/must.h"
#include "server/config.h"
#include "server/settings.h"
#include "server/text_file.h"

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

static bool file_put(const struct setting *s, struct config *config, struct text value,
                     struct buf *why)
{
    struct file_setting *file = place(s, config);
    char *lines = text_file_read(value, why);
    if (lines) {
        free(file->path);
        free(file->lines);
        *file = (struct file_setting){text_copy(value), lines};
    }
    return lines != NULL;
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
    if (s->type == SETTING_FILE) {
        return file_put(s, config, value, why);
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

// Of NAME:PASSWORD the name.
static void secret_print(struct buf *out, const char *text)
{
    struct text name = text_head(text_of(text), text_find(text_of(text), ':'));
    struct buf shown;
    buf_init(&shown, 1024);
    buf_printf(&shown, "%.*s:***", TEXT_ARG(name));
    buf_add_char(&shown, '\0');
    quoted_print(out, shown.at);
    buf_finish(&shown);
}

static void list_print(struct buf *out, const struct list *list, bool secret)
{
    buf_add_char(out, '{');
    for (size_t i = 0; i < list->count; i++) {
        buf_add(out, i ? TEXT(", ") : TEXT(""));
        (secret ? secret_print : quoted_print)(out, list->at[i]);
    }
    buf_add_char(out, '}');
}

static void text_print(struct buf *out, const char *text, bool secret)
{
    quoted_print(out, secret && text ? "***" : text);
}

bool setting_is_unset(const struct setting *s, const struct config *config)
{
    const char *text = "a value";
    if (s->type == SETTING_TEXT) {
        text = *(char *const *)place_to_read(s, config);
    } else if (s->type == SETTING_FILE) {
        text = ((const struct file_setting *)place_to_read(s, config))->path;
    }
    struct buf why;
    buf_init(&why, 1024);
    bool unset =
        (!text || !*text) && (s->type == SETTING_FILE || (s->valid && !s->valid(TEXT(""), &why)));
    buf_finish(&why);
    return unset;
}

void setting_print(const struct setting *s, const struct config *config, struct buf *out)
{
    const void *at = place_to_read(s, config);
    bool secret = s->use & SETTING_SECRET;
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
        text_print(out, *(char *const *)at, secret);
        break;
    case SETTING_LIST:
        list_print(out, at, secret);
        break;
    case SETTING_FILE:
        quoted_print(out, ((const struct file_setting *)at)->path);
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
    case SETTING_FILE:
        buf_printf(out, "the path of a file such as \"%s\"", s->example);
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
