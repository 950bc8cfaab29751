// What a room's members (or one session) are told. Protocols turn events into bytes.
#pragma once
#include "base/address.h"
#include "base/buf.h"
#include "store/store.h"

struct recent;

enum event_kind {
    EVENT_MESSAGE,      // message: said, done, noticed, a new topic, or tags alone
    EVENT_PRIVATE_FROM, // message: received in private
    EVENT_PRIVATE_TO,   // message: the sender's confirmation
    EVENT_JOINED,       // actors: have joined the room
    EVENT_PARTED,       // actors: have left this room only
    EVENT_LEFT,         // actors: have left the server; reason for a single one
    EVENT_RENAMED,      // actors[0], under the old name, is now called target
    EVENT_ROOM_RENAMED, // actors[0] has given room, which was called target, its name; text: why
    EVENT_KICKED,       // actors[0] has put target out of the room; text: why
    EVENT_MODES,        // actors[0] has changed the room's modes; text: "+ov Bob Ann"; target: of a
                        // single ban its term: " for 1 hour: spam"
                        // without actors: the server, called target
    EVENT_AWAY,         // actors[0] is away; text: why; empty: is back
    EVENT_DESCRIBED,    // actors[0] has another real name: text
    EVENT_ACCOUNT,      // actors[0] has logged in, or out: see actors[0].account
    EVENT_INVITED,      // actors[0] has invited target to the room
    EVENT_REDACTED,     // actors[0] has deleted message `redacted`, sent by target (empty: unknown)
                        // text: why
    EVENT_TAGGED,       // message without text that is kept nowhere: tags that clients pass on
    EVENT_ANNOUNCED,    // the server, actors[0], tells everybody: text
    EVENT_SHUTDOWN,     // the server stops
};

// Somebody as others are told of them; the texts belong to somebody else.
struct actor {
    struct text name;
    struct text login;     // empty: the client has given none
    struct text account;   // empty: a guest
    struct text real_name; // empty: none given
    struct text away;      // why it is away; empty: it is here
    uint64_t cloak;        // stands for the address, which only operators see
    struct address_bytes address;
};

// Which protocols are told: see protocol.tells_each.
enum event_for { FOR_ALL, FOR_EACH, FOR_TOGETHER };

struct event {
    enum event_kind kind;
    enum event_for whom;
    int64_t wall_ms;
    int64_t now_ms;   // today, for those who show dates of other days only
    struct text room; // as people write it; empty where there is none
    const struct message *message;
    const struct recent *recent; // what message may be about; NULL: not known
    struct text account;         // of who sent `message`; empty: a guest
    const struct actor *actors;
    size_t actor_count;
    struct text target; // a name; EVENT_LEFT: the operator who ended it, or empty
    uint64_t redacted;  // EVENT_REDACTED: an id
    struct text text;   // EVENT_LEFT: the reason
    bool lost;          // EVENT_LEFT: the connection was lost
    bool past;          // shown as history
};

// Writes name!login@host, the host being the cloak, or only what stands behind the '!'.
void actor_add_mask(struct buf *out, const struct actor *actor);
void actor_add_host(struct buf *out, const struct actor *actor);
// The cloak alone, as a host is written.
void actor_add_cloak(struct buf *out, const struct actor *actor);

// A copy whose texts are the caller's, and its end.
struct actor actor_own(const struct actor *actor);
void actor_disown(struct actor *actor);
