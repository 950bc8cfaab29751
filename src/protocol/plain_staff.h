// Commands of those who run the server: /claim, /role and /audit.
#pragma once
#include "chat/session.h"

void plain_run_claim(struct session *session, struct text rest);
void plain_run_role(struct session *session, struct text rest);
void plain_run_audit(struct session *session, struct text rest);
