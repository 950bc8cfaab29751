#include "protocol/control_account.h"

#include "chat/login.h"
#include "chat/reading.h"
#include "chat/session.h"

enum { SCAN_MAX = 5000 }; // accounts looked at before others have their turn

json_t *control_account_row(const struct account *account)
{
    return json_pack("{sosIsssbsIso*}", "name", control_text(account->name), "number",
                     (json_int_t)account->number, "role", role_word(account->role), "suspended",
                     (account->flags & ACCOUNT_SUSPENDED) != 0, "created_ms",
                     (json_int_t)account->created_ms, "email",
                     account->email.len ? control_text(account->email) : NULL);
}

// By number: `from` is the last one that was looked at.
static bool accounts_part(struct session *session, struct text subject, struct buf *from,
                          struct buf *out)
{
    (void)subject;
    const struct account_registry *accounts = session_accounts(session);
    uint64_t number = 0;
    text_number(buf_text(from), UINT64_MAX, &number);
    for (int i = 0; i < SCAN_MAX && number < accounts->last_number && out->len < CONTROL_PART_BYTES;
         i++) {
        const struct account *account = account_by_number(accounts, ++number);
        if (account && !(account->flags & ACCOUNT_NEW)) {
            control_row_add(control_account_row(account), out);
        }
    }
    buf_reset(from);
    buf_printf(from, "%llu", (unsigned long long)number);
    return number < accounts->last_number;
}

void control_run_accounts(struct session *session, const json_t *request)
{
    (void)request;
    session_list(session, accounts_part, TEXT(""));
}

void control_run_account_add(struct session *session, const json_t *request)
{
    session_add_account(session, control_parameter(request, "user"),
                        control_parameter(request, "password"),
                        control_parameter(request, "email"));
}

void control_run_account_password(struct session *session, const json_t *request)
{
    session_set_password(session, control_parameter(request, "user"),
                         control_parameter(request, "password"));
}

void control_run_account_role(struct session *session, const json_t *request)
{
    enum role role;
    if (role_find(control_parameter(request, "role"), &role)) {
        session_set_role(session, control_parameter(request, "user"), role);
    } else {
        control_fail(session, "A role is one of owner, admin, moderator and member.");
    }
}

void control_run_account_suspend(struct session *session, const json_t *request)
{
    session_suspend(session, control_parameter(request, "user"), true);
}

void control_run_account_resume(struct session *session, const json_t *request)
{
    session_suspend(session, control_parameter(request, "user"), false);
}

void control_run_account_erase(struct session *session, const json_t *request)
{
    session_erase_account(session, control_parameter(request, "user"));
}

void control_account_answered(struct session *session, const struct account_answer *answer)
{
    static const char *const done[] = {
        [ACCOUNT_ACT_ADD] = "has made the account",
        [ACCOUNT_ACT_SET_PASSWORD] = "has set the password of",
        [ACCOUNT_ACT_SUSPEND] = "has suspended the account",
        [ACCOUNT_ACT_RESUME] = "has ended the suspension of the account",
        [ACCOUNT_ACT_ERASE] = "has erased the account",
    };
    struct buf sentence;
    buf_init(&sentence, 1024);
    account_answer_say(answer, &sentence);
    struct text said = buf_text(&sentence);
    if (answer->result != ACCOUNT_DONE) {
        control_fail(session, "%.*s", TEXT_ARG(said));
    } else if (answer->act == ACCOUNT_ACT_ROLE) { // the change of it is noted
        control_succeed_saying(session, said);
    } else {
        session_note(session, "%s %.*s", done[answer->act], TEXT_ARG(answer->name));
        control_succeed_saying(session, said);
    }
    buf_finish(&sentence);
}
