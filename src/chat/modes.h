// Changes of a room's rules and ranks, each named by the letter of its channel mode: `b` a ban,
// `o` an operator, `m` only those with a voice speak. They are kept and noted, and then hold and
// are told to the room, together (chat/rules_change.h).
#pragma once
#include "base/buf.h"
#include "chat/refusal.h"
#include "chat/rules.h"

struct room;
struct rules_change;
struct sequel;
struct session;

enum { MODE_LIMIT_MAX = 1000000 };

// X(ENUM, what is told to people; empty: it is done, or was so, or with other words)
#define MODE_RESULTS(X)                                                                            \
    X(DONE, "")                                                                                    \
    X(CHANGED, "")                                                                                 \
    X(SAME, "")                                                                                    \
    X(REFUSED, "")                                                                                 \
    X(UNKNOWN, "there is no such setting")                                                         \
    X(NEEDS_VALUE, "it needs a value")                                                             \
    X(BAD_KEY, "a room's password has at most 32 characters, no blank and no comma")               \
    X(BAD_NUMBER, "that is not a number that it can be")                                           \
    X(BAD_FLOOD, "there is no flood profile of that name")                                         \
    X(BAD_MASK, "a mask can have at most 200 bytes, and no blanks or control characters")          \
    X(ADDRESS, "only the server's moderators may ban by address, for others do not see them")      \
    X(LIST_FULL, "there are as many as there can be")                                              \
    X(NOBODY, "nobody of that name is online")                                                     \
    X(NOT_IN_ROOM, "that person is not in the room")

enum mode_result {
#define X(name, sentence) MODE_##name,
    MODE_RESULTS(X)
#undef X
};

const char *mode_result_text(enum mode_result result);

// What has been changed and nobody has been told: "+ov" and " Bob Ann".
struct modes {
    struct session *session;
    struct room *room;
    struct buf letters;
    struct buf values;
    char sign;
    enum refusal why;            // of MODE_REFUSED
    struct rules_change *change; // NULL: nothing is tried yet
    struct sequel *sequel;       // set by who begins: what comes after; NULL: nothing
};

void modes_begin(struct modes *modes, struct session *session, struct room *room);
void modes_end(struct modes *modes);

// Whether a mode of this letter takes a value when it is set, and when it is taken back.
bool mode_takes_value(char letter, bool on);
// Changes one; asks the rights.
enum mode_result modes_change(struct modes *modes, char letter, bool on, struct text value);
// Bans (`b`), exempts (`e`) or lets in (`I`) a mask; `until_ms` 0: for good. MODE_CHANGED: it was
// there, with another end or reason.
enum mode_result modes_add_mask(struct modes *modes, char letter, struct text mask, struct text why,
                                int64_t until_ms);

// Appends "+mn" and what else is set, without the lists; the key only with `secrets`.
void modes_show(const struct room *room, bool secrets, struct buf *out);
// Whether the flag is set.
bool mode_is_set(const struct room *room, char letter);
// The list of a letter; -1: it is none of a list.
int mode_list(char letter);
