#include "base/utf8.h"

#include <utf8proc.h>

// Bytes of the code point at the start of `t`, or 0 if it is none.
static size_t decode(struct text t, utf8proc_int32_t *code)
{
    utf8proc_ssize_t used =
        utf8proc_iterate((const utf8proc_uint8_t *)t.at, (utf8proc_ssize_t)t.len, code);
    return used > 0 ? (size_t)used : 0;
}

// How many bytes at the start of `t` are ASCII, eight at a time: most of what is said.
static size_t ascii_run(struct text t)
{
    size_t at = 0;
    uint64_t eight;
    while (t.len - at >= sizeof eight) {
        memcpy(&eight, t.at + at, sizeof eight);
        if (eight & 0x8080808080808080u) {
            break;
        }
        at += sizeof eight;
    }
    while (at < t.len && (unsigned char)t.at[at] < 0x80) {
        at++;
    }
    return at;
}

bool utf8_valid(struct text t)
{
    while (t.len) {
        utf8proc_int32_t code;
        size_t used = ascii_run(t);
        if (!used) {
            used = decode(t, &code);
        }
        if (!used) {
            return false;
        }
        t = text_skip(t, used);
    }
    return true;
}

struct text utf8_cut(struct text t, size_t max_bytes)
{
    if (t.len <= max_bytes) {
        return t;
    }
    size_t at = 0;
    size_t grapheme_end = 0;
    size_t code_point_end = 0;
    utf8proc_int32_t before = -1;
    utf8proc_int32_t state = 0;
    while (at <= max_bytes) {
        utf8proc_int32_t code;
        size_t used = decode(text_skip(t, at), &code);
        if (!used) {
            break;
        }
        if (before < 0 || utf8proc_grapheme_break_stateful(before, code, &state)) {
            grapheme_end = at;
        }
        code_point_end = at;
        before = code;
        at += used;
    }
    return text_head(t, grapheme_end ? grapheme_end : code_point_end);
}

size_t utf8_graphemes(struct text t)
{
    size_t count = 0;
    utf8proc_int32_t before = -1;
    utf8proc_int32_t state = 0;
    while (t.len) {
        utf8proc_int32_t code;
        size_t used = decode(t, &code);
        if (!used) {
            break;
        }
        count += before < 0 || utf8proc_grapheme_break_stateful(before, code, &state);
        before = code;
        t = text_skip(t, used);
    }
    return count;
}

static bool is_bidi_or_separator(utf8proc_int32_t code)
{
    return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0x200E || code == 0x200F || code == 0x061C || code == 0x2028 || code == 0x2029;
}

// How many bytes at the start of `t` a terminal may have as they are.
static size_t visible_run(struct text t, bool keep_tabs)
{
    size_t at = 0;
    while (at < t.len) {
        unsigned char byte = (unsigned char)t.at[at];
        utf8proc_int32_t code;
        if ((byte >= 0x20 && byte < 0x7F) || (byte == '\t' && keep_tabs)) {
            at++;
        } else if (byte < 0x80) {
            break;
        } else {
            size_t used = decode(text_skip(t, at), &code);
            if (!used || code < 0xA0 || is_bidi_or_separator(code)) {
                break;
            }
            at += used;
        }
    }
    return at;
}

// Adds what stands for the character at the start of `t`, and takes it off `t`.
static bool add_escape(struct buf *b, struct text *t)
{
    utf8proc_int32_t code;
    size_t used = decode(*t, &code);
    unsigned byte = (unsigned char)*t->at;
    *t = text_skip(*t, used ? used : 1);
    if (!used || code < 0x100) {
        return buf_printf(b, "\\x%02x", used ? (unsigned)code : byte);
    }
    return buf_printf(b, "\\u{%04x}", (unsigned)code);
}

bool utf8_add_visible(struct buf *b, struct text t, bool keep_tabs)
{
    size_t before = b->len;
    bool fits = true;
    while (t.len && fits) {
        size_t run = visible_run(t, keep_tabs);
        fits = buf_add(b, text_head(t, run));
        t = text_skip(t, run);
        if (t.len && fits) {
            fits = add_escape(b, &t);
        }
    }
    if (!fits) {
        buf_cut(b, before);
    }
    return fits;
}
