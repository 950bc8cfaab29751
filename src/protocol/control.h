// The protocol of administrators, on a Unix socket that only they can open: hobnobctl speaks it.
// Each request is a line with a JSON object, {"command": "users"}; its other members are the
// command's parameters. The answer is any number of lines with an object each, and then one line
// {"ok": true} or {"ok": false, "error": "a sentence"}. docs/hobnobctl.1 says what the commands
// do.
#pragma once
#include "chat/protocol.h"

extern const struct protocol control_protocol;
