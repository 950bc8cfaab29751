// The relay protocol: nameless people on a listener of their own; what one sends goes to all
// others as `<port>: <message>` (docs/plain.md).
#pragma once
#include "chat/protocol.h"

extern const struct protocol relay_protocol;
