#include "protocol/plain_people.h"

#include "base/utf8.h"
#include "chat/account.h"
#include "chat/mail.h"
#include "chat/rights.h"
#include "chat/stay.h"
#include "protocol/plain_commands.h"
#include "protocol/plain_render.h"

#include <time.h>

static void add_span(int64_t ms, struct buf *out)
{
    enum { MINUTES_OF_HOUR = 60, MINUTES_OF_DAY = 24 * 60 };
    long long minutes = (long long)(ms / 60000);
    long long count = minutes < 2 * MINUTES_OF_HOUR  ? minutes
                      : minutes < 2 * MINUTES_OF_DAY ? minutes / MINUTES_OF_HOUR
                                                     : minutes / MINUTES_OF_DAY;
    const char *unit = minutes < 2 * MINUTES_OF_HOUR  ? "minute"
                       : minutes < 2 * MINUTES_OF_DAY ? "hour"
                                                      : "day";
    if (minutes < 1) {
        buf_add(out, TEXT("less than a minute"));
    } else {
        buf_printf(out, "%lld %s%s", count, unit, count == 1 ? "" : "s");
    }
}

// All sessions of a user are in the same rooms.
static void add_rooms(const struct session *session, const struct user *user, struct buf *out)
{
    size_t from = out->len;
    for (const struct member *m = user->sessions->members; m; m = m->session_next) {
        if (rights_see(session, m->room)) {
            buf_printf(out, "%s%.*s", out->len > from ? ", " : "", TEXT_ARG(m->room->shown));
        }
    }
    buf_add(out, out->len == from ? TEXT("no room") : TEXT(""));
    buf_add(out, out->overflow ? TEXT(" and more") : TEXT(""));
}

// "Ann is not here, and was last here on 2026-01-01 at 14:30 UTC"
static void add_absence(const struct session *session, const struct account *account,
                        struct buf *out)
{
    time_t seen = (time_t)(session_account_seen_ms(session, account) / 1000);
    struct tm utc;
    char shown[64] = "";
    if (seen && gmtime_r(&seen, &utc)) {
        strftime(shown, sizeof shown, ", and was last here on %Y-%m-%d at %H:%M UTC", &utc);
    }
    buf_printf(out, "%.*s is not here%s", TEXT_ARG(account->name), shown);
}

static const struct account *account_of(const struct session *session, const struct user *user)
{
    return user->identity.account
               ? account_by_number(session_accounts(session), user->identity.number)
               : NULL;
}

static void say_of_user(struct session *session, const struct user *user)
{
    const struct account *account = account_of(session, user);
    struct buf words;
    struct buf rooms;
    buf_init(&words, 512);
    buf_init(&rooms, 512);
    add_rooms(session, user, &rooms);
    if (account && user_is_absent(user)) {
        add_absence(session, account, &words);
        buf_printf(&words, ". %.*s stays", TEXT_ARG(account->name));
    } else {
        buf_printf(&words, "%.*s has been here for ", TEXT_ARG(user->name));
        add_span(session_now(session).mono_ms - user->since.mono_ms, &words);
        buf_add(&words, TEXT(" and is"));
    }
    plain_say(session, "%.*s in %.*s.", TEXT_ARG(buf_text(&words)), TEXT_ARG(buf_text(&rooms)));
    buf_finish(&rooms);
    buf_finish(&words);
    if (user->away && !user->away_absent) {
        plain_say(session, "%.*s is away: %s", TEXT_ARG(user->name), user->away);
    }
}

void plain_run_whois(struct session *session, struct text rest)
{
    const struct account *absent = session_find_absent(session, rest);
    if (absent) {
        struct buf words;
        buf_init(&words, 512);
        add_absence(session, absent, &words);
        plain_say(session, "%.*s. What you say to %.*s with /pm waits.", TEXT_ARG(buf_text(&words)),
                  TEXT_ARG(absent->name));
        buf_finish(&words);
        return;
    }
    const struct user *user = plain_need_user(session, rest);
    if (user) {
        say_of_user(session, user);
    }
}

void plain_say_away(struct session *session)
{
    plain_say(session, session->user->away ? "You are away. Whoever writes to you is told so. "
                                             "Type /away alone when you are back."
                                           : "You are not away any more.");
}

void plain_run_away(struct session *session, struct text rest)
{
    bool was_away = session->user->away;
    if (!was_away && rest.len == 0) {
        plain_say(session, "You are not away. To be, type why: /away having lunch");
        return;
    }
    session_set_away(session, utf8_cut(rest, session_limits(session)->away_bytes));
    if (was_away && rest.len) {
        plain_say(session, "You are still away. Whoever writes to you is told: %s",
                  session->user->away);
    } else {
        plain_say_away(session);
    }
}

// Whoever is ignored need not be here, nor who has an account.
static bool may_ignore(struct session *session, struct text name)
{
    return session_ignores_name(session, name) || account_find(session_accounts(session), name) ||
           plain_need_user(session, name);
}

void plain_run_ignore(struct session *session, struct text rest)
{
    if (!may_ignore(session, rest)) {
        return;
    }
    const struct user *user = session_find_user(session, rest);
    const struct account *account = account_find(session_accounts(session), rest);
    struct text name = user ? user->name : account ? account->name : rest;
    if (user == session->user) {
        plain_say(session, "That is you. Name somebody else.");
        return;
    }
    bool ignored = !session_ignores_name(session, rest);
    if (!session_ignore(session, rest, ignored)) {
        plain_say(session, "You ignore %u people, which is the most.",
                  session_limits(session)->ignores_per_user);
    } else if (ignored) {
        plain_say(session, "You will not see what %.*s says. The same command again ends that.",
                  TEXT_ARG(name));
    } else {
        plain_say(session, "You see what %.*s says again.", TEXT_ARG(name));
    }
}

void plain_not_delivered(struct session *session, const struct message *message)
{
    const struct user *user = session_find_user(session, message->recipient_name);
    plain_say(session,
              message->recipient.account
                  ? "%.*s is not here and gets your message at the next login."
                  : "%.*s has left before your message arrived.",
              TEXT_ARG(message->recipient_name));
    if (user && user->away && !user->away_absent && message->recipient.account) {
        plain_say(session, "%.*s is away: %s", TEXT_ARG(user->name), user->away);
    }
}
