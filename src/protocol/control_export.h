// All that belongs to an account, for its owner to have; and the audit log: what the control
// protocol reads from the store.
#pragma once
#include "protocol/control_answer.h"

struct page;

void control_run_account_export(struct session *session, const json_t *request);
void control_run_audit(struct session *session, const json_t *request);

// Of struct protocol.
void control_page(struct session *session, const struct page *page);
// When a list has been given whole: goes on with the messages of an export, or says what failed;
// false: that was all.
bool control_export_goes_on(struct session *session);
void control_export_init(struct session *session);
void control_export_finish(struct session *session);
