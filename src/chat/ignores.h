// Whom a session does not want to hear: by name, so that it holds when they come back.
#pragma once
#include "chat/session.h"

// Forgets them all; at the session's end.
void ignores_destroy(struct session *session);
