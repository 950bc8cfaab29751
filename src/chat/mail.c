#include "chat/mail.h"

#include "chat/core_state.h"
#include "chat/device.h"
#include "chat/flood.h"
#include "chat/reading.h"
#include "chat/session.h"
#include "chat/stay.h"

#include <inttypes.h>

// A note's value: "<new since, in ms> <how many> <since, in ms> <the newest message before>". What
// is new nobody has been shown; what is older waits for other devices of an account that stays.
struct waiting {
    int64_t new_ms;
    uint64_t count;
    int64_t since_ms;
    uint64_t before_id; // when the last one came
};

static struct waiting waiting_of(struct text value)
{
    uint64_t new_ms = 0;
    uint64_t count = 0;
    uint64_t since_ms = 0;
    uint64_t before_id = 0;
    text_number(text_word(&value), INT64_MAX, &new_ms);
    text_number(text_word(&value), UINT32_MAX, &count);
    if (!text_number(text_word(&value), INT64_MAX, &since_ms)) {
        since_ms = new_ms;
    }
    text_number(value, UINT64_MAX, &before_id);
    return (struct waiting){(int64_t)new_ms, count, (int64_t)since_ms, before_id};
}

static bool keep(struct core *core, struct account *account, struct text conversation,
                 const struct waiting *waiting, uint64_t cookie)
{
    char line[128];
    int len = snprintf(line, sizeof line, "%" PRId64 " %" PRIu64 " %" PRId64 " %" PRIu64,
                       waiting->new_ms, waiting->count, waiting->since_ms, waiting->before_id);
    return notes_keep_for(core, (struct notes_owner){.account = account}, NOTES_MAIL, conversation,
                          (struct text){line, (size_t)len}, cookie);
}

static void forget(struct core *core, struct account *account, struct text conversation)
{
    struct text key = text_own(conversation); // it may be the note's own
    notes_keep(core, (struct notes_owner){.account = account}, NOTES_MAIL, key,
               (struct text){NULL, 0});
    text_disown(key);
}

void mail_load(struct core *core, struct text value)
{
    devices_saw(core, waiting_of(value).before_id + 1);
}

struct account *session_find_absent(const struct session *session, struct text name)
{
    struct account *account = account_find(&session->core->accounts, name);
    bool absent = account && account->online == 0 && !(account->flags & ACCOUNT_SUSPENDED);
    return absent ? account : NULL;
}

struct account *mail_account(const struct core *core, const struct user *user)
{
    struct identity who = user->identity;
    bool waits = who.account && user_is_absent(user);
    return waits ? account_by_number(&core->accounts, who.number) : NULL;
}

static bool is_with_guest(struct text conversation)
{
    return text_find(conversation, 'g') < conversation.len;
}

// NULL: one more is taken.
static const char *why_not(const struct core *core, const struct account *account,
                           struct text conversation)
{
    const struct limits *limits = &core->config.limits;
    uint64_t all = 0;
    uint64_t of_guests = 0;
    for (const struct note *n = account->notes[NOTES_MAIL].by_key; n; n = n->hh.next) {
        uint64_t count = waiting_of(n->value).count;
        all += count;
        of_guests += is_with_guest(n->key) ? count : 0;
    }
    struct text own = notes_get(&account->notes[NOTES_MAIL], conversation);
    if (own.at && waiting_of(own).count >= limits->mail_per_sender) {
        return "As many messages of yours wait there already as may. Try again later.";
    }
    if (all >= limits->mail_per_account) {
        return "As many messages wait there already as may. Try again later.";
    }
    bool guests_full = of_guests >= (limits->mail_per_account + 1) / 2;
    return guests_full && is_with_guest(conversation)
               ? "As many messages of guests wait there already as may. Register your name, or try "
                 "again later."
               : NULL;
}

bool mail_add(struct core *core, struct account *account, struct text conversation, int64_t time_ms,
              uint64_t cookie)
{
    struct text value = notes_get(&account->notes[NOTES_MAIL], conversation);
    struct waiting waiting =
        value.at ? waiting_of(value) : (struct waiting){.since_ms = time_ms, .count = 0};
    // The clock may have been set back.
    bool is_first = waiting.count == 0 || time_ms < waiting.new_ms;
    waiting.new_ms = is_first ? time_ms : waiting.new_ms;
    waiting.since_ms = time_ms < waiting.since_ms ? time_ms : waiting.since_ms;
    waiting.before_id = core->last_id;
    waiting.count++;
    return keep(core, account, conversation, &waiting, cookie);
}

void session_whisper_absent(struct session *session, struct account *account,
                            enum message_kind kind, struct text text, struct text tags)
{
    struct core *core = session->core;
    char key[STORE_KEY_MAX];
    struct text conversation =
        store_conversation_key(key, session->user->identity, account_identity(account));
    const char *why = why_not(core, account, conversation);
    if (why) {
        session->protocol->refused(session, account->name, text_of(why));
    } else if (flood_takes(session, account->name)) {
        // Before the message itself, for the store keeps both in this order.
        mail_add(core, account, conversation, core->now.wall_ms, COOKIE_RECORD);
        account->mail_unsettled++;
        session_whisper_account(session, account, kind, text, tags);
    }
}

void mail_settled(struct core *core, struct identity recipient)
{
    struct account *account = account_by_number(&core->accounts, recipient.number);
    if (!account || --account->mail_unsettled || !account->online) {
        return;
    }
    const struct user *user = user_of(core, recipient);
    for (struct session *s = user ? user->sessions : NULL; s; s = s->links.user_next) {
        session_stall(s);
    }
}

// Since when the session is to be shown what waits; INT64_MAX: nothing of it.
static int64_t shown_from(const struct session *session, const struct waiting *waiting)
{
    const struct device *device = session->device;
    bool lacks = device && device->known && device->since_id <= waiting->before_id;
    int64_t from_ms = waiting->count ? waiting->new_ms : INT64_MAX;
    if (!lacks) {
        return from_ms;
    }
    int64_t own_ms = device->since_ms > waiting->since_ms ? device->since_ms : waiting->since_ms;
    return own_ms < from_ms ? own_ms : from_ms;
}

bool mail_show_next(struct session *session)
{
    struct account *account = session->account;
    // What is still on its way would be missing from what is read.
    if (!account || account->mail_unsettled || session->state.mail_failed) {
        return false;
    }
    uint32_t shown = session->device ? session->device->mail_order : 0;
    for (const struct note *n = account->notes[NOTES_MAIL].by_key; n && shown < UINT32_MAX;
         n = n->hh.next) {
        struct waiting waiting = waiting_of(n->value);
        int64_t from_ms = n->order > shown ? shown_from(session, &waiting) : INT64_MAX;
        if (from_ms < INT64_MAX) {
            if (session->device) {
                session->device->mail_order = n->order;
            }
            session_read_mail(session, n->key, from_ms);
            return true;
        }
    }
    if (session->device) {
        session->device->mail_order = UINT32_MAX; // while somebody is there, none is added
    }
    return false;
}

// Of very many conversations no more than may wait are kept for devices that do not come.
static bool is_kept(const struct session *session, const struct waiting *waiting)
{
    const struct notes *notes = &session->account->notes[NOTES_MAIL];
    return devices_lack(session, waiting->before_id) &&
           notes_count(notes) <= session->core->config.limits.mail_per_account;
}

void mail_shown(struct session *session, struct text conversation)
{
    struct account *account = session->account;
    struct text value = {NULL, 0};
    if (account) {
        value = notes_get(&account->notes[NOTES_MAIL], conversation);
    }
    if (!value.at) {
        return;
    }
    struct waiting waiting = waiting_of(value);
    bool was_new = waiting.count > 0;
    waiting.count = 0;
    if (!is_kept(session, &waiting)) {
        forget(session->core, account, conversation);
    } else if (was_new) {
        keep(session->core, account, conversation, &waiting, COOKIE_RECORD);
    }
}

void mail_forget_shown(struct core *core, struct account *account)
{
    const struct note *n = account->notes[NOTES_MAIL].by_key;
    while (n) {
        const struct note *next = n->hh.next;
        if (waiting_of(n->value).count == 0) {
            forget(core, account, n->key);
        }
        n = next;
    }
}
