#include "support/talk_script.h"

#include "base/must.h"

enum { COUNT_MAX = 2 * 1024 * 1024 };

const char *script_value(const struct script *s, struct text name)
{
    const struct script_value *value = *s->values;
    while (value && !text_equal(text_of(value->name), name)) {
        value = value->next;
    }
    return value ? value->value : NULL;
}

static void set_value(const struct script *s, struct text name, struct text value)
{
    struct script_value *set = mem_alloc(sizeof *set);
    set->name = text_copy(name);
    set->value = text_copy(value);
    set->next = *s->values;
    *s->values = set;
}

static size_t any_len(struct text t)
{
    size_t len = 0;
    while (len < t.len && t.at[len] != ' ' && t.at[len] != ';') {
        len++;
    }
    return len;
}

void script_fill(const struct script *s, struct text expected, struct text actual, bool keep,
                 struct buf *to)
{
    static const struct text any = TEXT_INIT("{any");
    while (expected.len) {
        size_t end = text_find(expected, '}');
        struct text name = text_skip(text_head(expected, end), any.len);
        if (!text_starts(expected, any) || end == expected.len || (name.len && *name.at != ':')) {
            buf_add_char(to, *expected.at);
            expected = text_skip(expected, 1);
            continue;
        }
        struct text rest = text_skip(actual, to->len);
        struct text found = text_head(rest, any_len(rest));
        if (keep && name.len) {
            set_value(s, text_skip(name, 1), found);
        }
        buf_add(to, found);
        expected = text_skip(expected, end + 1);
    }
}

static int hex(char digit)
{
    const char *digits = "0123456789abcdef";
    const char *at =
        digit ? strchr(digits, digit >= 'A' && digit <= 'F' ? digit + 32 : digit) : NULL;
    return at ? (int)(at - digits) : -1;
}

// {x*9} and {name}; returns how many bytes of `from` that was.
static size_t add_braces(const struct script *s, const struct talk_person *person, struct text from,
                         bool escapes, struct buf *to)
{
    size_t end = text_find(from, '}');
    struct text inner = text_skip(text_head(from, end), 1);
    if (end == from.len) {
        return 0;
    }
    if (text_equal(inner, TEXT("name"))) {
        buf_add(to, text_of(person->name));
        return end + 1;
    }
    const char *value = script_value(s, inner);
    if (value) {
        buf_add(to, text_of(value));
        return end + 1;
    }
    size_t star = inner.len;
    while (star > 0 && inner.at[star - 1] != '*') {
        star--;
    }
    uint64_t count;
    if (star < 2 || !text_number(text_skip(inner, star), COUNT_MAX, &count)) {
        return 0;
    }
    while (count--) {
        script_expand(s, person, text_head(inner, star - 1), escapes, to);
    }
    return end + 1;
}

static size_t add_escape(const struct script *s, struct text from, struct buf *to)
{
    static const char letters[] = "nrt\\";
    static const char bytes[] = "\n\r\t\\";
    char letter = from.len > 1 ? from.at[1] : 0;
    if (letter == 'x' && from.len > 3 && hex(from.at[2]) >= 0 && hex(from.at[3]) >= 0) {
        buf_add_char(to, (char)(hex(from.at[2]) * 16 + hex(from.at[3])));
        return 4;
    }
    size_t i = 0;
    while (letters[i] && letters[i] != letter) {
        i++;
    }
    if (!letters[i]) {
        script_fail(s, "this is no escape: ", text_head(from, 2));
    }
    buf_add_char(to, bytes[i]);
    return 2;
}

void script_expand(const struct script *s, const struct talk_person *person, struct text from,
                   bool escapes, struct buf *to)
{
    while (from.len) {
        size_t used = 0;
        if (*from.at == '{') {
            used = add_braces(s, person, from, escapes, to);
        } else if (*from.at == '\\' && escapes) {
            used = add_escape(s, from, to);
        }
        if (!used) {
            buf_add_char(to, *from.at);
            used = 1;
        }
        from = text_skip(from, used);
    }
}
