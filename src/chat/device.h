// The devices of an account that stays in its rooms (chat/stay.h): each is shown at its next login
// what was said since it was connected last. A device is called by what stands behind '@' in the
// name that it logs in with ("Alice@phone"), else by the token or certificate that lets it in; all
// others are one, which has no name.
#pragma once
#include "base/text.h"

struct account;
struct core;
struct room;
struct session;

enum { DEVICE_NAME_MAX = 32 };

struct device {
    bool known;                     // it has been connected before,
    int64_t since_ms;               // until then,
    uint64_t since_id;              // and the newest message of the store was this one then
    uint32_t mail_order;            // of the note of waiting messages that it is shown, or was last
    char name[DEVICE_NAME_MAX + 1]; // empty: none
};

// Takes the device off a name to log in with. Letters, digits, '-', '_' and '.' make one.
struct text device_take(struct session *session, struct text name);
// What lets the session in names the device, if nothing has yet.
void device_key(struct session *session, const char *key_id);

// Of what the room remembers: how much was said since the session's device was connected last.
struct missed {
    bool known;     // else nothing is known of that
    bool by_device; // the device has a name
    bool more;      // the room remembers less than was missed
    uint32_t count;
};
struct missed session_missed(const struct session *session, const struct room *room);

// For the core's parts only: the session has come, or goes.
void device_came(struct session *session);
void device_left(struct session *session);
// A message of this id has been shown to whoever is there to read it.
void devices_saw(struct core *core, uint64_t id);
// A note of an account's devices is there, at start.
void devices_load(struct core *core, struct text value);
// Whether another device of the session's account was connected last before the store had more than
// the message of this id.
bool devices_lack(const struct session *session, uint64_t id);
// When somebody was connected last under the account.
int64_t devices_seen_ms(const struct account *account);
