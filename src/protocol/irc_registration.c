#include "protocol/irc_registration.h"

#include "base/utf8.h"
#include "chat/rights.h"
#include "protocol/irc_account.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_presence.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_sasl.h"
#include "protocol/irc_state.h"
#include "protocol/irc_welcome.h"

enum { LOGIN_MAX = 18, REAL_NAME_MAX = 150 };

static void refuse_password(struct session *session)
{
    irc_numeric(session, 464, ":Password incorrect");
    session_quit(session, CLOSE_PASSWORD, TEXT(""));
}

static void refuse_nick(struct session *session, struct text nick, enum sign_in why,
                        enum name_fault fault)
{
    if (why == SIGN_IN_BANNED) {
        irc_numeric(session, 432, "%.*s :Nickname is banned", TEXT_ARG(irc_shown(nick)));
    } else if (why == SIGN_IN_SILENCED) {
        const struct room *room = rights_silenced_by_name(session, nick);
        irc_numeric(session, 435, "%.*s %.*s :Cannot change nickname while banned on channel",
                    TEXT_ARG(irc_shown(nick)), TEXT_ARG(room->shown));
    } else if (why == SIGN_IN_TOO_OFTEN) {
        irc_numeric(session, 438, "%.*s :Nick change too fast. Please wait a minute",
                    TEXT_ARG(irc_shown(nick)));
    } else if (why == SIGN_IN_REGISTERED) {
        irc_numeric(session, 433, "%.*s :Nickname is registered: log in to have it",
                    TEXT_ARG(irc_shown(nick)));
    } else if (why == SIGN_IN_TOO_MANY) {
        irc_numeric(session, 433, "%.*s :Nickname is connected as often as it may be",
                    TEXT_ARG(irc_shown(nick)));
    } else if (fault == NAME_OK) {
        irc_numeric(session, 433, "%.*s :Nickname is already in use", TEXT_ARG(irc_shown(nick)));
    } else {
        irc_numeric(session, 432, "%.*s :A nickname %s", TEXT_ARG(irc_shown(nick)),
                    name_fault_text(fault));
    }
}

void irc_try_register(struct session *session)
{
    struct irc *irc = irc_of(session);
    if (session->user || irc->negotiating || irc->nick.len == 0 || irc->login.len == 0) {
        return;
    }
    const struct server_info *info = session_info(session);
    if (irc_use_pass(session)) {
        return; // its answer comes back here
    }
    if (!session->account && info->password.len &&
        !text_equal_secret(info->password, irc->password)) {
        refuse_password(session);
        return;
    }
    enum name_fault fault;
    irc_sasl_abort(session, true);
    struct newcomer newcomer = {irc->nick, irc->login, irc->real_name};
    enum sign_in sign_in = session_sign_in(session, &newcomer, &fault);
    if (sign_in == SIGN_IN_NEEDS_ACCOUNT) {
        irc_line(session, "FAIL * ACCOUNT_REQUIRED :Only registered people are let in here: log in "
                          "with SASL, or with PASS name:password");
        session_quit(session, CLOSE_PASSWORD, TEXT(""));
        return;
    }
    if (sign_in == SIGN_IN_BANNED) {
        return; // it ends, and is told why
    }
    if (sign_in != SIGN_IN_OK) {
        refuse_nick(session, irc->nick, sign_in, fault);
        text_replace(&irc->nick, TEXT(""));
        return;
    }
    irc_take_away(session);
    irc_welcome(session);
}

void irc_command_pass(struct session *session, const struct irc_message *message)
{
    if (session->user) {
        irc_numeric(session, 462, ":You may not reregister");
    } else {
        text_replace(&irc_of(session)->password, message->param[0]);
    }
}

static void rename_user(struct session *session, struct text nick)
{
    enum name_fault fault;
    struct actor now = user_actor(session->user);
    if (text_equal(nick, session->user->name)) {
        return;
    }
    struct actor before = actor_own(&now);
    enum sign_in renamed = session_rename(session, nick, &fault);
    if (renamed == SIGN_IN_OK) {
        irc_line_from(session, &before, "NICK %.*s", TEXT_ARG(session->user->name));
    } else {
        refuse_nick(session, nick, renamed, fault);
    }
    actor_disown(&before);
}

void irc_command_nick(struct session *session, const struct irc_message *message)
{
    struct text nick = message->param_count ? message->param[0] : TEXT("");
    if (nick.len == 0) {
        irc_numeric(session, 431, ":No nickname given");
        return;
    }
    if (session->user) {
        rename_user(session, nick);
        return;
    }
    text_replace(&irc_of(session)->wanted, nick);
    enum name_fault fault = user_name_check(session->core, nick);
    // Whoever has an account may be the one who asks, and be about to log in.
    const struct user *holder = session_find_user(session, nick);
    if (fault != NAME_OK || (holder && !holder->identity.account)) {
        refuse_nick(session, nick, SIGN_IN_TAKEN, fault);
        return;
    }
    text_replace(&irc_of(session)->nick, nick);
    irc_try_register(session);
}

// Keeps of a login what can stand in a mask.
static void set_login(struct irc *irc, struct text given)
{
    char login[LOGIN_MAX + 1];
    size_t len = 0;
    struct text from = utf8_cut(given, LOGIN_MAX);
    for (size_t i = 0; i < from.len; i++) {
        unsigned char c = (unsigned char)from.at[i];
        if (c > ' ' && c != '!' && c != '@' && c != ':' && c != 0x7F) {
            login[len++] = from.at[i];
        }
    }
    text_replace(&irc->login, len ? (struct text){login, len} : TEXT("user"));
}

void irc_command_user(struct session *session, const struct irc_message *message)
{
    struct irc *irc = irc_of(session);
    if (session->user) {
        irc_numeric(session, 462, ":You may not reregister");
        return;
    }
    if (message->param[0].len == 0 || message->param[3].len == 0) {
        irc_numeric(session, 461, "USER :Not enough parameters");
        return;
    }
    set_login(irc, message->param[0]);
    text_replace(&irc->real_name, utf8_cut(message->param[3], REAL_NAME_MAX));
    irc_try_register(session);
}

void irc_command_ping(struct session *session, const struct irc_message *message)
{
    if (message->param_count == 0 || message->param[0].len == 0) {
        irc_numeric(session, 409, ":No origin specified");
        return;
    }
    struct text server = irc_server(session);
    irc_line(session, "PONG %.*s :%.*s", TEXT_ARG(server), TEXT_ARG(message->param[0]));
}

void irc_command_pong(struct session *session, const struct irc_message *message)
{
    (void)session; // it is enough that something came
    (void)message;
}

void irc_command_quit(struct session *session, const struct irc_message *message)
{
    struct text why = message->param_count ? message->param[0] : TEXT("");
    session_quit(session, CLOSE_QUIT, utf8_cut(why, session_limits(session)->reason_bytes));
}
