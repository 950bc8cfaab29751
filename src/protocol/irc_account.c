#include "protocol/irc_account.h"

#include "base/must.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_registration.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_sasl.h"
#include "protocol/irc_services.h"
#include "protocol/irc_state.h"

static void say(const struct account_answer *answer, struct buf *sentence)
{
    buf_init(sentence, 1024);
    account_answer_say(answer, sentence);
    buf_add_char(sentence, '\0');
}

// The codes of draft/account-registration; of what is not here it is that something does not work
// just now.
static const char *const register_codes[ACCOUNT_RESULT_COUNT] = {
    [ACCOUNT_NAME_TAKEN] = "ACCOUNT_EXISTS",
    [ACCOUNT_NAME_IN_USE] = "ACCOUNT_EXISTS",
    [ACCOUNT_BAD_NAME] = "BAD_ACCOUNT_NAME",
    [ACCOUNT_PASSWORD_TOO_SHORT] = "WEAK_PASSWORD",
    [ACCOUNT_PASSWORD_TOO_LONG] = "UNACCEPTABLE_PASSWORD",
    [ACCOUNT_NO_EMAIL] = "INVALID_EMAIL",
    [ACCOUNT_BAD_EMAIL] = "INVALID_EMAIL",
    [ACCOUNT_LOGGED_IN] = "ALREADY_AUTHENTICATED",
    [ACCOUNT_NEEDS_INVITATION] = "INVITATION_REQUIRED",
};

static struct text nick_of(const struct session *session)
{
    struct irc *irc = irc_of(session);
    return session->user ? session->user->name : irc->nick.len ? irc->nick : irc->wanted;
}

void irc_command_register(struct session *session, const struct irc_message *message)
{
    struct text nick = nick_of(session);
    struct text name = message->param[0];
    bool inside_only = session_access(session)->registration == REGISTRATION_INSIDE ||
                       session_info(session)->password.len;
    if (!session->user && inside_only) {
        irc_standard(session, "FAIL", "REGISTER", "COMPLETE_CONNECTION_REQUIRED", irc_shown(name),
                     "Finish connecting before you register an account");
    } else if (nick.len == 0) {
        irc_standard(session, "FAIL", "REGISTER", "NEED_NICK", TEXT("*"),
                     "Choose a nick before you register it");
    } else if (!text_equal(name, TEXT("*")) && !text_equal_nocase(name, nick)) {
        irc_standard(session, "FAIL", "REGISTER", "ACCOUNT_NAME_MUST_BE_NICK", irc_shown(name),
                     "You can register only the nick that you have");
    } else {
        struct text email = message->param[1];
        session_register(session, nick, message->param[2],
                         text_equal(email, TEXT("*")) ? TEXT("") : email);
    }
}

void irc_command_verify(struct session *session, const struct irc_message *message)
{
    irc_standard(session, "FAIL", "VERIFY", "INVALID_CODE", irc_shown(message->param[0]),
                 "No account waits to be verified here");
}

bool irc_use_pass(struct session *session)
{
    struct irc *irc = irc_of(session);
    struct text pass = irc->password;
    struct text phrase = session_info(session)->password;
    bool is_phrase = phrase.len && text_equal_secret(phrase, pass);
    if (session->account || irc->passed || pass.len == 0 || is_phrase) {
        return false;
    }
    size_t colon = text_starts(pass, TEXT(TOKEN_PREFIX)) ? pass.len : text_find(pass, ':');
    bool own = colon == pass.len && session_name_is_registered(session, irc->nick);
    if (colon == pass.len && !own) {
        return false;
    }
    irc->passed = true;
    irc->passing = true;
    struct text name = text_own(own ? irc->nick : text_head(pass, colon));
    session_log_in(session, name, own ? pass : text_skip(pass, colon + 1));
    text_disown(name);
    return true;
}

static void answered_pass(struct session *session, const struct account_answer *answer)
{
    irc_of(session)->passing = false;
    if (answer->result == ACCOUNT_DONE) {
        irc_tell_logged_in(session);
        irc_try_register(session);
        return;
    }
    struct buf sentence;
    say(answer, &sentence);
    irc_numeric(session, 464, ":%s", sentence.at);
    buf_finish(&sentence);
    session_quit(session, CLOSE_PASSWORD, TEXT(""));
}

static void answered_register(struct session *session, const struct account_answer *answer)
{
    struct text name = irc_shown(answer->name.len ? answer->name : nick_of(session));
    if (answer->result == ACCOUNT_DONE) {
        irc_line(session, "REGISTER SUCCESS %.*s :The account is yours, and you are logged in",
                 TEXT_ARG(name));
        irc_tell_logged_in(session);
        return;
    }
    const char *code = register_codes[answer->result];
    struct buf sentence;
    say(answer, &sentence);
    irc_standard(session, "FAIL", "REGISTER", code ? code : "TEMPORARILY_UNAVAILABLE", name,
                 sentence.at);
    buf_finish(&sentence);
}

void irc_command_token(struct session *session, const struct irc_message *message)
{
    if (text_equal_nocase(message->param[0], TEXT("NEW"))) {
        session_make_token(session);
    } else {
        irc_standard(session, "FAIL", "TOKEN", "INVALID_PARAMS", irc_shown(message->param[0]),
                     "Say TOKEN NEW");
    }
}

static void answered_token(struct session *session, const struct account_answer *answer)
{
    if (answer->result == ACCOUNT_DONE) {
        irc_line(session, "TOKEN %.*s %.*s", TEXT_ARG(answer->name), TEXT_ARG(answer->token));
        return;
    }
    const char *code =
        answer->result == ACCOUNT_NOT_LOGGED_IN ? "ACCOUNT_REQUIRED" : "TEMPORARILY_UNAVAILABLE";
    struct buf sentence;
    say(answer, &sentence);
    irc_standard(session, "FAIL", "TOKEN", code, TEXT(""), sentence.at);
    buf_finish(&sentence);
}

void irc_account_answered(struct session *session, const struct account_answer *answer)
{
    if (irc_of(session)->service) {
        irc_service_answered(session, answer);
    } else if (irc_of(session)->passing) {
        answered_pass(session, answer);
    } else if (answer->act == ACCOUNT_ACT_REGISTER) {
        answered_register(session, answer);
    } else if (answer->act == ACCOUNT_ACT_TOKEN_MAKE) {
        answered_token(session, answer);
    } else {
        irc_sasl_answered(session, answer);
    }
    irc_done(session);
}

bool irc_has_secret(const struct session *session, struct text line)
{
    static const struct text secrets[] = {TEXT_INIT("PASS"), TEXT_INIT("AUTHENTICATE"),
                                          TEXT_INIT("REGISTER"), TEXT_INIT("OPER")};
    (void)session;
    struct irc_message *message = &(struct irc_message){0};
    irc_message_parse(line, message);
    if (irc_service_of(message)) {
        return true;
    }
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        if (text_equal_nocase(message->command, secrets[i])) {
            return true;
        }
    }
    return false;
}
