#include "protocol/plain_account.h"

#include "base/must.h"
#include "chat/stay.h"
#include "protocol/plain.h"
#include "protocol/plain_render.h"

static bool asks_for_email(const struct session *session)
{
    return session_access(session)->registration_email == REGISTRATION_EMAIL_REQUIRED;
}

// Passwords may have blanks, so only where an address is asked for is the last word one.
static struct text take_email(const struct session *session, struct text *rest)
{
    size_t start = rest->len;
    while (start && rest->at[start - 1] != ' ' && rest->at[start - 1] != '\t') {
        start--;
    }
    if (!start || !asks_for_email(session)) {
        return TEXT("");
    }
    struct text email = text_skip(*rest, start);
    *rest = text_trim(text_head(*rest, start));
    return email;
}

void plain_run_register(struct session *session, struct text rest)
{
    struct text email = take_email(session, &rest);
    session_register(session, session->user->name, rest, email);
}

// What does not begin with a registered name is the password of one's own name.
void plain_run_login(struct session *session, struct text rest)
{
    struct text password = rest;
    struct text name = text_word(&password);
    if (password.len && session_name_is_registered(session, name)) {
        session_log_in(session, name, password);
    } else {
        session_log_in(session, session->user->name, rest);
    }
}

// A word, or what stands between quotes.
static struct text quoted_word(struct text *rest)
{
    if (!text_starts(*rest, TEXT("\""))) {
        return text_word(rest);
    }
    struct text inside = text_skip(*rest, 1);
    struct text word = text_head(inside, text_find(inside, '"'));
    *rest = text_trim(text_skip(inside, word.len + 1));
    return word;
}

void plain_run_logout(struct session *session, struct text rest)
{
    (void)rest;
    session_log_out(session);
}

void plain_run_password(struct session *session, struct text rest)
{
    struct text before = quoted_word(&rest);
    struct text after = quoted_word(&rest);
    if (after.len == 0 || rest.len) {
        plain_say(session, "Type /password <old> <new>, with quotes around one that has spaces: "
                           "/password \"my old one\" \"my new one\"");
        return;
    }
    session_change_password(session, before, after);
}

void plain_run_unregister(struct session *session, struct text rest)
{
    session_drop_account(session, rest);
}

static void say_email(struct session *session)
{
    struct buf sentence;
    buf_init(&sentence, 512);
    account_email_say(session->account, &sentence);
    plain_say(session, "%.*s", TEXT_ARG(buf_text(&sentence)));
    buf_finish(&sentence);
}

void plain_run_set(struct session *session, struct text rest)
{
    struct text what = text_word(&rest);
    bool email = text_equal_nocase(what, TEXT("email"));
    bool always_on = text_equal_nocase(what, TEXT("always-on"));
    bool on = text_equal_nocase(rest, TEXT("on"));
    bool off = text_equal_nocase(rest, TEXT("off"));
    if (email && rest.len == 0 && session->account) {
        say_email(session);
    } else if (email) {
        session_set_email(session, off ? TEXT("") : rest);
    } else if (always_on && (on || off)) {
        session_set_always_on(session, on);
    } else {
        plain_say(session, "Type /set always-on on, or /set always-on off; or /set email, with an "
                           "address, with off, or alone.");
    }
}

static void ask(struct session *session, struct text name)
{
    plain_say(session, "The name \"%.*s\" is registered. Type its password:", TEXT_ARG(name));
}

// session.own is the name, from its being asked for to the sign-in.
void plain_ask_password(struct session *session, struct text name)
{
    free(session->own);
    session->own = text_copy(name);
    if (session->peer.certificate) {
        session_log_in_by_certificate(session, name);
    } else if (session_check_secrets(session)) {
        ask(session, name);
    }
}

void plain_ask_phrase(struct session *session, struct text name)
{
    free(session->own);
    session->own = text_copy(name);
    plain_say(session, "This server asks everybody for its password. Type it:");
}

// After a wrong one. The right one is likely to come next, so that line must not become a name,
// which everybody is told.
static void ask_again(struct session *session)
{
    struct text name = text_of(session->own);
    plain_count_try(session);
    if (session->state.departed) {
        return;
    }
    if (session_name_is_registered(session, name)) {
        plain_say(session,
                  "Type the password of \"%.*s\" again, or an empty line for another name:",
                  TEXT_ARG(name));
    } else {
        plain_say(session, "Type the server's password again, or an empty line for another name:");
    }
}

// None is asked for where the account has been erased, or the setting taken back, meanwhile.
static void take_phrase(struct session *session, struct text line)
{
    struct text phrase = session_info(session)->password;
    if (phrase.len && !text_equal_secret(phrase, line)) {
        plain_say(session, "That is not the server's password.");
        ask_again(session);
        return;
    }
    char *name = session->own;
    session->own = NULL;
    session->options |= PLAIN_ADMITTED;
    plain_sign_in(session, text_of(name));
    free(name);
}

void plain_register_at_the_door(struct session *session, struct text name, struct text password)
{
    free(session->own);
    session->own = text_copy(name);
    struct text email = take_email(session, &password);
    session_register(session, name, password, email);
}

bool plain_awaits_password(const struct session *session)
{
    return session->own && !session->user;
}

void plain_finish(struct session *session)
{
    free(session->own);
    session->own = NULL;
}

void plain_take_password(struct session *session, struct text line, enum core_line how)
{
    if (how == CORE_LINE_TOO_LONG) {
        plain_say(session, "That is too long for a password.");
        ask_again(session);
        return;
    }
    if (line.len == 0) {
        plain_finish(session);
        plain_say(session, "Then choose another name:");
        return;
    }
    if (session_name_is_registered(session, text_of(session->own))) {
        session_log_in(session, text_of(session->own), line);
    } else {
        take_phrase(session, line);
    }
}

static void say_result(struct session *session, const struct account_answer *answer)
{
    struct buf sentence;
    buf_init(&sentence, 1024);
    account_answer_say(answer, &sentence);
    plain_say(session, "%.*s", TEXT_ARG(buf_text(&sentence)));
    buf_finish(&sentence);
    if (answer->act != ACCOUNT_ACT_REGISTER || !asks_for_email(session)) {
        return;
    }
    if (answer->result == ACCOUNT_NO_EMAIL || answer->result == ACCOUNT_BAD_EMAIL) {
        plain_say(session, "Type %s<password> <email>, with the address as the last word.",
                  session->user ? "/register " : "/register <name> ");
    } else if (answer->result == ACCOUNT_DONE) {
        say_email(session);
    }
}

// Another password for the same name may do.
static bool may_try_again(const struct session *session, const struct account_answer *answer)
{
    return answer->act == ACCOUNT_ACT_LOG_IN && session_may_send_secrets(session) == ACCOUNT_DONE &&
           session_name_is_registered(session, text_of(session->own));
}

static void refused_at_the_door(struct session *session, const struct account_answer *answer)
{
    say_result(session, answer);
    if (may_try_again(session, answer)) {
        ask_again(session);
        return;
    }
    plain_finish(session);
    plain_count_try(session);
    if (!session->state.departed) {
        plain_say(session, "Give your name again, or another:");
    }
}

// The answer to a password, or a certificate, that was given for a name before being in.
static void answered_at_the_door(struct session *session, const struct account_answer *answer)
{
    if (answer->result == ACCOUNT_NO_CERTIFICATE) {
        ask(session, text_of(session->own));
    } else if (answer->result == ACCOUNT_DONE) {
        char *name = session->own;
        session->own = NULL;
        plain_sign_in(session, text_of(name));
        free(name);
    } else {
        refused_at_the_door(session, answer);
    }
}

void plain_say_account(struct session *session)
{
    if (session->account) {
        plain_say(session, "You are logged in as %.*s.", TEXT_ARG(session->account->name));
    } else {
        plain_say(session, "You are not logged in any more.");
    }
}

void plain_account_answered(struct session *session, const struct account_answer *answer)
{
    if (plain_awaits_password(session)) {
        answered_at_the_door(session, answer);
        return;
    }
    say_result(session, answer);
}

bool plain_has_secret(const struct session *session, struct text line)
{
    struct text rest = text_trim(line);
    struct text command = text_word(&rest);
    return plain_awaits_password(session) || text_equal_nocase(command, TEXT("/register")) ||
           text_equal_nocase(command, TEXT("/login")) ||
           text_equal_nocase(command, TEXT("/claim")) ||
           text_equal_nocase(command, TEXT("/redeem")) ||
           text_equal_nocase(command, TEXT("/unregister")) ||
           text_equal_nocase(command, TEXT("/password"));
}
