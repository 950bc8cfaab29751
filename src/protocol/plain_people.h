// What plain people can ask about somebody, and say of themselves.
#pragma once
#include "chat/session.h"

// Commands.
void plain_run_whois(struct session *session, struct text rest);
void plain_run_away(struct session *session, struct text rest);
void plain_run_ignore(struct session *session, struct text rest);

// The user is away, or not any more.
void plain_say_away(struct session *session);
// The private message waits for somebody, or came too late.
void plain_not_delivered(struct session *session, const struct message *message);
