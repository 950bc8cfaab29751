// /mode and what is like it: how a room is, in words; each setting is a channel mode.
#include "base/utf8.h"
#include "chat/flood_profile.h"
#include "chat/modes.h"
#include "chat/rights.h"
#include "protocol/plain_commands.h"
#include "protocol/plain_moderate.h"
#include "protocol/plain_render.h"

static const struct setting {
    struct text word;
    char letter;
    const char *values; // what it can be; NULL: a flood profile
    const char *on;     // what it means then, and else
    const char *off;
} settings[] = {
    {TEXT_INIT("hidden"), 's', "on or off", "it is not shown in lists", "it is shown in lists"},
    {TEXT_INIT("invited"), 'i', "on or off", "only who is invited, or always let in, may enter",
     "one needs no invitation"},
    {TEXT_INIT("registered"), 'R', "on or off", "only registered people may enter",
     "guests may enter too"},
    {TEXT_INIT("password"), 'k', "a word of at most 32 characters without a comma, or off",
     "one needs its password to enter", "one needs no password"},
    {TEXT_INIT("limit"), 'l', "a number of people from 1 to 1000000, or off",
     "so many people may be in at once", "any number of people may be in"},
    {TEXT_INIT("moderated"), 'm', "on or off", "only those with a voice may speak",
     "one needs no voice to speak"},
    {TEXT_INIT("registered-speak"), 'r', "on or off", "only registered people may speak",
     "guests may speak too"},
    {TEXT_INIT("slow"), 'W', "a number of seconds from 1 to 86400, or off",
     "one waits so many seconds between two messages", "nobody waits between two messages"},
    {TEXT_INIT("flood"), 'F', NULL, "how much is too much is set for this room",
     "how much is too much is as everywhere"},
    {TEXT_INIT("topic-locked"), 't', "on or off", "only operators may change the topic",
     "everybody in it may change the topic"},
    {TEXT_INIT("inside"), 'n', "on or off", "only who is in it may speak there",
     "others may speak there as well"},
    {TEXT_INIT("no-colours"), 'c', "on or off", "bold and coloured text is refused",
     "bold and coloured text is taken"},
    {TEXT_INIT("no-notices"), 'T', "on or off", "notices are refused", "notices are taken"},
    {TEXT_INIT("no-requests"), 'C', "on or off", "requests to people's clients are refused",
     "requests to people's clients are taken"},
};

enum { SETTINGS = sizeof settings / sizeof *settings };

static const struct setting *find_setting(struct text word)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        if (text_equal_nocase(word, settings[i].word)) {
            return &settings[i];
        }
    }
    return NULL;
}

// "off", or what it is set to; a password is not shown.
static void add_value(const struct room *room, char letter, struct buf *out)
{
    const struct rules *rules = room->rules;
    uint32_t number = !rules ? 0 : letter == 'l' ? rules->limit : letter == 'W' ? rules->slow_s : 0;
    if (number) {
        buf_printf(out, "%u", number);
    } else if (letter == 'F' && rules && *rules->flood) {
        buf_add(out, text_of(rules->flood));
    } else {
        bool on = mode_is_set(room, letter) || (letter == 'k' && rules && rules->key.len);
        buf_add(out, on ? TEXT("on") : TEXT("off"));
    }
}

static const char *meaning(const struct session *session, const struct room *room,
                           const struct setting *setting, bool off)
{
    bool lost = setting->letter == 'F' && !off &&
                flood_profile_find(session_floods(session), text_of(room->rules->flood)) < 0;
    return lost  ? "the server has no such profile any more: it is as everywhere"
           : off ? setting->off
                 : setting->on;
}

static void show_settings(struct session *session, const struct room *room)
{
    struct buf out;
    struct buf value;
    buf_init(&out, 8 * 1024);
    buf_init(&value, 64);
    buf_printf(&out, "--- How %.*s is ---\n", TEXT_ARG(room->shown));
    for (size_t i = 0; i < SETTINGS; i++) {
        buf_reset(&value);
        add_value(room, settings[i].letter, &value);
        bool off = text_equal(buf_text(&value), TEXT("off"));
        buf_printf(&out, "%-17.*s %-8.*s %s\n", TEXT_ARG(settings[i].word),
                   TEXT_ARG(buf_text(&value)), meaning(session, room, &settings[i], off));
    }
    session_reply(session, buf_text(&out));
    buf_finish(&value);
    buf_finish(&out);
}

static void say_values(struct session *session, const struct setting *setting)
{
    struct buf values;
    buf_init(&values, 1024);
    if (setting->values) {
        buf_add(&values, text_of(setting->values));
    } else {
        flood_profiles_list(session_floods(session), "off", &values);
    }
    plain_say(session, "The setting \"%.*s\" can be %.*s.", TEXT_ARG(setting->word),
              TEXT_ARG(buf_text(&values)));
    buf_finish(&values);
}

static bool takes(const struct setting *setting, struct text value)
{
    return mode_takes_value(setting->letter, true) || text_equal_nocase(value, TEXT("on")) ||
           text_equal_nocase(value, TEXT("off"));
}

static enum mode_result change(struct session *session, struct room *room,
                               const struct setting *setting, struct text value, enum refusal *why)
{
    struct modes modes;
    modes_begin(&modes, session, room);
    enum mode_result result =
        modes_change(&modes, setting->letter, !text_equal_nocase(value, TEXT("off")), value);
    *why = modes.why;
    modes_end(&modes);
    return result;
}

static void set(struct session *session, struct room *room, const struct setting *setting,
                struct text value)
{
    enum refusal why = REFUSED_NOT;
    enum mode_result result =
        takes(setting, value) ? change(session, room, setting, value, &why) : MODE_NEEDS_VALUE;
    switch (result) {
    case MODE_NEEDS_VALUE:
    case MODE_BAD_KEY:
    case MODE_BAD_NUMBER:
    case MODE_BAD_FLOOD:
        say_values(session, setting);
        break;
    case MODE_SAME:
        plain_say(session, "\"%.*s\" is %.*s already.", TEXT_ARG(setting->word), TEXT_ARG(value));
        break;
    default:
        plain_say_mode(session, room, result, why);
    }
}

void plain_run_mode(struct session *session, struct text rest)
{
    struct text word = text_word(&rest);
    const struct setting *setting = find_setting(word);
    struct room *room = plain_need_room(session, TEXT(""));
    if (!room) {
        return;
    }
    if (word.len == 0) {
        show_settings(session, room);
    } else if (!setting) {
        plain_say(session, "There is no setting \"%.*s\". Type /mode to see which there are.",
                  TEXT_ARG(utf8_cut(word, NAME_BYTES_MAX)));
    } else {
        set(session, room, setting, rest);
    }
}

void plain_run_slow(struct session *session, struct text rest)
{
    struct room *room = plain_need_room(session, TEXT(""));
    if (room) {
        set(session, room, find_setting(TEXT("slow")),
            text_equal(rest, TEXT("0")) ? TEXT("off") : rest);
    }
}
