// Commands of those who run the server, and invitations by code.
#pragma once
#include "chat/session.h"

void plain_run_claim(struct session *session, struct text rest);
void plain_run_role(struct session *session, struct text rest);
void plain_run_audit(struct session *session, struct text rest);
void plain_run_invitation(struct session *session, struct text rest);
void plain_run_redeem(struct session *session, struct text rest);
