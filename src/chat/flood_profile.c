#include "chat/flood_profile.h"

const char *const flood_words[FLOOD_PROFILES + 1] = {"none", "relaxed", "normal", "strict", NULL};

const struct flood_profile flood_profiles[FLOOD_PROFILES] = {
    [FLOOD_NONE] = {.name = "none"},
    [FLOOD_RELAXED] = {"relaxed",
                       {[FLOOD_JOINS] = {40, 20, FLOOD_CLOSE, 60},
                        [FLOOD_MESSAGES] = {20, 20, FLOOD_DELAY, 0},
                        [FLOOD_REPEATS] = {10, 60, FLOOD_MUTE, 30},
                        [FLOOD_NAMES] = {10, 60, FLOOD_MUTE, 30}}},
    [FLOOD_NORMAL] = {"normal",
                      {[FLOOD_JOINS] = {20, 20, FLOOD_CLOSE, 120},
                       [FLOOD_MESSAGES] = {10, 20, FLOOD_DELAY, 0},
                       [FLOOD_REPEATS] = {5, 60, FLOOD_MUTE, 60},
                       [FLOOD_NAMES] = {5, 60, FLOOD_MUTE, 60}}},
    [FLOOD_STRICT] = {"strict",
                      {[FLOOD_JOINS] = {8, 20, FLOOD_CLOSE, 300},
                       [FLOOD_MESSAGES] = {6, 20, FLOOD_MUTE, 60},
                       [FLOOD_REPEATS] = {3, 60, FLOOD_MUTE, 300},
                       [FLOOD_NAMES] = {3, 60, FLOOD_MUTE, 300}}},
};

int flood_profile_find(struct text name)
{
    int i = 0;
    while (i < FLOOD_PROFILES && !text_equal_nocase(text_of(flood_words[i]), name)) {
        i++;
    }
    return i;
}
