#include "chat/device.h"

#include "base/must.h"
#include "chat/core_state.h"
#include "chat/departed.h"
#include "chat/room.h"
#include "chat/session.h"

#include <ctype.h>
#include <inttypes.h>

enum { KEY_ID_SHOWN = 1 + 16 };

static struct device *device_of(struct session *session)
{
    if (!session->device) {
        session->device = mem_alloc(sizeof *session->device);
    }
    return session->device;
}

static bool is_name(struct text name)
{
    bool fits = name.len > 0 && name.len <= DEVICE_NAME_MAX;
    for (size_t i = 0; fits && i < name.len; i++) {
        fits = isalnum((unsigned char)name.at[i]) || memchr("-_.", name.at[i], 3);
    }
    return fits;
}

struct text device_take(struct session *session, struct text name)
{
    struct text owner = text_head(name, text_find(name, '@'));
    struct text called = text_skip(name, owner.len + 1);
    if (session->account || !is_name(called)) {
        return name;
    }
    snprintf(device_of(session)->name, DEVICE_NAME_MAX + 1, "%.*s", TEXT_ARG(called));
    return owner;
}

void device_key(struct session *session, const char *key_id)
{
    struct device *device = device_of(session);
    if (!*device->name) {
        snprintf(device->name, sizeof device->name, "%.*s", KEY_ID_SHOWN, key_id);
    }
}

// Notes have a key.
static struct text note_key(const struct device *device)
{
    return *device->name ? text_of(device->name) : TEXT("-");
}

// A note's value: "<when, in ms> <the newest message then>".
struct seen {
    uint64_t ms;
    uint64_t id;
};

static struct seen seen_of(struct text value)
{
    struct seen seen = {0};
    text_number(text_word(&value), INT64_MAX, &seen.ms);
    text_number(value, UINT64_MAX, &seen.id);
    return seen;
}

void devices_saw(struct core *core, uint64_t id)
{
    core->last_id = id > core->last_id ? id : core->last_id;
}

void devices_load(struct core *core, struct text value)
{
    devices_saw(core, seen_of(value).id);
}

bool devices_lack(const struct session *session, uint64_t id)
{
    struct text own = session->device ? note_key(session->device) : TEXT("");
    const struct note *n = session->account->notes[NOTES_SEEN].by_key;
    while (n && (text_equal(n->key, own) || seen_of(n->value).id > id)) {
        n = n->hh.next;
    }
    return n;
}

int64_t devices_seen_ms(const struct account *account)
{
    int64_t last_ms = 0;
    for (const struct note *n = account->notes[NOTES_SEEN].by_key; n; n = n->hh.next) {
        int64_t ms = (int64_t)seen_of(n->value).ms;
        last_ms = ms > last_ms ? ms : last_ms;
    }
    return last_ms;
}

int64_t session_account_seen_ms(const struct session *session, const struct account *account)
{
    const struct departed *left;
    size_t after = 0;
    do {
        left = departed_find(&session->core->departed, account->key, &after);
    } while (left && !text_equal(left->actor.account, account->name));
    int64_t seen_ms = devices_seen_ms(account);
    return left && left->left_ms > seen_ms ? left->left_ms : seen_ms;
}

static void keep(struct session *session, struct text key, struct text value)
{
    struct notes_owner owner = {.account = session->account};
    notes_keep(session->core, owner, NOTES_SEEN, key, value);
}

// Of too many the one that was not used for longest is forgotten.
static void make_room(struct session *session)
{
    const struct note *oldest = session->account->notes[NOTES_SEEN].by_key;
    must(oldest);
    for (const struct note *n = oldest->hh.next; n; n = n->hh.next) {
        oldest = seen_of(n->value).ms < seen_of(oldest->value).ms ? n : oldest;
    }
    struct text key = text_own(oldest->key);
    keep(session, key, (struct text){NULL, 0});
    text_disown(key);
}

static void note_seen(struct session *session)
{
    const struct notes *seen = &session->account->notes[NOTES_SEEN];
    struct text key = note_key(session->device);
    char value[64];
    int len = snprintf(value, sizeof value, "%" PRId64 " %" PRIu64, session->core->now.wall_ms,
                       session->core->last_id);
    if (!notes_get(seen, key).at && notes_count(seen) >= NOTES_SEEN_MAX) {
        make_room(session);
    }
    keep(session, key, (struct text){value, (size_t)len});
}

void device_came(struct session *session)
{
    struct device *device = device_of(session);
    struct text before = notes_get(&session->account->notes[NOTES_SEEN], note_key(device));
    device->known = before.at;
    device->since_id = before.at ? seen_of(before).id : 0;
    device->since_ms = before.at ? (int64_t)seen_of(before).ms : 0;
    device->mail_order = 0;
    note_seen(session); // if the server is killed, what it has missed is shown from here on
}

void device_left(struct session *session)
{
    if (session->device) {
        note_seen(session);
    }
}

struct missed session_missed(const struct session *session, const struct room *room)
{
    const struct device *device = session->device;
    const struct member *member = room_member(session, room);
    const struct recent *recent = room->recent;
    if (!device || !device->known || !member || !member->untold || !recent) {
        return (struct missed){0};
    }
    uint32_t from = recent->count;
    while (from > 0 && recent_at(recent, from - 1)->id > device->since_id) {
        from--;
    }
    return (struct missed){
        .known = true,
        .by_device = *device->name,
        .more = from == 0 && recent->count && recent_at(recent, 0)->seq > room->hidden.seq + 1,
        .count = recent->count - from,
    };
}
