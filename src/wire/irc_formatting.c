#include "wire/irc_formatting.h"

#include <string.h>

enum { COLOUR = 0x03, HEX_COLOUR = 0x04, COLOUR_DIGITS = 2, HEX_DIGITS = 6 };

// Bold, colour, hex colour, reset, fixed width, swapped, italic, struck, underlined.
static const char codes[] = "\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f";
static const char digits[] = "0123456789abcdefABCDEF";

static bool is_one_of(char byte, const char *set, size_t count)
{
    return memchr(set, byte, count) != NULL;
}

// One or two decimal digits; six hexadecimal ones or none.
static size_t colour_len(struct text t, char code)
{
    size_t kinds = code == COLOUR ? 10 : sizeof digits - 1;
    size_t most = code == COLOUR ? COLOUR_DIGITS : HEX_DIGITS;
    size_t len = 0;
    while (len < t.len && len < most && is_one_of(t.at[len], digits, kinds)) {
        len++;
    }
    return code == COLOUR || len == HEX_DIGITS ? len : 0;
}

size_t irc_formatting_len(struct text t)
{
    if (t.len == 0 || !is_one_of(*t.at, codes, sizeof codes - 1)) {
        return 0;
    }
    if (*t.at != COLOUR && *t.at != HEX_COLOUR) {
        return 1;
    }
    size_t len = 1 + colour_len(text_skip(t, 1), *t.at);
    if (len > 1 && len < t.len && t.at[len] == ',') {
        size_t behind = colour_len(text_skip(t, len + 1), *t.at);
        len += behind ? 1 + behind : 0;
    }
    return len;
}

struct text irc_formatting_before(struct text t)
{
    size_t len = 0;
    while (len < t.len && !is_one_of(t.at[len], codes, sizeof codes - 1)) {
        len++;
    }
    return text_head(t, len);
}
