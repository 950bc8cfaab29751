#include "chat/flood_profile.h"

const struct flood_profiles flood_profiles_built_in = {
    .count = 4,
    .all =
        {
            {.name = "none"},
            {"relaxed",
             {[FLOOD_JOINS] = {40, 20, FLOOD_CLOSE, 60},
              [FLOOD_MESSAGES] = {20, 20, FLOOD_DELAY, 0},
              [FLOOD_REPEATS] = {10, 60, FLOOD_MUTE, 30},
              [FLOOD_NAMES] = {10, 60, FLOOD_MUTE, 30}}},
            {"normal",
             {[FLOOD_JOINS] = {20, 20, FLOOD_CLOSE, 120},
              [FLOOD_MESSAGES] = {10, 20, FLOOD_DELAY, 0},
              [FLOOD_REPEATS] = {5, 60, FLOOD_MUTE, 60},
              [FLOOD_NAMES] = {5, 60, FLOOD_MUTE, 60}}},
            {"strict",
             {[FLOOD_JOINS] = {8, 20, FLOOD_CLOSE, 300},
              [FLOOD_MESSAGES] = {6, 20, FLOOD_MUTE, 60},
              [FLOOD_REPEATS] = {3, 60, FLOOD_MUTE, 300},
              [FLOOD_NAMES] = {3, 60, FLOOD_MUTE, 300}}},
        },
};

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool flood_name_is_good(struct text name)
{
    bool good = name.len > 0 && name.len <= FLOOD_NAME_MAX;
    for (size_t i = 0; good && i < name.len; i++) {
        good = is_name_char(name.at[i]);
    }
    return good;
}

int flood_profile_find(const struct flood_profiles *profiles, struct text name)
{
    for (size_t i = 0; i < profiles->count; i++) {
        if (text_equal_nocase(text_of(profiles->all[i].name), name)) {
            return (int)i;
        }
    }
    return -1;
}

void flood_profiles_list(const struct flood_profiles *profiles, const char *last, struct buf *out)
{
    for (size_t i = 0; i < profiles->count; i++) {
        const char *before = i == 0 ? "" : last || i + 1 < profiles->count ? ", " : " or ";
        buf_printf(out, "%s%s", before, profiles->all[i].name);
    }
    if (last) {
        buf_printf(out, " or %s", last);
    }
}
