// Names that sessions watch: they are told when somebody of that name comes or goes.
#pragma once
#include "base/hash.h"
#include "chat/event.h"

struct core;
struct session;

struct watch; // one session's watch of one name

// False when the session watches `most` names already. Watching twice is fine.
bool watch_add(struct session *session, struct text name, size_t most);
void watch_remove(struct session *session, struct text name);
void watch_clear(struct session *session);
// The names that the session watches, one after the other; NULL: the first, and after the last.
struct watch *watch_next(const struct session *session, const struct watch *watch);
struct text watch_name(const struct watch *watch);

// Tells those who watch this name.
void watch_tell(struct core *core, struct text key, const struct actor *actor, bool online);
// Calls `each` for every session that watches the name of this key.
void watch_each(struct core *core, struct text key,
                void (*each)(struct session *, const struct event *), const struct event *event);
