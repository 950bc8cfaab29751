// The e-mail address of an account.
#include "chat/core_state.h"
#include "chat/email.h"
#include "chat/errand.h"

enum account_result errand_email_fault(const struct core *core, struct text email)
{
    if (email.len == 0) {
        bool required = core->config.access.registration_email == REGISTRATION_EMAIL_REQUIRED;
        return required ? ACCOUNT_NO_EMAIL : ACCOUNT_DONE;
    }
    return email_is_good(email) ? ACCOUNT_DONE : ACCOUNT_BAD_EMAIL;
}

void session_set_email(struct session *session, struct text email)
{
    struct account *account = session->account;
    enum account_act act = email.len ? ACCOUNT_ACT_EMAIL : ACCOUNT_ACT_EMAIL_END;
    enum account_result why =
        account ? errand_email_fault(session->core, email) : ACCOUNT_NOT_LOGGED_IN;
    if (why != ACCOUNT_DONE) {
        errand_refuse(session, act, why, TEXT(""));
        return;
    }
    struct errand *errand = errand_begin(session, act, account->name, account);
    errand->before = account->email;
    account->email = text_own(email);
    account_keep(session->core, account, errand);
}

void errand_email_kept(struct errand *errand, int error)
{
    if (error) {
        text_replace(&errand->account->email, errand->before);
    }
    errand_end(errand, error ? ACCOUNT_NOT_KEPT : ACCOUNT_DONE);
}

void account_email_say(const struct account *account, struct buf *out)
{
    if (account->email.len) {
        buf_add(out,
                TEXT("Your e-mail address, which only you and those who run the server see, is "));
        buf_add(out, account->email);
        buf_add_char(out, '.');
    } else {
        buf_add(out, TEXT("You have given no e-mail address."));
    }
}
