// Flood profiles in the configuration: sections of which each line is a rule, from text and to
// text.
#pragma once
#include "base/buf.h"
#include "chat/flood_profile.h"

struct config;

// What flood profiles there are, and where from.
struct flood_setting {
    struct flood_profiles profiles;
    int lines[FLOOD_PROFILES_MAX]; // where each stands in the file; 0: it is as built in
    char *standard;                // the name of that of rooms without one of their own
};

// The rules' names, by enum flood_kind.
extern const char *const flood_rule_names[FLOOD_KINDS];

// Puts a rule of the profile in place of what it was; the profile is made if need be, and has its
// line. NULL for `rule`: no more than that, and what is wrong with the profile is said. False and a
// sentence in `why`: nothing is changed.
bool flood_setting_put(struct config *config, struct text profile, int line, const char *rule,
                       struct text value, struct buf *why);
// Has rooms without a profile of their own follow the setting `flood`. False and a sentence, with
// file and line, in `why`: there is none of that name.
bool flood_setting_fits(struct config *config, struct buf *why);
// Appends the profiles as they would stand in the file, with where each comes from.
void flood_setting_print(const struct config *config, struct buf *out);
