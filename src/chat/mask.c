#include "chat/mask.h"

#include <ctype.h>

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t character_len(struct text t, size_t at)
{
    size_t len = 1;
    while (at + len < t.len && ((unsigned char)t.at[at + len] & 0xC0) == 0x80) {
        len++;
    }
    return len;
}

bool mask_matches(struct text mask, struct text t)
{
    size_t m = 0;
    size_t i = 0;
    // Where the last '*' stood and how far it reached: only that one is ever tried again.
    size_t star = mask.len;
    size_t reached = 0;
    while (i < t.len) {
        if (m < mask.len && mask.at[m] == '*') {
            star = m++;
            reached = i;
        } else if (m < mask.len && mask.at[m] == '?') {
            m++;
            i += character_len(t, i);
        } else if (m < mask.len && same(mask.at[m], t.at[i])) {
            m++;
            i++;
        } else if (star < mask.len) {
            m = star + 1;
            i = ++reached;
        } else {
            return false;
        }
    }
    while (m < mask.len && mask.at[m] == '*') {
        m++;
    }
    return m == mask.len;
}
