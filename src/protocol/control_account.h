// What administrators do to accounts: commands of the control protocol.
#pragma once
#include "protocol/control_answer.h"

struct account;
struct account_answer;

void control_run_accounts(struct session *session, const json_t *request);
void control_run_account_add(struct session *session, const json_t *request);
void control_run_account_password(struct session *session, const json_t *request);
void control_run_account_role(struct session *session, const json_t *request);
void control_run_account_suspend(struct session *session, const json_t *request);
void control_run_account_resume(struct session *session, const json_t *request);
void control_run_account_erase(struct session *session, const json_t *request);
// Of struct protocol.
void control_account_answered(struct session *session, const struct account_answer *answer);

// What everybody who administers may know of it.
json_t *control_account_row(const struct account *account);
