// What is refused because there is too much of it, whoever says it and however it is said.
#pragma once
#include "base/text.h"

struct session;

// Whether something that the session says is taken; else it has been told why not. `place`: the
// room or the person, as people write it.
bool flood_takes(struct session *session, struct text place);
