// /ban and /mute, and their ends.
#include "base/utf8.h"
#include "chat/ban_report.h"
#include "chat/rights.h"
#include "protocol/plain_commands.h"
#include "protocol/plain_moderate.h"
#include "protocol/plain_render.h"
#include "protocol/plain_rules.h"

#include <time.h>

enum { BANS_SHOWN = 200 };

// What was typed: options, who, how long, why.
struct wish {
    struct ban ban;
    bool show; // only whom it would hit
    bool server;
    bool mistyped; // the time: it would be for good, without a word
};

// False if there is an option that there is not.
static bool read_wish(struct text rest, struct wish *wish)
{
    while (text_starts(rest, TEXT("-"))) {
        struct text option = text_word(&rest);
        for (size_t i = 1; i < option.len; i++) {
            switch (option.at[i]) {
            case 'n':
                wish->show = true;
                break;
            case 'a':
                wish->ban.by_address = true;
                break;
            case 's':
                wish->server = true;
                break;
            default:
                return false;
            }
        }
    }
    wish->ban.who = text_word(&rest);
    struct text after = rest;
    struct text time = text_word(&after);
    if (ban_time(time, &wish->ban.for_ms)) {
        rest = after;
    } else {
        wish->mistyped = ban_time_is_meant(time);
    }
    wish->ban.why = utf8_cut(rest, RULE_WHY_BYTES_MAX);
    return true;
}

static const char *what(const struct wish *wish)
{
    return wish->ban.speech ? "mute" : "ban";
}

static void show_hits(struct session *session, const struct wish *wish, struct text mask)
{
    struct buf names;
    struct buf whom;
    buf_init(&whom, 1024);
    buf_init(&names, 8 * 1024);
    plain_add_mask(mask, &whom);
    size_t count = ban_add_hits(session, &wish->ban, mask, BAN_HITS, &names);
    plain_say(session, "That would %s %.*s, and hit %s%.*s. Nothing was done.", what(wish),
              TEXT_ARG(buf_text(&whom)), count ? "" : "nobody who is here",
              TEXT_ARG(buf_text(&names)));
    buf_finish(&names);
    buf_finish(&whom);
}

static void say_result(struct session *session, const struct wish *wish, enum mode_result result,
                       enum refusal why)
{
    if (result == MODE_DONE || result == MODE_SAME || wish->ban.room) {
        plain_say_mode(session, wish->ban.room, result, why);
    } else if (result == MODE_REFUSED) {
        plain_say(session, "Only the server's moderators may do that.");
    } else {
        plain_say(session, "That cannot be done: %s.", mode_result_text(result));
    }
}

static enum refusal may_ban(const struct session *session, const struct wish *wish)
{
    return wish->ban.room               ? rights_rule(session, wish->ban.room, (enum rank)0)
           : rights_everywhere(session) ? REFUSED_NOT
                                        : REFUSED_NOT_OPERATOR;
}

static void only_show(struct session *session, const struct wish *wish)
{
    struct buf mask;
    buf_init(&mask, RULE_MASK_BYTES_MAX);
    enum refusal why = may_ban(session, wish);
    enum mode_result result = MODE_REFUSED;
    if (why == REFUSED_NOT) {
        result = ban_mask(session, &wish->ban, &mask);
    }
    // Whom a range of addresses would hit tells where people are.
    if (result == MODE_DONE && mask_has_address(buf_text(&mask)) && !rights_everywhere(session)) {
        result = MODE_ADDRESS;
    }
    if (result == MODE_DONE) {
        show_hits(session, wish, buf_text(&mask));
    } else {
        say_result(session, wish, result, why);
    }
    buf_finish(&mask);
}

static void ban(struct session *session, const struct wish *wish)
{
    enum refusal why = REFUSED_NOT;
    struct buf words;
    buf_init(&words, 32 * 1024);
    enum mode_result result = session_ban_report(session, &wish->ban, &why, &words);
    if (words.len) {
        plain_say(session, "%.*s", TEXT_ARG(buf_text(&words)));
    } else {
        say_result(session, wish, result, why);
    }
    buf_finish(&words);
}

static void add_ban(struct buf *out, const struct rule_mask *mask)
{
    time_t seconds = (time_t)(mask->until_ms / 1000);
    struct tm utc;
    char shown[64] = "";
    if (mask->until_ms && gmtime_r(&seconds, &utc)) {
        strftime(shown, sizeof shown, ", until %Y-%m-%d %H:%M UTC", &utc);
    }
    plain_add_mask(mask->mask, out);
    buf_printf(out, " (%sby %.*s%s", mask_is_for_speech(mask->mask) ? "mute " : "",
               TEXT_ARG(mask->by), shown);
    buf_add(out, mask->why.len ? TEXT(": ") : TEXT(""));
    plain_add_visible(out, mask->why);
    buf_add(out, TEXT(")\n"));
}

static void list_bans(struct session *session, const struct wish *wish)
{
    struct room *room = wish->ban.room;
    if (wish->server && !rights_everywhere(session)) {
        plain_say(session, "Only the server's moderators may read that.");
        return;
    }
    if (room && room->rules) {
        rules_expire(room->rules, session_now(session).wall_ms);
    }
    const struct rule_list *list = wish->server  ? server_bans(session->core)
                                   : room->rules ? &room->rules->lists[RULE_BANS]
                                                 : NULL;
    struct buf out;
    buf_init(&out, 256 * 1024);
    buf_printf(&out, "--- Bans of %.*s (%zu) ---\n",
               TEXT_ARG(wish->server ? TEXT("the server") : room->shown), list ? list->count : 0);
    for (size_t i = 0; list && i < list->count && i < BANS_SHOWN; i++) {
        add_ban(&out, &list->at[i]);
    }
    if (list && list->count > BANS_SHOWN) {
        buf_printf(&out, "… and %zu more\n", list->count - BANS_SHOWN);
    }
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

// False after a sentence.
static bool begin(struct session *session, struct text rest, bool speech, struct wish *wish)
{
    *wish = (struct wish){.ban.speech = speech};
    if (!read_wish(rest, wish) || (speech && wish->server)) {
        plain_say(session, "There is no such option. Type /help %s.", speech ? "mute" : "ban");
        return false;
    }
    if (wish->mistyped) {
        plain_say(session, "A time is like 90s, 10m, 2h, 7d or 4w.");
        return false;
    }
    wish->ban.room = wish->server ? NULL : plain_need_room(session, TEXT(""));
    return wish->server || wish->ban.room;
}

static void run(struct session *session, struct text rest, bool speech)
{
    struct wish wish;
    if (!begin(session, rest, speech, &wish)) {
        return;
    }
    if (wish.ban.who.len == 0) {
        list_bans(session, &wish);
    } else if (wish.show) {
        only_show(session, &wish);
    } else {
        ban(session, &wish);
    }
}

static void run_end(struct session *session, struct text rest, bool speech)
{
    struct wish wish;
    if (!begin(session, rest, speech, &wish)) {
        return;
    }
    enum refusal why = REFUSED_NOT;
    enum mode_result result = session_unban(session, &wish.ban, &why);
    if (result == MODE_SAME) {
        plain_say(session, "There is no such %s.", what(&wish));
    } else if (result == MODE_DONE && wish.server) {
        plain_say(session, "That ban is lifted.");
    } else {
        say_result(session, &wish, result, why);
    }
}

void plain_run_ban(struct session *session, struct text rest)
{
    run(session, rest, false);
}

void plain_run_mute(struct session *session, struct text rest)
{
    run(session, rest, true);
}

void plain_run_unban(struct session *session, struct text rest)
{
    run_end(session, rest, false);
}

void plain_run_unmute(struct session *session, struct text rest)
{
    run_end(session, rest, true);
}
