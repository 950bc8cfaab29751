// Bans from the whole server: commands of the control protocol.
#pragma once
#include "protocol/control_answer.h"

void control_run_bans(struct session *session, const json_t *request);
void control_run_ban(struct session *session, const json_t *request);
void control_run_unban(struct session *session, const json_t *request);
