// Masks: the first line is one that a person wrote, the rest what it may match. It matches what a
// plain model says; made whole it stays as it is; and what is added to a list is there until it is
// removed.
#include "base/must.h"
#include "chat/event.h"
#include "chat/mask.h"
#include "chat/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { MODEL_MAX = 64 };

static size_t character(struct text t)
{
    size_t len = 1;
    while (len < t.len && ((unsigned char)t.at[len] & 0xC0) == 0x80) {
        len++;
    }
    return len;
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
}

static bool is_ascii(struct text t)
{
    size_t i = 0;
    while (i < t.len && (unsigned char)t.at[i] < 0x80) {
        i++;
    }
    return i == t.len;
}

// Whether the ends of both match, for every pair of ends.
static bool model(struct text mask, struct text t)
{
    static bool ends[MODEL_MAX + 1][MODEL_MAX + 1];
    for (size_t m = mask.len + 1; m-- > 0;) {
        for (size_t i = t.len + 1; i-- > 0;) {
            bool left = i < t.len;
            size_t next = left ? i + character(text_skip(t, i)) : 0;
            if (m == mask.len) {
                ends[m][i] = !left;
            } else if (mask.at[m] == '*') {
                ends[m][i] = ends[m + 1][i] || (left && ends[m][i + 1]);
            } else if (mask.at[m] == '?') {
                ends[m][i] = left && ends[m + 1][next];
            } else {
                ends[m][i] = left && lower(mask.at[m]) == lower(t.at[i]) && ends[m + 1][i + 1];
            }
        }
    }
    return ends[0][0];
}

static void complete(struct text written, struct buf *out)
{
    buf_init(out, 8 * 1024);
    mask_complete(written, out);
}

static void check_complete(struct text written)
{
    struct buf once;
    struct buf twice;
    complete(written, &once);
    struct text mask = buf_text(&once);
    complete(mask, &twice);
    must(mask.len && text_equal(mask, buf_text(&twice)));
    size_t bang = text_find(mask, '!');
    struct text login = text_skip(mask, bang + 1);
    size_t at = text_find(login, '@');
    must(*mask.at == '~' || *mask.at == '$' ||
         (bang > 0 && bang < mask.len && at > 0 && at + 1 < login.len));
    buf_finish(&once);
    buf_finish(&twice);
}

static bool add(struct rules *rules, struct text mask)
{
    return rules_add(rules, RULE_BANS, &(struct rule_mask){.mask = mask, .by = TEXT("a")});
}

static void check_lists(struct text mask, struct text t)
{
    struct rules *rules = rules_create(0);
    struct actor actor = {.name = text_head(t, 32), .account = text_skip(t, 32)};
    must(!rules_match(rules, RULE_BANS, &actor, 1));
    must(add(rules, mask));
    must(!add(rules, mask));
    bool matches = rules_match(rules, RULE_BANS, &actor, 1);
    must(!rules_match(rules, RULE_EXCEPTIONS, &actor, 1));
    must(add(rules, TEXT("nobody")) == !mask_same(mask, TEXT("nobody")));
    must(rules_match(rules, RULE_BANS, &actor, 1) == matches);
    must(rules_remove(rules, RULE_BANS, mask) && !rules_remove(rules, RULE_BANS, mask));
    rules_destroy(rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct text all = {(const char *)bytes, len};
    size_t end = text_find(all, '\n');
    struct text mask = text_head(all, end);
    struct text t = text_skip(all, end + 1);
    if (mask.len <= MODEL_MAX && t.len <= MODEL_MAX) {
        bool ascii = is_ascii(mask) && is_ascii(t);
        must(mask_matches(mask, t) == model(mask, t) || !ascii);
        must(mask_matches(mask, t) || !model(mask, t));
    } else {
        mask_matches(mask, t);
    }
    if (mask.len && text_find(mask, '\0') == mask.len) {
        check_complete(mask);
        check_lists(mask, t);
    }
    return 0;
}
