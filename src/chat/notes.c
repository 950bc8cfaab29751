#include "chat/notes.h"

#include "base/must.h"
#include "chat/change.h"
#include "chat/core_state.h"
#include "chat/device.h"
#include "chat/mail.h"
#include "chat/room.h"
#include "chat/session.h"

// A record's key is its owner, a blank, and the note's key; its value is '=' and the note's, which
// may be empty.
static const struct {
    struct text record;
    size_t most;
} kinds[NOTES_KINDS] = {
    [NOTES_METADATA] = {TEXT_INIT("metadata"), NOTES_METADATA_MAX},
    [NOTES_READ] = {TEXT_INIT("read"), NOTES_READ_MAX},
    [NOTES_MAIL] = {TEXT_INIT("mail"), NOTES_MAIL_MAX},
    [NOTES_SEEN] = {TEXT_INIT("seen"), NOTES_SEEN_MAX},
    [NOTES_STAY] = {TEXT_INIT("stay"), NOTES_STAY_MAX},
};

const char *notes_word(enum notes_kind kind)
{
    return kinds[kind].record.at;
}

static struct note *find(const struct notes *notes, struct text key)
{
    struct note *note = NULL;
    HASH_FIND(hh, notes->by_key, key.at, key.len, note);
    return note;
}

struct text notes_get(const struct notes *notes, struct text key)
{
    const struct note *note = find(notes, key);
    return note ? note->value : (struct text){NULL, 0};
}

static void forget(struct notes *notes, struct note *note)
{
    HASH_DEL(notes->by_key, note);
    text_disown(note->key);
    text_disown(note->value);
    free(note);
}

bool notes_set(struct notes *notes, struct text key, struct text value, size_t most)
{
    struct note *note = find(notes, key);
    if (!value.at) {
        if (note) {
            forget(notes, note);
        }
        return true;
    }
    if (note) {
        text_replace(&note->value, value);
        return true;
    }
    if (notes_count(notes) >= most) {
        return false;
    }
    note = mem_alloc(sizeof *note);
    note->key = text_own(key);
    note->value = text_own(value);
    HASH_ADD_KEYPTR(hh, notes->by_key, note->key.at, note->key.len, note);
    const struct note *before = note->hh.prev;
    note->order = before ? before->order + 1 : 1;
    return true;
}

size_t notes_count(const struct notes *notes)
{
    return HASH_COUNT(notes->by_key);
}

void notes_clear(struct notes *notes)
{
    struct note *note;
    struct note *next;
    HASH_ITER(hh, notes->by_key, note, next)
    {
        forget(notes, note);
    }
}

static struct account *account_of(const struct core *core, const struct user *user)
{
    bool registered = user->identity.account;
    return registered ? account_by_number(&core->accounts, user->identity.number) : NULL;
}

static struct notes *notes_of(struct core *core, struct notes_owner owner, enum notes_kind kind)
{
    if (owner.room) {
        return &owner.room->metadata;
    }
    struct account *account = owner.account ? owner.account : account_of(core, owner.user);
    return account ? &account->notes[kind] : &owner.user->notes[kind];
}

struct notes *session_notes(const struct session *session, struct notes_owner owner,
                            enum notes_kind kind)
{
    return notes_of(session->core, owner, kind);
}

// A record in these buffers.
struct written {
    struct buf key;
    struct buf value;
};

static struct record write_note(struct written *written, enum notes_kind kind, struct text owner,
                                struct text key, struct text value)
{
    buf_init(&written->key, STORE_RECORD_KEY_MAX);
    buf_init(&written->value, NOTE_VALUE_MAX + 1);
    buf_printf(&written->key, "%.*s %.*s", TEXT_ARG(owner), TEXT_ARG(key));
    if (value.at) {
        buf_add_char(&written->value, '=');
        buf_add(&written->value, value);
    }
    return (struct record){.kind = kinds[kind].record,
                           .key = buf_text(&written->key),
                           .value = buf_text(&written->value)};
}

static void written_finish(struct written *written)
{
    buf_finish(&written->key);
    buf_finish(&written->value);
}

static void keep(struct core *core, enum notes_kind kind, struct text owner, struct text key,
                 struct text value, uint64_t cookie)
{
    struct written written;
    struct record record = write_note(&written, kind, owner, key, value);
    store_set(core->store, &record, cookie);
    written_finish(&written);
}

static void add_room(struct buf *owner, const struct room *room)
{
    buf_printf(owner, "room:%.*s", TEXT_ARG(room->place));
}

// "room:#sea" or "account:7"; nothing for a guest, whose notes are kept nowhere.
static void add_owner(struct core *core, struct notes_owner owner, struct buf *name)
{
    const struct account *account = owner.account ? owner.account
                                    : owner.room  ? NULL
                                                  : account_of(core, owner.user);
    if (owner.room) {
        add_room(name, owner.room);
    } else if (account) {
        buf_printf(name, "account:%llu", (unsigned long long)account->number);
    }
}

bool notes_keep_for(struct core *core, struct notes_owner owner, enum notes_kind kind,
                    struct text key, struct text value, uint64_t cookie)
{
    if (!notes_set(notes_of(core, owner, kind), key, value, kinds[kind].most)) {
        return false;
    }
    struct buf name;
    buf_init(&name, STORE_RECORD_KEY_MAX);
    add_owner(core, owner, &name);
    if (name.len) {
        keep(core, kind, buf_text(&name), key, value, cookie);
    }
    buf_finish(&name);
    return true;
}

bool notes_keep(struct core *core, struct notes_owner owner, enum notes_kind kind, struct text key,
                struct text value)
{
    return notes_keep_for(core, owner, kind, key, value, COOKIE_RECORD);
}

struct note_change {
    struct change change;
    struct note_wish wish; // its texts are owned; of its owner only the room is looked at
    char *owner;           // owned
    uint32_t user;         // 0: none
};

static struct notes *owned_by(struct core *core, enum notes_kind kind, struct text owner);

static struct user *user_by_number(const struct core *core, uint32_t number)
{
    for (size_t i = 0; i < core->users.count; i++) {
        if (core->users.sorted[i]->number == number) {
            return core->users.sorted[i];
        }
    }
    return NULL;
}

// A read marker only moves forward, whichever of a person's sessions comes last.
static bool is_older(const struct note_wish *wish, struct text kept)
{
    uint64_t wanted = 0;
    uint64_t there = 0;
    return wish->kind == NOTES_READ && text_number(wish->value, UINT64_MAX, &wanted) && kept.at &&
           text_number(kept, UINT64_MAX, &there) && wanted < there;
}

static void set_note(struct note_change *own, struct notes *notes)
{
    struct note_wish *wish = &own->wish;
    must(notes_set(notes, wish->key, wish->value, kinds[wish->kind].most));
    wish->owner.user = own->user ? user_by_number(own->change.session->core, own->user) : NULL;
    if (wish->owner.room || wish->owner.user) {
        wish->kept(own->change.session, wish);
    }
}

static int end(struct change *change, int error)
{
    struct note_change *own = (struct note_change *)change;
    struct core *core = change->session->core;
    struct note_wish *wish = &own->wish;
    struct notes *notes = owned_by(core, wish->kind, text_of(own->owner));
    struct text kept = notes ? notes_get(notes, wish->key) : (struct text){NULL, 0};
    bool older = !error && is_older(wish, kept);
    if ((error && !change->doomed) || older) {
        keep(core, wish->kind, text_of(own->owner), wish->key, kept, COOKIE_RECORD);
    } else if (notes && !error) {
        set_note(own, notes);
    }
    text_disown(wish->key);
    text_disown(wish->value);
    text_disown(wish->about);
    free(own->owner);
    return error;
}

static void submit(struct session *session, const struct note_wish *wish, struct text owner)
{
    struct note_change *own =
        (struct note_change *)change_begin(session, wish->owner.room, sizeof *own, end);
    own->wish = *wish;
    own->wish.key = text_own(wish->key);
    own->wish.value = wish->value.at ? text_own(wish->value) : wish->value;
    own->wish.about = text_own(wish->about);
    own->owner = text_copy(owner);
    own->user = wish->owner.user ? wish->owner.user->number : 0;
    struct written written;
    struct record record = write_note(&written, wish->kind, owner, wish->key, wish->value);
    change_submit(&own->change, &record);
    written_finish(&written);
}

// The values that sessions have set, and that are not on disk yet.
static size_t count_coming(const struct core *core, enum notes_kind kind, struct text owner)
{
    size_t count = 0;
    for (const struct change *c = core->changes; c; c = c->next) {
        const struct note_change *own = (const struct note_change *)c;
        count += c->end == end && own->wish.kind == kind && own->wish.value.at &&
                 text_equal(text_of(own->owner), owner);
    }
    return count;
}

bool session_set_note(struct session *session, const struct note_wish *wish)
{
    struct core *core = session->core;
    struct notes *notes = notes_of(core, wish->owner, wish->kind);
    size_t most = kinds[wish->kind].most;
    struct buf owner;
    buf_init(&owner, STORE_RECORD_KEY_MAX);
    add_owner(core, wish->owner, &owner);
    size_t count = notes_count(notes) + count_coming(core, wish->kind, buf_text(&owner));
    bool fits = count < most || !wish->value.at || notes_get(notes, wish->key).at;
    if (fits && owner.len) {
        submit(session, wish, buf_text(&owner));
    } else if (fits) {
        notes_set(notes, wish->key, wish->value, most);
        wish->kept(session, wish);
    }
    buf_finish(&owner);
    return fits;
}

// The notes of the owner that a record names; NULL: it is no more.
static struct notes *owned_by(struct core *core, enum notes_kind kind, struct text owner)
{
    struct text place = text_skip(owner, strlen("room:"));
    if (text_starts(owner, TEXT("room:"))) {
        struct room *room = room_of_place(core, place);
        return room ? &room->metadata : NULL;
    }
    uint64_t number;
    struct text digits = text_skip(owner, strlen("account:"));
    if (!text_starts(owner, TEXT("account:")) || !text_number(digits, UINT64_MAX, &number)) {
        return NULL;
    }
    struct account *account = account_by_number(&core->accounts, number);
    return account ? &account->notes[kind] : NULL;
}

static bool load(struct core *core, enum notes_kind kind, const struct record *record)
{
    struct text owner = text_head(record->key, text_find(record->key, ' '));
    struct text value = text_skip(record->value, 1);
    struct notes *notes = owned_by(core, kind, owner);
    if (notes) {
        notes_set(notes, text_skip(record->key, owner.len + 1), value, kinds[kind].most);
    }
    if (notes && kind == NOTES_SEEN) {
        devices_load(core, value);
    } else if (notes && kind == NOTES_MAIL) {
        mail_load(core, value);
    }
    return notes != NULL;
}

bool notes_load(struct core *core, const struct record *record)
{
    int kind = 0;
    while (kind < NOTES_KINDS && !text_equal(record->kind, kinds[kind].record)) {
        kind++;
    }
    return kind == NOTES_KINDS || load(core, (enum notes_kind)kind, record);
}

static void forget_all(struct core *core, enum notes_kind kind, struct text owner,
                       struct notes *notes)
{
    for (const struct note *note = notes->by_key; note; note = note->hh.next) {
        keep(core, kind, owner, note->key, (struct text){NULL, 0}, COOKIE_RECORD);
    }
    notes_clear(notes);
}

void notes_forget_account(struct core *core, struct account *account)
{
    char owner[64];
    int len = snprintf(owner, sizeof owner, "account:%llu", (unsigned long long)account->number);
    for (int kind = 0; kind < NOTES_KINDS; kind++) {
        forget_all(core, (enum notes_kind)kind, (struct text){owner, (size_t)len},
                   &account->notes[kind]);
    }
}

void notes_forget_room(struct core *core, struct room *room)
{
    struct buf owner;
    buf_init(&owner, STORE_RECORD_KEY_MAX);
    add_room(&owner, room);
    forget_all(core, NOTES_METADATA, buf_text(&owner), &room->metadata);
    buf_finish(&owner);
}
