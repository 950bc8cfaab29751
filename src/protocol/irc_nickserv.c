// NickServ: accounts.
#include "chat/account_key.h"
#include "chat/stay.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_sasl.h"
#include "protocol/irc_services.h"
#include "protocol/irc_state.h"

#include <time.h>

static void run_register(struct session *session, struct text rest)
{
    struct text password = text_word(&rest);
    session_register(session, session->user->name, password, rest);
}

static void run_identify(struct session *session, struct text rest)
{
    struct text first = text_word(&rest);
    if (first.len == 0) {
        session_log_in_by_certificate(session, TEXT(""));
    } else if (rest.len) {
        session_log_in(session, first, rest);
    } else {
        session_log_in(session, session->user->name, first);
    }
}

static void run_logout(struct session *session, struct text rest)
{
    (void)rest;
    bool was_in = session->account;
    session_log_out(session);
    if (was_in) {
        irc_tell_logged_out(session);
    }
}

static void add_day(int64_t wall_ms, char day[32])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(day, 32, "%Y-%m-%d", &utc);
}

static void say_email(struct session *session)
{
    struct buf sentence;
    buf_init(&sentence, 512);
    account_email_say(session->account, &sentence);
    irc_service_say(session, "%.*s", TEXT_ARG(buf_text(&sentence)));
    buf_finish(&sentence);
}

static void run_info(struct session *session, struct text rest)
{
    struct text name = rest.len ? text_word(&rest) : session->user->name;
    const struct account *account = account_find(session_accounts(session), name);
    if (!account) {
        irc_service_say(session, "The name %.*s is not registered.", TEXT_ARG(irc_shown(name)));
        return;
    }
    char day[32];
    add_day(account->created_ms, day);
    irc_service_say(session, "%.*s is registered since %s.", TEXT_ARG(account->name), day);
    if (account == session->account) {
        irc_service_say(session, "You are logged in to it; it has %zu certificates and %zu tokens.",
                        keys_count(account, KEY_CERTIFICATE), keys_count(account, KEY_TOKEN));
        say_email(session);
    }
}

static void run_set(struct session *session, struct text rest)
{
    struct text what = text_word(&rest);
    struct text first = text_word(&rest);
    bool on = text_equal_nocase(first, TEXT("on"));
    if (text_equal_nocase(what, TEXT("PASSWORD")) && rest.len) {
        session_change_password(session, first, rest);
    } else if (text_equal_nocase(what, TEXT("ALWAYS-ON")) &&
               (on || text_equal_nocase(first, TEXT("off")))) {
        session_set_always_on(session, on);
    } else if (text_equal_nocase(what, TEXT("EMAIL")) && first.len && rest.len == 0) {
        bool off = text_equal_nocase(first, TEXT("off"));
        session_set_email(session, off ? TEXT("") : first);
    } else {
        irc_service_say(session, "Say SET PASSWORD <old> <new>, SET EMAIL <email> or off, or SET "
                                 "ALWAYS-ON on or off.");
    }
}

static void run_drop(struct session *session, struct text rest)
{
    session_drop_account(session, rest);
}

static void run_claim(struct session *session, struct text rest)
{
    irc_service_pass_on(session, "CLAIM %.*s", TEXT_ARG(rest));
}

// The user of this nick, which is the session's own by account; NULL: said why not.
static struct user *ghost(struct session *session, struct text nick)
{
    struct user *user = session_find_user(session, nick);
    if (!session->account || account_of_name(session_accounts(session), nick) != session->account) {
        irc_service_say(session, "%.*s is not yours: say IDENTIFY <account> <password> first.",
                        TEXT_ARG(irc_shown(nick)));
    } else if (!user) {
        irc_service_say(session, "Nobody is here as %.*s.", TEXT_ARG(irc_shown(nick)));
    } else if (user == session->user) {
        irc_service_say(session, "That is you.");
    } else {
        return user;
    }
    return NULL;
}

static void run_ghost(struct session *session, struct text rest)
{
    struct text nick = text_word(&rest);
    struct user *user = ghost(session, nick);
    if (user) {
        session_end_user(session, user, TEXT("Ended from another connection of the same account"));
        irc_service_say(session,
                        "The other connection of %.*s is ended. NICK %.*s gives you the "
                        "name.",
                        TEXT_ARG(user->name), TEXT_ARG(user->name));
    }
}

static void list(struct session *session, enum key_kind kind, const char *none)
{
    const struct account *account = session->account;
    if (!account) {
        irc_service_say(session, "You are not logged in.");
        return;
    }
    const struct account_key *key = key_next(account, kind, NULL);
    if (!key) {
        irc_service_say(session, "%s", none);
    }
    for (; key; key = key_next(account, kind, key)) {
        struct buf line;
        buf_init(&line, 256);
        key_say(key, &line);
        irc_service_say(session, "%.*s", TEXT_ARG(buf_text(&line)));
        buf_finish(&line);
    }
}

static void run_cert(struct session *session, struct text rest)
{
    struct text what = text_word(&rest);
    if (text_equal_nocase(what, TEXT("ADD"))) {
        session_add_certificate(session);
    } else if (text_equal_nocase(what, TEXT("LIST"))) {
        list(session, KEY_CERTIFICATE, "Your account has no certificates.");
    } else if (text_equal_nocase(what, TEXT("DEL")) && rest.len) {
        session_end_certificate(session, rest);
    } else {
        irc_service_say(session, "Say CERT ADD, CERT LIST or CERT DEL <fingerprint>.");
    }
}

static void run_tokens(struct session *session, struct text rest)
{
    struct text what = text_word(&rest);
    if (text_equal_nocase(what, TEXT("END")) && rest.len) {
        session_end_token(session, rest);
    } else if (what.len == 0) {
        list(session, KEY_TOKEN, "Your account has no resume tokens.");
    } else {
        irc_service_say(session, "Say TOKENS or TOKENS END <token>.");
    }
}

static const struct irc_service_row rows[] = {
    {TEXT_INIT("REGISTER"), run_register, 1, "<password> [email]", "makes your nick your own"},
    {TEXT_INIT("IDENTIFY"), run_identify, 0, "[[account] <password>]",
     "logs you in; with nothing, by your certificate"},
    {TEXT_INIT("LOGIN"), run_identify, 0, "[[account] <password>]", "the same"},
    {TEXT_INIT("LOGOUT"), run_logout, 0, "", "makes you a guest again"},
    {TEXT_INIT("INFO"), run_info, 0, "[account]", "tells about an account"},
    {TEXT_INIT("SET"), run_set, 1, "PASSWORD <old> <new> | EMAIL <email>|off | ALWAYS-ON on|off",
     "gives you another password or e-mail address, or keeps you in your channels while you are "
     "away"},
    {TEXT_INIT("DROP"), run_drop, 1, "<password>",
     "ends your account and erases what you have said"},
    {TEXT_INIT("GHOST"), run_ghost, 1, "<nick>", "ends another connection that has your nick"},
    {TEXT_INIT("RECOVER"), run_ghost, 1, "<nick>", "the same"},
    {TEXT_INIT("REGAIN"), run_ghost, 1, "<nick>", "the same"},
    {TEXT_INIT("CERT"), run_cert, 1, "ADD | LIST | DEL <fingerprint>",
     "lets your certificate log you in"},
    {TEXT_INIT("TOKENS"), run_tokens, 0, "[END <token>]",
     "lists what comes back without a password"},
    {TEXT_INIT("CLAIM"), run_claim, 1, "<code>", "makes your account the owner of the server"},
};

const struct irc_service irc_nickserv = {
    .name = TEXT_INIT("NickServ"),
    .about = "NickServ looks after registered nicks",
    .rows = rows,
    .row_count = sizeof rows / sizeof *rows,
};
