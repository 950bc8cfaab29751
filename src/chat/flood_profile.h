// What counts as a flood in a room, and what happens then: profiles by name, those built in, from
// "none" to "strict", and those of the configuration. A room's operators choose one (channel mode
// F), or the configuration does.
#pragma once
#include "base/buf.h"

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

enum { FLOOD_NAME_MAX = 20, FLOOD_PROFILES_MAX = 20 };

struct flood_profile {
    char name[FLOOD_NAME_MAX + 1]; // small letters, digits and -
    struct flood_rule rules[FLOOD_KINDS];
};

// The first is "none", by which nothing is too much.
struct flood_profiles {
    struct flood_profile all[FLOOD_PROFILES_MAX];
    size_t count;
};

extern const struct flood_profiles flood_profiles_built_in;

bool flood_name_is_good(struct text name);
// The index of the profile of this name, in whatever case; -1: there is none.
int flood_profile_find(const struct flood_profiles *profiles, struct text name);
// Appends "none, relaxed or strict"; with `last` "none, relaxed, strict or <last>".
void flood_profiles_list(const struct flood_profiles *profiles, const char *last, struct buf *out);
