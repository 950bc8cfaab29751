#include "chat/stay.h"

#include "base/must.h"
#include "chat/core_state.h"
#include "chat/device.h"
#include "chat/errand.h"
#include "chat/mail.h"
#include "chat/room.h"
#include "chat/session.h"

enum { TICK_MS = 3600 * 1000, DAY_MS = 24 * 3600 * 1000 };

static const char *const absent_text = "Not connected";

static void render_nothing(const struct event *event, uint32_t options, struct buf *out)
{
    (void)event;
    (void)options;
    (void)out;
}

static const struct protocol stay_protocol = {.name = "stay", .render = render_nothing};

bool user_is_absent(const struct user *user)
{
    const struct session *s = user->sessions;
    while (s && s->state.gone) {
        s = s->links.user_next;
    }
    return !s;
}

static bool stays(const struct core *core, const struct account *account)
{
    if (account->flags & (ACCOUNT_SUSPENDED | ACCOUNT_NEW)) {
        return false;
    }
    switch (core->config.access.always_on) {
    case ALWAYS_ON_EVERYBODY:
        return !(account->flags & ACCOUNT_ALWAYS_OFF);
    case ALWAYS_ON_ASKED:
        return account->flags & ACCOUNT_ALWAYS_ON;
    default:
        return false;
    }
}

static struct notes_owner owned_by(struct account *account)
{
    return (struct notes_owner){.account = account};
}

static void forget_note(struct core *core, struct account *account, enum notes_kind kind,
                        const struct note *note)
{
    struct text key = text_own(note->key);
    notes_keep(core, owned_by(account), kind, key, (struct text){NULL, 0});
    text_disown(key);
}

void stay_note(const struct member *member, bool is_in)
{
    struct account *account = member->session->account;
    if (!account || account->stay != member->session) {
        return;
    }
    struct text place = member->room->place;
    struct text shown = is_in ? member->room->shown : (struct text){NULL, 0};
    if (!is_in || !text_equal(notes_get(&account->notes[NOTES_STAY], place), shown)) {
        notes_keep(member->session->core, owned_by(account), NOTES_STAY, place, shown);
    }
}

static bool is_full(const struct core *core)
{
    return core->stay_count >= core->config.limits.always_on_accounts;
}

static void begin(struct core *core, struct account *account, struct user *user)
{
    const struct peer nobody = {.unlimited = true};
    struct session *session = session_create(core, (struct handle){0}, &nobody, &stay_protocol);
    core->session_count--; // it is no connection
    session->state.gone = true;
    session->state.stays = true;
    session->account = account;
    account->stay = session;
    core->stay_count++;
    session_take_user(session, user);
}

static void forget_notes(struct core *core, struct account *account, enum notes_kind kind)
{
    while (account->notes[kind].by_key) {
        forget_note(core, account, kind, account->notes[kind].by_key);
    }
}

void stay_end(struct core *core, struct account *account)
{
    struct session *session = account->stay;
    if (!session) {
        return;
    }
    account->stay = NULL;
    core->stay_count--;
    forget_notes(core, account, NOTES_STAY);
    forget_notes(core, account, NOTES_SEEN);
    mail_forget_shown(core, account);
    session_depart(session, CLOSE_QUIT, TEXT(""));
    session->account = NULL;
    session->state.departed = true;
    session_stall(session);
}

void stay_put_out(struct core *core, const struct user *user)
{
    struct identity who = user->identity;
    struct account *account = who.account ? account_by_number(&core->accounts, who.number) : NULL;
    if (account) {
        stay_end(core, account);
    }
}

void stay_update(struct core *core, struct account *account, struct user *user)
{
    bool wanted = stays(core, account);
    if (!wanted) {
        stay_end(core, account);
    } else if (!account->stay && user && !is_full(core)) {
        begin(core, account, user);
        for (struct session *s = user->sessions; s && !s->state.stays; s = s->links.user_next) {
            device_came(s);
        }
    }
}

void stay_joined(struct session *session)
{
    struct account *account = session->account;
    if (account && account->stay && !session->state.stays) {
        device_came(session);
        if (session->user->away_absent) {
            session_set_away(session, TEXT(""));
        }
    }
}

void stay_left(struct session *session, struct user *user)
{
    if (!session->account || !session->account->stay) {
        return;
    }
    device_left(session);
    struct session *left = user->sessions;
    if (left->state.stays && !user->away && !session->core->shutting_down) {
        session_set_away(left, text_of(absent_text));
        user->away_absent = true;
    }
}

// The room that the note is about; NULL: there is none and can be none.
static struct room *room_of(struct core *core, const struct note *note)
{
    struct room *room = room_of_place(core, note->key);
    if (room || core->room_count >= core->config.limits.rooms ||
        room_name_check(note->value) != NAME_OK || room_find(core, note->value)) {
        return room;
    }
    struct buf key;
    buf_init(&key, STORE_KEY_MAX);
    if (name_fold(note->value, &key)) {
        room = room_create(core, note->value, buf_text(&key));
    }
    buf_finish(&key);
    return room;
}

static void enter_rooms(struct core *core, struct account *account)
{
    struct note *note;
    struct note *next;
    HASH_ITER(hh, account->notes[NOTES_STAY].by_key, note, next)
    {
        struct room *room = room_of(core, note);
        if (room) {
            room_stay(account->stay, room);
        }
        if (!room || !text_equal(room->place, note->key)) {
            forget_note(core, account, NOTES_STAY, note);
        }
    }
}

static bool has_come_lately(const struct core *core, const struct account *account)
{
    int64_t absent_ms = core->now.wall_ms - devices_seen_ms(account);
    return absent_ms < (int64_t)core->config.limits.always_on_days * DAY_MS;
}

static void bring_in(struct core *core, struct account *account)
{
    enum name_fault fault;
    struct user *user = stays(core, account) && has_come_lately(core, account) && !is_full(core)
                            ? user_create(core, account->name, TEXT(""), &fault)
                            : NULL;
    if (user) {
        user_set_account(core, user, account);
        user->away = text_copy(text_of(absent_text));
        user->away_absent = true;
        begin(core, account, user);
        enter_rooms(core, account);
    }
}

static void bring_all_in(struct core *core)
{
    struct account *account;
    struct account *next;
    HASH_ITER(by_number, core->accounts.by_number, account, next)
    {
        if (account->notes[NOTES_SEEN].by_key) {
            bring_in(core, account);
        }
    }
}

static void end_unused(struct core *core)
{
    struct account *account;
    struct account *next;
    HASH_ITER(by_number, core->accounts.by_number, account, next)
    {
        if (account->stay && user_is_absent(account->stay->user) &&
            !has_come_lately(core, account)) {
            stay_end(core, account);
        }
    }
}

void stays_tick(struct core *core)
{
    if (core->now.mono_ms < core->stays_due_ms) {
        return;
    }
    if (core->stays_due_ms == 0) {
        bring_all_in(core);
    } else {
        end_unused(core);
    }
    core->stays_due_ms = core->now.mono_ms + TICK_MS;
}

void stays_finish(struct core *core)
{
    struct account *account;
    struct account *next;
    HASH_ITER(by_number, core->accounts.by_number, account, next)
    {
        struct session *session = account->stay;
        if (session) {
            must(session->user->sessions == session && !session->links.user_next);
            user_destroy(core, session->user);
            free(session);
        }
    }
}

void session_set_always_on(struct session *session, bool on)
{
    struct core *core = session->core;
    struct account *account = session->account;
    enum account_act act = on ? ACCOUNT_ACT_STAY : ACCOUNT_ACT_STAY_NOT;
    if (!account) {
        errand_refuse(session, act, ACCOUNT_NOT_LOGGED_IN, TEXT(""));
    } else if (on && core->config.access.always_on == ALWAYS_ON_NOBODY) {
        errand_refuse(session, act, ACCOUNT_STAYS_CLOSED, TEXT(""));
    } else if (on && !account->stay && is_full(core)) {
        errand_refuse_number(session, act, ACCOUNT_STAYS_FULL,
                             core->config.limits.always_on_accounts);
    } else {
        uint32_t others = account->flags & ~(uint32_t)(ACCOUNT_ALWAYS_ON | ACCOUNT_ALWAYS_OFF);
        errand_change(errand_begin(session, act, account->name, account),
                      others | (on ? ACCOUNT_ALWAYS_ON : ACCOUNT_ALWAYS_OFF));
    }
}
