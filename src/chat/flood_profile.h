// What counts as a flood in a room, and what happens then: profiles by name, from "none" to
// "strict". A room's operators choose one (channel mode F), or the configuration does.
#pragma once
#include "base/text.h"

enum flood_kind {
    FLOOD_JOINS,    // of guests, all together
    FLOOD_MESSAGES, // of one person, as the following
    FLOOD_REPEATS,  // of one text
    FLOOD_NAMES,    // new names
    FLOOD_KINDS
};

enum flood_act {
    FLOOD_DELAY, // what the person says next waits
    FLOOD_MUTE,  // what the person says is refused for a while
    FLOOD_CLOSE, // the room lets no guests in for a while
};

struct flood_rule {
    uint32_t count; // so many at once are not too many, and then again so many every `in_s`; 0: any
    uint32_t in_s;
    enum flood_act act;
    uint32_t for_s; // FLOOD_MUTE, FLOOD_CLOSE
};

struct flood_profile {
    const char *name;
    struct flood_rule rules[FLOOD_KINDS];
};

enum { FLOOD_NONE, FLOOD_RELAXED, FLOOD_NORMAL, FLOOD_STRICT, FLOOD_PROFILES };

extern const struct flood_profile flood_profiles[FLOOD_PROFILES];
// The names, up to NULL, for settings.
extern const char *const flood_words[FLOOD_PROFILES + 1];
// The index of a name; FLOOD_PROFILES: there is none.
int flood_profile_find(struct text name);
