#include "base/text.h"

#include "base/must.h"

#include <string.h>

struct text text_of(const char *string)
{
    return string ? (struct text){string, strlen(string)} : TEXT("");
}

char *text_copy(struct text t)
{
    char *copy = mem_alloc(t.len + 1);
    if (t.len) {
        memcpy(copy, t.at, t.len);
    }
    return copy;
}

// Most owned texts of a connection are empty, and cost nothing.
static const char nothing[1];

struct text text_own(struct text t)
{
    return (struct text){t.len ? text_copy(t) : nothing, t.len};
}

void text_disown(struct text t)
{
    if (t.at != nothing) {
        free((char *)t.at);
    }
}

void text_replace(struct text *owned, struct text value)
{
    struct text copy = text_own(value);
    text_disown(*owned);
    *owned = copy;
}

bool text_equal(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool text_equal_secret(struct text secret, struct text given)
{
    // Looked at as volatile, so that no compiler ends the loop early.
    volatile unsigned char differs = secret.len != given.len;
    for (size_t i = 0; i < given.len; i++) {
        char byte = secret.len ? secret.at[i % secret.len] : 0;
        differs = (unsigned char)(differs | (byte ^ given.at[i]));
    }
    return differs == 0;
}

static unsigned char lower(char byte)
{
    return (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

bool text_equal_nocase(struct text a, struct text b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.at[i]) != lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

bool text_starts(struct text t, struct text prefix)
{
    return t.len >= prefix.len && text_equal(text_head(t, prefix.len), prefix);
}

int text_compare(struct text a, struct text b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.at, b.at, shorter) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

struct text text_skip(struct text t, size_t count)
{
    size_t skipped = count < t.len ? count : t.len;
    return (struct text){t.at ? t.at + skipped : t.at, t.len - skipped};
}

struct text text_head(struct text t, size_t count)
{
    return (struct text){t.at, count < t.len ? count : t.len};
}

static bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct text text_trim(struct text t)
{
    while (t.len && is_space(t.at[t.len - 1])) {
        t.len--;
    }
    while (t.len && is_space(*t.at)) {
        t = text_skip(t, 1);
    }
    return t;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static struct text skip_blanks(struct text t)
{
    while (t.len && is_blank(*t.at)) {
        t = text_skip(t, 1);
    }
    return t;
}

struct text text_word(struct text *rest)
{
    struct text from = skip_blanks(*rest);
    size_t len = 0;
    while (len < from.len && !is_blank(from.at[len])) {
        len++;
    }
    *rest = skip_blanks(text_skip(from, len));
    return text_head(from, len);
}

struct text text_without_line_end(struct text t)
{
    t.len -= t.len && t.at[t.len - 1] == '\n';
    t.len -= t.len && t.at[t.len - 1] == '\r';
    return t;
}

size_t text_digits(struct text t)
{
    size_t count = 0;
    while (count < t.len && t.at[count] >= '0' && t.at[count] <= '9') {
        count++;
    }
    return count;
}

size_t text_find(struct text t, char byte)
{
    const char *found = t.len ? memchr(t.at, byte, t.len) : NULL;
    return found ? (size_t)(found - t.at) : t.len;
}

bool text_number(struct text t, uint64_t max, uint64_t *number)
{
    uint64_t value = 0;
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] < '0' || t.at[i] > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(t.at[i] - '0');
        if (value > (max - digit) / 10 || digit > max) {
            return false;
        }
        value = value * 10 + digit;
    }
    if (t.len) {
        *number = value;
    }
    return t.len > 0;
}
