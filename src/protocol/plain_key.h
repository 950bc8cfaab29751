// What plain people do about the certificates and resume tokens of their account.
#pragma once
#include "chat/session.h"

// Commands: /cert, /devices and /token.
void plain_run_cert(struct session *session, struct text rest);
void plain_run_devices(struct session *session, struct text rest);
void plain_run_token(struct session *session, struct text rest);
