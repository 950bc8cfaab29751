#include "chat/notes.h"

#include "chat/core_state.h"
#include "chat/device.h"
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

static void keep(struct core *core, enum notes_kind kind, struct text owner, struct text key,
                 struct text value)
{
    struct buf name;
    struct buf written;
    buf_init(&name, STORE_RECORD_KEY_MAX);
    buf_init(&written, NOTE_VALUE_MAX + 1);
    buf_printf(&name, "%.*s %.*s", TEXT_ARG(owner), TEXT_ARG(key));
    if (value.at) {
        buf_add_char(&written, '=');
        buf_add(&written, value);
    }
    struct record record = {
        .kind = kinds[kind].record, .key = buf_text(&name), .value = buf_text(&written)};
    core_keep(core, &record, NULL);
    buf_finish(&name);
    buf_finish(&written);
}

static void add_room(struct buf *owner, const struct room *room)
{
    buf_printf(owner, "room:%.*s", TEXT_ARG(room->place));
}

bool notes_keep(struct core *core, struct notes_owner owner, enum notes_kind kind, struct text key,
                struct text value)
{
    if (!notes_set(notes_of(core, owner, kind), key, value, kinds[kind].most)) {
        return false;
    }
    const struct account *account = owner.account ? owner.account
                                    : owner.room  ? NULL
                                                  : account_of(core, owner.user);
    struct buf name;
    buf_init(&name, STORE_RECORD_KEY_MAX);
    if (owner.room) {
        add_room(&name, owner.room);
    } else if (account) {
        buf_printf(&name, "account:%llu", (unsigned long long)account->number);
    }
    if (name.len) {
        keep(core, kind, buf_text(&name), key, value);
    }
    buf_finish(&name);
    return true;
}

bool session_set_note(struct session *session, struct notes_owner owner, enum notes_kind kind,
                      struct text key, struct text value)
{
    return notes_keep(session->core, owner, kind, key, value);
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

bool notes_load(struct core *core, const struct record *record)
{
    for (int kind = 0; kind < NOTES_KINDS; kind++) {
        if (!text_equal(record->kind, kinds[kind].record)) {
            continue;
        }
        struct text owner = text_head(record->key, text_find(record->key, ' '));
        struct notes *notes = owned_by(core, (enum notes_kind)kind, owner);
        if (notes) {
            struct text value = text_skip(record->value, 1);
            notes_set(notes, text_skip(record->key, owner.len + 1), value, kinds[kind].most);
            if (kind == NOTES_SEEN) {
                devices_load(core, value);
            }
        } else {
            core_keep(core, &(struct record){record->kind, record->key, TEXT("")}, NULL);
        }
        return true;
    }
    return false;
}

static void forget_all(struct core *core, enum notes_kind kind, struct text owner,
                       struct notes *notes)
{
    for (const struct note *note = notes->by_key; note; note = note->hh.next) {
        keep(core, kind, owner, note->key, (struct text){NULL, 0});
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
