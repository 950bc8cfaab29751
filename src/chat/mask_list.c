#include "chat/mask_list.h"

#include "base/must.h"
#include "chat/event.h"
#include "chat/mask.h"

static const struct text speech_prefix = TEXT_INIT("~m:");

bool mask_is_for_speech(struct text mask)
{
    return text_starts(mask, speech_prefix);
}

static struct text without_prefix(struct text mask)
{
    return text_skip(mask, mask_is_for_speech(mask) ? speech_prefix.len : 0);
}

static bool is_about_account(struct text mask)
{
    return text_starts(mask, TEXT("~a"));
}

// What stands behind the last '@'.
static struct text host_of(struct text mask)
{
    size_t at = mask.len;
    while (at && mask.at[at - 1] != '@') {
        at--;
    }
    return text_skip(mask, at);
}

bool mask_has_address(struct text mask)
{
    struct address_range range;
    return !is_about_account(without_prefix(mask)) &&
           address_range_parse(host_of(without_prefix(mask)), &range);
}

bool mask_is_good(struct text mask)
{
    for (size_t i = 0; i < mask.len; i++) {
        if ((unsigned char)mask.at[i] <= ' ' || mask.at[i] == 0x7F) {
            return false;
        }
    }
    return mask.len > 0 && mask.len <= RULE_MASK_BYTES_MAX;
}

static void add_whole(struct text written, struct buf *out)
{
    size_t bang = text_find(written, '!');
    size_t at = text_find(written, '@');
    if (bang < written.len) {
        buf_add(out, bang ? text_head(written, bang) : TEXT("*"));
    } else {
        buf_add(out, at < written.len ? TEXT("*") : written);
    }
    struct text login = bang < written.len ? text_skip(written, bang + 1)
                        : at < written.len ? written
                                           : TEXT("");
    at = text_find(login, '@');
    struct text host = text_skip(login, at + 1);
    login = text_head(login, at);
    buf_printf(out, "!%.*s@%.*s", login.len ? (int)login.len : 1, login.len ? login.at : "*",
               host.len ? (int)host.len : 1, host.len ? host.at : "*");
}

void mask_complete(struct text written, struct buf *out)
{
    struct address_range range;
    if (mask_is_for_speech(written)) {
        buf_add(out, speech_prefix);
        written = without_prefix(written);
    }
    if (text_starts(written, TEXT("~")) || text_starts(written, TEXT("$"))) {
        buf_add(out, written);
    } else if (address_range_parse(written, &range)) {
        buf_printf(out, "*!*@%.*s", TEXT_ARG(written));
    } else {
        add_whole(written.len ? written : TEXT("*"), out);
    }
}

static void mask_disown(struct rule_mask *mask)
{
    text_disown(mask->mask);
    text_disown(mask->by);
    text_disown(mask->why);
}

void rule_list_finish(struct rule_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        mask_disown(&list->at[i]);
    }
    free(list->at);
    *list = (struct rule_list){0};
}

static size_t find(const struct rule_list *list, struct text mask)
{
    size_t i = 0;
    while (i < list->count && !mask_same(list->at[i].mask, mask)) {
        i++;
    }
    return i;
}

bool rule_mask_differs(const struct rule_mask *mask, const struct rule_mask *wanted)
{
    return mask->until_ms != wanted->until_ms ||
           (wanted->why.len && !text_equal(mask->why, wanted->why));
}

const struct rule_mask *rule_list_find(const struct rule_list *list, struct text mask)
{
    size_t i = find(list, mask);
    return i < list->count ? &list->at[i] : NULL;
}

bool rule_list_add(struct rule_list *list, size_t most, const struct rule_mask *mask)
{
    if (find(list, mask->mask) < list->count || list->count >= most) {
        return false;
    }
    list->at = mem_grow(list->at, (list->count + 1) * sizeof *list->at);
    struct rule_mask *own = &list->at[list->count++];
    *own = *mask;
    own->mask = text_own(mask->mask);
    own->by = text_own(mask->by);
    own->why = text_own(mask->why);
    struct text person = without_prefix(own->mask);
    own->has_range = !is_about_account(person) && address_range_parse(host_of(person), &own->range);
    return true;
}

void rule_list_copy(struct rule_list *copy, const struct rule_list *list)
{
    *copy = (struct rule_list){.count = list->count};
    if (list->count) {
        copy->at = mem_array(list->count, sizeof *copy->at);
    }
    for (size_t i = 0; i < list->count; i++) {
        struct rule_mask *own = &copy->at[i];
        *own = list->at[i];
        own->mask = text_own(own->mask);
        own->by = text_own(own->by);
        own->why = text_own(own->why);
    }
}

static void remove_at(struct rule_list *list, size_t i)
{
    mask_disown(&list->at[i]);
    list->count--;
    memmove(list->at + i, list->at + i + 1, (list->count - i) * sizeof *list->at);
}

bool rule_list_remove(struct rule_list *list, struct text mask)
{
    size_t i = find(list, mask);
    bool found = i < list->count;
    if (found) {
        remove_at(list, i);
    }
    return found;
}

static bool has_ended(const struct rule_mask *mask, int64_t now_ms)
{
    return mask->until_ms && mask->until_ms <= now_ms;
}

bool rule_list_expire(struct rule_list *list, int64_t now_ms)
{
    size_t before = list->count;
    for (size_t i = list->count; i-- > 0;) {
        if (has_ended(&list->at[i], now_ms)) {
            remove_at(list, i);
        }
    }
    return list->count < before;
}

// "~a:account", and "~a" alone for everybody who has one.
static bool matches_account(struct text mask, struct text account)
{
    struct text wanted = text_skip(mask, 2);
    if (wanted.len == 0) {
        return account.len > 0;
    }
    return account.len && *wanted.at == ':' && mask_matches(text_skip(wanted, 1), account);
}

// The part before '@' against the name and login, and the range against the address.
static bool matches_address(const struct rule_mask *mask, struct text person,
                            const struct actor *actor, struct text full)
{
    struct text host = host_of(person);
    struct text before = text_head(person, person.len - host.len - 1);
    return address_range_covers(&mask->range, &actor->address) &&
           mask_matches(before, text_head(full, full.len - host_of(full).len - 1));
}

static bool matches(const struct rule_mask *mask, const struct actor *actor, struct text full)
{
    struct text person = without_prefix(mask->mask);
    if (is_about_account(person)) {
        return matches_account(person, actor->account);
    }
    return mask_matches(person, full) ||
           (mask->has_range && matches_address(mask, person, actor, full));
}

const struct rule_mask *rule_list_match(const struct rule_list *list, const struct actor *actor,
                                        bool speech, int64_t now_ms)
{
    const struct rule_mask *found = NULL;
    struct buf full;
    if (list->count == 0) {
        return NULL;
    }
    buf_init(&full, 1024);
    actor_add_mask(&full, actor);
    for (size_t i = 0; i < list->count && !found; i++) {
        const struct rule_mask *mask = &list->at[i];
        bool counts = !has_ended(mask, now_ms) && (speech || !mask_is_for_speech(mask->mask));
        found = counts && matches(mask, actor, buf_text(&full)) ? mask : NULL;
    }
    buf_finish(&full);
    return found;
}
