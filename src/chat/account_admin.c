// What administrators do to accounts.
#include "chat/core_state.h"
#include "chat/email.h"
#include "chat/errand.h"
#include "chat/stay.h"

static enum account_result why_not_add(struct core *core, struct text name, struct text email)
{
    if (user_name_check(core, name) != NAME_OK) {
        return ACCOUNT_BAD_NAME;
    }
    if (account_of_name(&core->accounts, name)) {
        return ACCOUNT_NAME_TAKEN;
    }
    if (user_holder(core, name)) {
        return ACCOUNT_NAME_IN_USE;
    }
    return email.len && !email_is_good(email) ? ACCOUNT_BAD_EMAIL : ACCOUNT_DONE;
}

void session_add_account(struct session *session, struct text name, struct text password,
                         struct text email)
{
    struct core *core = session->core;
    enum account_act act = ACCOUNT_ACT_ADD;
    enum account_result why = why_not_add(core, name, email);
    if (why != ACCOUNT_DONE) {
        errand_answer(session, &(struct account_answer){
                                   .act = act,
                                   .result = why,
                                   .name = name,
                                   .detail = why == ACCOUNT_BAD_NAME
                                                 ? name_fault_text(user_name_check(core, name))
                                                 : NULL});
        return;
    }
    if (!errand_takes_password(session, act, password)) {
        return;
    }
    struct account *account = account_create(&core->accounts, name, core->now.wall_ms);
    text_replace(&account->email, email);
    struct errand *errand = errand_begin(session, act, name, account);
    if (!errand_hash(errand, PASSWORD_MAKE, TEXT(""), password)) {
        account_destroy(&core->accounts, account);
        errand_end(errand, ACCOUNT_BUSY);
    }
}

// The errand of an administrator with an account that is there, and not being erased; NULL:
// answered.
static struct errand *errand_with(struct session *session, enum account_act act, struct text name)
{
    struct account *account = account_find(&session->core->accounts, name);
    if (!account || (account->flags & ACCOUNT_ERASING)) {
        errand_refuse(session, act, ACCOUNT_NO_ACCOUNT, name);
        return NULL;
    }
    return errand_begin(session, act, account->name, account);
}

void session_set_password(struct session *session, struct text name, struct text password)
{
    enum account_act act = ACCOUNT_ACT_SET_PASSWORD;
    struct errand *errand =
        errand_takes_password(session, act, password) ? errand_with(session, act, name) : NULL;
    if (errand && !errand_hash(errand, PASSWORD_MAKE, TEXT(""), password)) {
        errand_end(errand, ACCOUNT_BUSY);
    }
}

void errand_change(struct errand *errand, uint32_t flags)
{
    struct account *account = errand->account;
    errand->flags_before = account->flags;
    errand->flags_changed = account->flags ^ flags;
    account->flags = flags;
    account_keep(errand->session->core, account, errand);
}

void session_suspend(struct session *session, struct text name, bool suspended)
{
    enum account_act act = suspended ? ACCOUNT_ACT_SUSPEND : ACCOUNT_ACT_RESUME;
    struct errand *errand = errand_with(session, act, name);
    if (errand) {
        uint32_t others = errand->account->flags & ~(uint32_t)ACCOUNT_SUSPENDED;
        errand_change(errand, others | (suspended ? ACCOUNT_SUSPENDED : 0));
    }
}

// What others have changed meanwhile stays; the store has what failed in their records.
static void put_back(const struct errand *errand)
{
    struct account *account = errand->account;
    uint32_t own = errand->flags_changed;
    if (account->flags & ACCOUNT_ERASING) {
        own &= ~(uint32_t)ACCOUNT_SUSPENDED;
    }
    account->flags = (account->flags & ~own) | (errand->flags_before & own);
    account_keep(errand->session->core, account, NULL);
}

void errand_changed(struct errand *errand, int error)
{
    struct account *account = errand->account;
    if (error) {
        put_back(errand);
    } else if (account->flags & ACCOUNT_SUSPENDED) {
        account_end_sessions(errand->session->core, account, NULL, CLOSE_SUSPENDED);
    }
    struct session *session = errand->session;
    stay_update(session->core, account, session->account == account ? session->user : NULL);
    errand_end(errand, error ? ACCOUNT_NOT_KEPT : ACCOUNT_DONE);
}
