#include "chat/mask.h"

#include "base/utf8.h"
#include "chat/name.h"

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

static bool bytes_match(struct text mask, struct text t)
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

static bool is_ascii(struct text t)
{
    size_t i = 0;
    while (i < t.len && (unsigned char)t.at[i] < 0x80) {
        i++;
    }
    return i == t.len;
}

// False if that is not to be had.
static bool fold(struct text t, struct buf *folded)
{
    buf_init(folded, NAME_KEY_MAX);
    return utf8_valid(t) && name_fold(t, folded);
}

static bool same_folded(struct text a, struct text b, bool (*same_bytes)(struct text, struct text))
{
    struct buf first;
    struct buf second;
    bool a_folds = fold(a, &first);
    bool b_folds = fold(b, &second);
    bool same = a_folds && b_folds && same_bytes(buf_text(&first), buf_text(&second));
    buf_finish(&first);
    buf_finish(&second);
    return same;
}

bool mask_matches(struct text mask, struct text t)
{
    return bytes_match(mask, t) ||
           (!(is_ascii(mask) && is_ascii(t)) && same_folded(mask, t, bytes_match));
}

bool mask_same(struct text a, struct text b)
{
    return text_equal_nocase(a, b) ||
           (!(is_ascii(a) && is_ascii(b)) && same_folded(a, b, text_equal));
}
