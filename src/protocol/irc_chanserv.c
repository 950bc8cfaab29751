// ChanServ: channels. What operators do there is what MODE, KICK, INVITE and TOPIC do.
#include "chat/account.h"
#include "chat/rights.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_services.h"
#include "protocol/irc_state.h"

static struct room *need_room(struct session *session, struct text name)
{
    struct room *room = session_find_room(session, name);
    if (!room || !rights_see(session, room)) {
        irc_service_say(session, "There is no channel %.*s.", TEXT_ARG(irc_shown(name)));
        return NULL;
    }
    return room;
}

static void add_founders(const struct session *session, const struct rules *rules, struct buf *out)
{
    for (size_t i = 0; i < rules->rank_count; i++) {
        const struct account *account =
            account_by_number(session_accounts(session), rules->ranks[i].account);
        if (account && (rules->ranks[i].ranks & RANK_FOUNDER)) {
            buf_printf(out, "%s%.*s", out->len ? ", " : "", TEXT_ARG(account->name));
        }
    }
}

static void run_info(struct session *session, struct text rest)
{
    const struct room *room = need_room(session, text_word(&rest));
    if (!room) {
        return;
    }
    if (room_is_common(room->key)) {
        irc_service_say(session,
                        "%.*s is the server's: its moderators run it, and it keeps what they set "
                        "there.",
                        TEXT_ARG(room->shown));
        return;
    }
    if (!room->rules || !room->rules->kept) {
        irc_service_say(session,
                        "%.*s is nobody's: what is set there ends when the last one leaves.",
                        TEXT_ARG(room->shown));
        return;
    }
    struct buf founders;
    buf_init(&founders, 400);
    add_founders(session, room->rules, &founders);
    if (founders.len) {
        irc_service_say(session, "%.*s is registered. Its founders: %.*s.", TEXT_ARG(room->shown),
                        TEXT_ARG(buf_text(&founders)));
    } else {
        irc_service_say(session, "%.*s is registered, but its founders are gone.",
                        TEXT_ARG(room->shown));
    }
    buf_finish(&founders);
}

static void run_register(struct session *session, struct text rest)
{
    struct room *room = need_room(session, text_word(&rest));
    if (!room) {
        return;
    }
    switch (session_found_room(session, room)) {
    case FOUND_OK:
        irc_service_say(session, "%.*s is yours, and keeps what you set there.",
                        TEXT_ARG(room->shown));
        break;
    case FOUND_KEPT:
        irc_service_say(session, "%.*s is registered already.", TEXT_ARG(room->shown));
        break;
    case FOUND_NO_ACCOUNT:
        irc_service_say(session, "You are not logged in.");
        break;
    case FOUND_NOT_OPERATOR:
        irc_service_say(session, "You cannot do that in %.*s: %s.", TEXT_ARG(room->shown),
                        refusal_text(REFUSED_NOT_OPERATOR));
        break;
    case FOUND_TOO_MANY:
        irc_service_say(session, "You have as many channels as one account can.");
        break;
    }
}

static void run_drop(struct session *session, struct text rest)
{
    struct room *room = need_room(session, text_word(&rest));
    if (!room) {
        return;
    }
    struct text shown = text_own(room->shown); // a room that holds nothing goes
    if (session_drop_room(session, room)) {
        irc_service_say(session, "%.*s is nobody's: anybody who operates it can register it.",
                        TEXT_ARG(shown));
    } else {
        irc_service_say(session, "Only a founder of %.*s can do that.", TEXT_ARG(shown));
    }
    text_disown(shown);
}

// The nick that is named, or one's own.
static void change_rank(struct session *session, struct text rest, const char *change)
{
    struct text room = text_word(&rest);
    struct text nick = rest.len ? text_word(&rest) : session->user->name;
    irc_service_pass_on(session, "MODE %.*s %s %.*s", TEXT_ARG(room), change, TEXT_ARG(nick));
}

static void run_op(struct session *session, struct text rest)
{
    change_rank(session, rest, "+o");
}

static void run_deop(struct session *session, struct text rest)
{
    change_rank(session, rest, "-o");
}

static void run_halfop(struct session *session, struct text rest)
{
    change_rank(session, rest, "+h");
}

static void run_dehalfop(struct session *session, struct text rest)
{
    change_rank(session, rest, "-h");
}

static void run_voice(struct session *session, struct text rest)
{
    change_rank(session, rest, "+v");
}

static void run_devoice(struct session *session, struct text rest)
{
    change_rank(session, rest, "-v");
}

static void run_ban(struct session *session, struct text rest)
{
    change_rank(session, rest, "+b");
}

static void run_unban(struct session *session, struct text rest)
{
    change_rank(session, rest, "-b");
}

static void run_kick(struct session *session, struct text rest)
{
    struct text room = text_word(&rest);
    struct text nick = text_word(&rest);
    irc_service_pass_on(session, "KICK %.*s %.*s :%.*s", TEXT_ARG(room), TEXT_ARG(nick),
                        TEXT_ARG(rest));
}

static void run_invite(struct session *session, struct text rest)
{
    struct text room = text_word(&rest);
    irc_service_pass_on(session, "INVITE %.*s %.*s", TEXT_ARG(text_word(&rest)), TEXT_ARG(room));
}

static void run_topic(struct session *session, struct text rest)
{
    struct text room = text_word(&rest);
    irc_service_pass_on(session, "TOPIC %.*s :%.*s", TEXT_ARG(room), TEXT_ARG(rest));
}

static const struct irc_service_row rows[] = {
    {TEXT_INIT("REGISTER"), run_register, 1, "<channel>", "makes yours a channel that you operate"},
    {TEXT_INIT("INFO"), run_info, 1, "<channel>", "tells whose a channel is"},
    {TEXT_INIT("DROP"), run_drop, 1, "<channel>", "makes a channel that you founded nobody's"},
    {TEXT_INIT("OP"), run_op, 1, "<channel> [nick]", "makes somebody an operator"},
    {TEXT_INIT("DEOP"), run_deop, 1, "<channel> [nick]", "makes somebody no operator any more"},
    {TEXT_INIT("HALFOP"), run_halfop, 1, "<channel> [nick]", "makes somebody a half operator"},
    {TEXT_INIT("DEHALFOP"), run_dehalfop, 1, "<channel> [nick]",
     "makes somebody no half operator any more"},
    {TEXT_INIT("VOICE"), run_voice, 1, "<channel> [nick]", "gives somebody a voice"},
    {TEXT_INIT("DEVOICE"), run_devoice, 1, "<channel> [nick]", "takes it"},
    {TEXT_INIT("KICK"), run_kick, 2, "<channel> <nick> [reason]", "puts somebody out"},
    {TEXT_INIT("BAN"), run_ban, 2, "<channel> <mask>", "keeps people out"},
    {TEXT_INIT("UNBAN"), run_unban, 2, "<channel> <mask>", "lifts a ban"},
    {TEXT_INIT("INVITE"), run_invite, 2, "<channel> <nick>", "lets somebody in"},
    {TEXT_INIT("TOPIC"), run_topic, 2, "<channel> <topic>", "says what a channel is about"},
};

const struct irc_service irc_chanserv = {
    .name = TEXT_INIT("ChanServ"),
    .about = "ChanServ looks after registered channels",
    .rows = rows,
    .row_count = sizeof rows / sizeof *rows,
};
