#include "chat/mail.h"

#include "chat/core_state.h"
#include "chat/flood.h"
#include "chat/reading.h"
#include "chat/session.h"
#include "chat/stay.h"

#include <inttypes.h>

// A note's value: "<since, in ms> <how many>".
struct waiting {
    int64_t since_ms;
    uint64_t count;
};

static struct waiting waiting_of(struct text value)
{
    uint64_t since_ms = 0;
    uint64_t count = 0;
    text_number(text_word(&value), INT64_MAX, &since_ms);
    text_number(value, UINT32_MAX, &count);
    return (struct waiting){(int64_t)since_ms, count};
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
    struct waiting waiting = value.at ? waiting_of(value) : (struct waiting){time_ms, 0};
    // The clock may have been set back.
    int64_t since_ms = time_ms < waiting.since_ms ? time_ms : waiting.since_ms;
    char line[64];
    int len = snprintf(line, sizeof line, "%" PRId64 " %" PRIu64, since_ms, waiting.count + 1);
    return notes_keep_for(core, (struct notes_owner){.account = account}, NOTES_MAIL, conversation,
                          (struct text){line, (size_t)len}, cookie);
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

bool mail_show_next(struct session *session)
{
    struct account *account = session->account;
    // What is still on its way would be missing from what is read.
    if (!account || account->mail_unsettled || session->state.mail_failed ||
        !account->notes[NOTES_MAIL].by_key) {
        return false;
    }
    const struct note *note = account->notes[NOTES_MAIL].by_key;
    session_read_mail(session, note->key, waiting_of(note->value).since_ms);
    return true;
}

void mail_shown(struct session *session, struct text conversation)
{
    if (session->account) {
        notes_keep(session->core, (struct notes_owner){.account = session->account}, NOTES_MAIL,
                   conversation, (struct text){NULL, 0});
    }
}
