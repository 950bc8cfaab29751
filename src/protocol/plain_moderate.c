#include "protocol/plain_moderate.h"

#include "base/utf8.h"
#include "chat/account.h"
#include "chat/mail.h"
#include "chat/modes.h"
#include "chat/rights.h"
#include "protocol/plain_commands.h"
#include "protocol/plain_render.h"
#include "protocol/plain_rules.h"

static void show_topic(struct session *session, const struct room *room)
{
    struct buf out;
    buf_init(&out, 8 * 1024);
    buf_printf(&out, "[SYSTEM] The topic of %.*s is: ", TEXT_ARG(room->shown));
    plain_add_visible(&out, room->topic);
    buf_printf(&out, " (set by %.*s)\n", TEXT_ARG(room->topic_by));
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

void plain_run_topic(struct session *session, struct text rest)
{
    struct room *room = plain_need_room(session, TEXT(""));
    if (!room) {
        return;
    }
    if (rest.len > session_limits(session)->topic_bytes) {
        plain_say(session, "That topic is too long and was not set: %u bytes are the most.",
                  session_limits(session)->topic_bytes);
    } else if (rest.len && rights_set_topic(session, room) != REFUSED_NOT) {
        plain_say(session, "You cannot set the topic of %.*s: %s.", TEXT_ARG(room->shown),
                  refusal_text(rights_set_topic(session, room)));
    } else if (rest.len) {
        session_say(session, room, MESSAGE_TOPIC, rest, TEXT(""));
    } else if (room->topic.len) {
        show_topic(session, room);
    } else {
        plain_say(session, "%.*s has no topic. Type /topic and a text to set one.",
                  TEXT_ARG(room->shown));
    }
}

// Nobody is there to be told, so that the room lets in the account from here on.
static void invite_absent(struct session *session, struct room *room, const struct account *account)
{
    if (!mode_is_set(room, 'i')) {
        plain_say(session,
                  "%.*s is not here, and needs no invitation to %.*s. What you say with /pm waits.",
                  TEXT_ARG(account->name), TEXT_ARG(room->shown));
        return;
    }
    struct buf mask;
    buf_init(&mask, RULE_MASK_BYTES_MAX);
    buf_printf(&mask, "~a:%.*s", TEXT_ARG(account->name));
    struct modes modes;
    modes_begin(&modes, session, room);
    enum mode_result result = modes_change(&modes, 'I', true, buf_text(&mask));
    enum refusal why = modes.why;
    modes_end(&modes);
    buf_finish(&mask);
    if (result == MODE_DONE || result == MODE_SAME) {
        plain_say(session, "%.*s is not here, and may come into %.*s at any time.",
                  TEXT_ARG(account->name), TEXT_ARG(room->shown));
    } else {
        plain_say_mode(session, room, result, why);
    }
}

void plain_run_invite(struct session *session, struct text rest)
{
    const struct account *absent = session_find_absent(session, rest);
    struct user *user = session_find_user(session, rest);
    user = user || absent ? user : plain_need_user(session, rest);
    struct room *room = user || absent ? plain_need_room(session, TEXT("")) : NULL;
    if (!room) {
        return;
    }
    enum refusal why = rights_invite(session, room);
    if (why != REFUSED_NOT) {
        plain_say(session, "You cannot invite to %.*s: %s.", TEXT_ARG(room->shown),
                  refusal_text(why));
        return;
    }
    if (!user) {
        invite_absent(session, room, absent);
        return;
    }
    if (user_is_in(user, room)) {
        plain_say(session, "%.*s is in %.*s already.", TEXT_ARG(user->name), TEXT_ARG(room->shown));
        return;
    }
    session_invite(session, room, user);
    plain_say(session, "You have invited %.*s to %.*s.", TEXT_ARG(user->name),
              TEXT_ARG(room->shown));
}

void plain_run_kick(struct session *session, struct text rest)
{
    struct user *user = plain_need_user(session, text_word(&rest));
    struct room *room = user ? plain_need_room(session, TEXT("")) : NULL;
    struct member *member = room ? user_member(user, room) : NULL;
    if (!room) {
        return;
    }
    if (!member) {
        plain_say(session, "%.*s is not in %.*s.", TEXT_ARG(user->name), TEXT_ARG(room->shown));
        return;
    }
    enum refusal why = rights_kick(session, room, member);
    if (why != REFUSED_NOT) {
        plain_say(session, "You cannot put %.*s out of %.*s: %s.", TEXT_ARG(user->name),
                  TEXT_ARG(room->shown), refusal_text(why));
        return;
    }
    session_kick(session, member, utf8_cut(rest, session_limits(session)->reason_bytes));
}

void plain_say_refusal(struct session *session, const char *act, const struct room *room,
                       enum refusal why)
{
    struct buf words;
    buf_init(&words, 1024);
    refusal_say(session, room, why, &words);
    plain_say(session, "You cannot %s %.*s: %.*s.", act, TEXT_ARG(room->shown),
              TEXT_ARG(buf_text(&words)));
    buf_finish(&words);
}

void plain_say_mode(struct session *session, const struct room *room, enum mode_result result,
                    enum refusal why)
{
    if (result == MODE_SAME) {
        plain_say(session, "That is so already.");
    } else if (result != MODE_DONE) {
        plain_say(session, "You cannot do that in %.*s: %s.", TEXT_ARG(room->shown),
                  result == MODE_REFUSED ? refusal_text(why) : mode_result_text(result));
    }
}

// `same`: what is said if it is so already.
static void change(struct session *session, char letter, bool on, struct text value,
                   const char *same)
{
    struct room *room = plain_need_room(session, TEXT(""));
    if (!room) {
        return;
    }
    struct modes modes;
    modes_begin(&modes, session, room);
    enum mode_result result = modes_change(&modes, letter, on, value);
    enum refusal why = modes.why;
    modes_end(&modes);
    if (result == MODE_SAME) {
        plain_say(session, "%s", same);
    } else {
        plain_say_mode(session, room, result, why);
    }
}

static void change_rank(struct session *session, struct text rest, bool on)
{
    static const struct {
        struct text word;
        char letter;
    } ranks[] = {{TEXT_INIT("voice"), 'v'},
                 {TEXT_INIT("halfop"), 'h'},
                 {TEXT_INIT("op"), 'o'},
                 {TEXT_INIT("founder"), 'q'}};
    struct text name = text_word(&rest);
    struct text word = rest.len ? rest : TEXT("op");
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        if (text_equal_nocase(word, ranks[i].word)) {
            change(session, ranks[i].letter, on, name,
                   on ? "That person has this rank already."
                      : "That person does not have this rank.");
            return;
        }
    }
    plain_say(session, "The ranks are voice, halfop, op and founder.");
}

void plain_run_op(struct session *session, struct text rest)
{
    change_rank(session, rest, true);
}

void plain_run_deop(struct session *session, struct text rest)
{
    change_rank(session, rest, false);
}

void plain_run_close(struct session *session, struct text rest)
{
    if (rest.len && !text_equal_nocase(rest, TEXT("guests"))) {
        plain_say(session, "Type /close, or /close guests.");
        return;
    }
    change(session, rest.len ? 'R' : 'i', true, TEXT(""), "It is closed to others already.");
}

void plain_run_open(struct session *session, struct text rest)
{
    (void)rest;
    struct room *room = plain_need_room(session, TEXT(""));
    if (room && !mode_is_set(room, 'i') && !mode_is_set(room, 'R')) {
        plain_say(session, "%.*s is not closed.", TEXT_ARG(room->shown));
        return;
    }
    if (room && mode_is_set(room, 'i')) {
        change(session, 'i', false, TEXT(""), "");
    }
    if (room && mode_is_set(room, 'R')) {
        change(session, 'R', false, TEXT(""), "");
    }
}

static void list_members(struct session *session, const struct room *room)
{
    const struct rule_list *list = room->rules ? &room->rules->lists[RULE_INVITATIONS] : NULL;
    struct buf out;
    buf_init(&out, 32 * 1024);
    buf_printf(&out, "--- Always let into %.*s (%zu) ---\n", TEXT_ARG(room->shown),
               list ? list->count : 0);
    for (size_t i = 0; list && i < list->count; i++) {
        plain_add_mask(list->at[i].mask, &out);
        buf_add_char(&out, '\n');
    }
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

static void change_member(struct session *session, struct text who, bool on)
{
    struct ban ban = {.who = who};
    struct buf mask;
    buf_init(&mask, RULE_MASK_BYTES_MAX);
    ban_mask(session, &ban, &mask);
    change(session, 'I', on, buf_text(&mask),
           on ? "That is on the list of /member already."
              : "Nobody like that is on the list that /member shows.");
    buf_finish(&mask);
}

void plain_run_member(struct session *session, struct text rest)
{
    struct room *room = plain_need_room(session, TEXT(""));
    if (room && rest.len) {
        change_member(session, rest, true);
    } else if (room) {
        list_members(session, room);
    }
}

void plain_run_unmember(struct session *session, struct text rest)
{
    change_member(session, rest, false);
}
