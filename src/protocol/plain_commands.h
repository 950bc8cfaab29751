// What plain people can do beyond talking: one table, from which /help comes as well.
#pragma once
#include "chat/protocol.h"

// Runs a line that begins with '/'.
void plain_command(struct session *session, struct text line);
