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
