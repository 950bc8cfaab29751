// Validity is RFC 3629's; a cut ends between code points; what is shown obeys nothing.
// Input: one byte that says where to cut, then text.
#include "base/must.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { VISIBLE_MAX = 1 << 24 };

// RFC 3629, section 4: lead bytes, the range of the second byte, how many follow it.
static const struct row {
    uint8_t first, last, second_first, second_last;
    size_t more;
} rows[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 0}, {0xE0, 0xE0, 0xA0, 0xBF, 1}, {0xE1, 0xEC, 0x80, 0xBF, 1},
    {0xED, 0xED, 0x80, 0x9F, 1}, {0xEE, 0xEF, 0x80, 0xBF, 1}, {0xF0, 0xF0, 0x90, 0xBF, 2},
    {0xF1, 0xF3, 0x80, 0xBF, 2}, {0xF4, 0xF4, 0x80, 0x8F, 2},
};

// Bytes of the character at the start, or 0 if there is none.
static size_t character(const uint8_t *bytes, size_t len)
{
    if (bytes[0] < 0x80) {
        return 1;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        if (bytes[0] < r->first || bytes[0] > r->last) {
            continue;
        }
        bool good = len >= 2 + r->more && bytes[1] >= r->second_first && bytes[1] <= r->second_last;
        for (size_t more = 0; good && more < r->more; more++) {
            good = (bytes[2 + more] & 0xC0) == 0x80;
        }
        return good ? 2 + r->more : 0;
    }
    return 0;
}

static bool is_valid(const uint8_t *bytes, size_t len)
{
    size_t used = 1;
    for (; len && used; bytes += used, len -= used) {
        used = character(bytes, len);
        if (!used) {
            return false;
        }
    }
    return true;
}

static void check_cut(struct text t, size_t max)
{
    struct text cut = utf8_cut(t, max);
    must(cut.len <= max && cut.at == t.at && utf8_valid(cut));
    must(t.len > max ? true : cut.len == t.len);
    // Whole graphemes: what is left and what is right add up, unless one alone is longer.
    size_t graphemes = utf8_graphemes(t);
    size_t halves = utf8_graphemes(cut) + utf8_graphemes(text_skip(t, cut.len));
    must(graphemes <= t.len && halves >= graphemes);
    must(text_equal(utf8_cut(cut, max), cut));
}

static void check_visible(struct text t, bool keep_tabs)
{
    struct buf visible;
    struct buf again;
    buf_init(&visible, VISIBLE_MAX);
    must(utf8_add_visible(&visible, t, keep_tabs));
    must(visible.len >= t.len && visible.len <= 4 * t.len);
    must(utf8_valid(buf_text(&visible)));
    for (size_t i = 0; i < visible.len; i++) {
        unsigned char byte = (unsigned char)visible.at[i];
        must(byte >= 0x20 ? byte != 0x7F : byte == '\t' && keep_tabs);
        must(byte != 0xC2 || (unsigned char)visible.at[i + 1] >= 0xA0);
    }
    buf_init(&again, visible.len);
    must(utf8_add_visible(&again, buf_text(&visible), keep_tabs));
    must(text_equal(buf_text(&again), buf_text(&visible)));
    if (visible.len) {
        struct buf small;
        buf_init(&small, visible.len - 1);
        must(!utf8_add_visible(&small, t, keep_tabs) && small.len == 0);
        buf_finish(&small);
    }
    buf_finish(&visible);
    buf_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0) {
        return 0;
    }
    struct text t = {(const char *)bytes + 1, len - 1};
    bool valid = utf8_valid(t);
    must(valid == is_valid(bytes + 1, len - 1));
    if (valid) {
        check_cut(t, bytes[0] & 127);
    }
    check_visible(t, bytes[0] & 128);
    return 0;
}
