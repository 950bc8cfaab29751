#include "support/talk_script.h"

enum { COUNT_MAX = 2 * 1024 * 1024 };

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
