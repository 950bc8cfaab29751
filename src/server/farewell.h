// What a peer reads when an I/O thread itself ends its connection, in the peer's own protocol.
#pragma once
#include "base/buf.h"
#include "base/close_reason.h"
#include "wire/detect.h"

// May write nothing. Any thread.
void farewell_write(enum wire_protocol protocol, enum close_reason reason, struct buf *out);
