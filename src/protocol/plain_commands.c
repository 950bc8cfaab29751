#include "protocol/plain_commands.h"

#include "base/must.h"
#include "base/utf8.h"
#include "chat/account.h"
#include "chat/mail.h"
#include "chat/reading.h"
#include "chat/rights.h"
#include "chat/session.h"
#include "chat/stay.h"
#include "protocol/plain.h"
#include "protocol/plain_account.h"
#include "protocol/plain_key.h"
#include "protocol/plain_moderate.h"
#include "protocol/plain_people.h"
#include "protocol/plain_render.h"
#include "protocol/plain_staff.h"

// How many words a command takes: fewer or more, and its usage is printed.
struct command {
    struct text name;
    struct text aliases; // separated by spaces
    void (*run)(struct session *, struct text rest);
    uint8_t least;
    uint8_t most; // ANY: the rest is a text
    const char *usage;
    const char *help;
};

enum { ANY = 255, ROOMS_SHOWN = 50, HISTORY_DEFAULT = 20 };

static const struct command *find(struct text name);
static void print_usage(struct session *session, const struct command *command);

struct user *plain_need_user(struct session *session, struct text name)
{
    struct user *user = session_find_user(session, name);
    if (!user) {
        plain_say(session, "Nobody called \"%.*s\" is online. Type /list to see who is.",
                  TEXT_ARG(utf8_cut(name, NAME_BYTES_MAX)));
    }
    return user;
}

struct room *plain_need_room(struct session *session, struct text name)
{
    if (name.len == 0) {
        if (!session->current) {
            plain_say(session, "You are in no room. Type /join #lobby to be in one.");
        }
        return session->current;
    }
    struct room *room = session_find_room(session, name);
    if (!room || !rights_see(session, room)) {
        plain_say(session, "There is no room \"%.*s\". Type /rooms to see which there are.",
                  TEXT_ARG(utf8_cut(name, NAME_BYTES_MAX)));
        return NULL;
    }
    return room;
}

static void run_pm(struct session *session, struct text rest)
{
    struct text name = text_word(&rest);
    struct account *absent = session_find_absent(session, name);
    if (absent) {
        session_whisper_absent(session, absent, MESSAGE_SAY, rest, TEXT(""));
        return;
    }
    struct user *to = plain_need_user(session, name);
    if (!to) {
        return;
    }
    session_whisper(session, to, MESSAGE_SAY, rest, TEXT(""));
    if (to->away && !user_is_absent(to)) {
        plain_say(session, "%.*s is away: %s", TEXT_ARG(to->name), to->away);
    }
}

static void run_list(struct session *session, struct text rest)
{
    struct room *room = rest.len ? plain_need_room(session, rest) : NULL;
    if (room || rest.len == 0) {
        session_list(session, plain_list_part, room ? room->key : TEXT(""));
    }
}

static void run_quit(struct session *session, struct text rest)
{
    session_quit(session, CLOSE_QUIT, utf8_cut(rest, session_limits(session)->reason_bytes));
}

static void run_me(struct session *session, struct text rest)
{
    struct room *room = plain_need_room(session, TEXT(""));
    if (room) {
        plain_speak(session, room, MESSAGE_ACTION, rest);
    }
}

static void run_nick(struct session *session, struct text rest)
{
    enum name_fault fault;
    if (text_equal(rest, session->user->name)) {
        plain_say(session, "That is your name already.");
        return;
    }
    switch (session_rename(session, rest, &fault)) {
    case SIGN_IN_OK:
        plain_say(session, "You are now known as %.*s.", TEXT_ARG(session->user->name));
        break;
    case SIGN_IN_TAKEN:
        plain_say(session, "The name \"%.*s\" is taken. You are still %.*s.", TEXT_ARG(rest),
                  TEXT_ARG(session->user->name));
        break;
    case SIGN_IN_REGISTERED:
    case SIGN_IN_NEEDS_ACCOUNT:
    case SIGN_IN_TOO_MANY:
        plain_say(session, "The name \"%.*s\" is registered. Type /login %.*s <password> first.",
                  TEXT_ARG(rest), TEXT_ARG(rest));
        break;
    case SIGN_IN_BANNED:
        plain_say(session, "The name \"%.*s\" is banned here. You are still %.*s.", TEXT_ARG(rest),
                  TEXT_ARG(session->user->name));
        break;
    case SIGN_IN_SILENCED:
        plain_say(session, "You cannot speak in %.*s, and keep your name while you are in it.",
                  TEXT_ARG(rights_silenced_by_name(session, rest)->shown));
        break;
    case SIGN_IN_TOO_OFTEN:
        plain_say(session, "You have had too many names. You are still %.*s; wait a minute.",
                  TEXT_ARG(session->user->name));
        break;
    case SIGN_IN_BAD_NAME:
        plain_say(session, "A name %s. You are still %.*s.", name_fault_text(fault),
                  TEXT_ARG(session->user->name));
        break;
    }
}

static void refuse_room_name(struct session *session, struct text name)
{
    enum name_fault fault = room_name_check(name);
    // What is allowed as written can still be too long once folded.
    plain_say(session, "A room's name %s.",
              name_fault_text(fault == NAME_OK ? NAME_TOO_LONG : fault));
}

static void run_join(struct session *session, struct text rest)
{
    struct text name = text_word(&rest);
    enum refusal why;
    switch (room_join(session, name, rest, &why)) {
    case JOIN_OK:
        break;
    case JOIN_REFUSED:
        plain_say_refusal(session, "join", session_find_room(session, name), why);
        break;
    case JOIN_BAD_NAME:
        refuse_room_name(session, name);
        break;
    case JOIN_TOO_MANY:
        plain_say(session, "You are in %u rooms, which is the most. Leave one with /part first.",
                  session_limits(session)->rooms_per_user);
        break;
    case JOIN_NO_ROOM_LEFT:
        plain_say(session, "This server has %u rooms, which is the most. Join one of them.",
                  session_limits(session)->rooms);
        break;
    }
}

void plain_say_left(struct session *session, struct text room)
{
    if (!session->current && session->members) {
        session->current = session->members->room;
        session_refresh(session);
    }
    if (session->current) {
        plain_say(session, "You have left %.*s. What you say goes to %.*s now.", TEXT_ARG(room),
                  TEXT_ARG(session->current->shown));
    } else {
        plain_say(session, "You have left %.*s and are in no room. Type /join #lobby to talk.",
                  TEXT_ARG(room));
    }
}

static void run_part(struct session *session, struct text rest)
{
    struct room *room = plain_need_room(session, rest);
    if (!room) {
        return;
    }
    if (!room_member(session, room)) {
        plain_say(session, "You are not in %.*s.", TEXT_ARG(room->shown));
        return;
    }
    struct text name = text_own(room->shown);
    room_leave(session, room, false);
    plain_say_left(session, name);
    text_disown(name);
}

static void run_room(struct session *session, struct text rest)
{
    struct room *room = plain_need_room(session, rest);
    if (!room) {
        return;
    }
    if (!room_member(session, room)) {
        plain_say(session, "You are not in %.*s. Type /join %.*s to be.", TEXT_ARG(room->shown),
                  TEXT_ARG(room->shown));
        return;
    }
    session->current = room;
    session_refresh(session);
    plain_say(session, "What you say goes to %.*s now.", TEXT_ARG(room->shown));
}

static int by_members(const void *a, const void *b)
{
    const struct room *left = *(struct room *const *)a;
    const struct room *right = *(struct room *const *)b;
    if (left->member_count != right->member_count) {
        return left->member_count > right->member_count ? -1 : 1;
    }
    return text_compare(left->key, right->key);
}

static size_t occupied_rooms(struct session *session, struct room ***rooms)
{
    size_t count = 0;
    size_t size = 0;
    *rooms = NULL;
    struct room *room = NULL;
    while ((room = session_next_room(session, room))) {
        if (room->member_count && rights_see(session, room)) {
            if (count == size) {
                size = size ? size * 2 : 16;
                *rooms = mem_grow(*rooms, size * sizeof(struct room *));
            }
            (*rooms)[count++] = room;
        }
    }
    return count;
}

static void run_rooms(struct session *session, struct text rest)
{
    (void)rest;
    struct room **rooms;
    size_t count = occupied_rooms(session, &rooms);
    if (count) {
        qsort(rooms, count, sizeof(struct room *), by_members);
    }
    struct buf out;
    buf_init(&out, 256 * 1024);
    buf_printf(&out, "--- Rooms with people in them (%zu) ---\n", count);
    for (size_t i = 0; i < count && i < ROOMS_SHOWN; i++) {
        buf_printf(&out, "%.*s (%zu)%s", TEXT_ARG(rooms[i]->shown), rooms[i]->member_count,
                   rooms[i]->topic.len ? " " : "");
        plain_add_visible(&out, rooms[i]->topic);
        buf_add_char(&out, '\n');
    }
    if (count > ROOMS_SHOWN) {
        buf_printf(&out, "… and %zu more\n", count - ROOMS_SHOWN);
    }
    free(rooms);
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

// Whoever has an account need not be here.
static void read_conversation(struct session *session, struct text name, uint32_t count)
{
    const struct user *user = session_find_user(session, name);
    const struct account *account = account_find(session_accounts(session), name);
    if (user) {
        session_read_conversation(session, user->identity, user->name, count);
    } else if (account) {
        session_read_conversation(session, account_identity(account), account->name, count);
    } else {
        plain_need_user(session, name);
    }
}

// [n] [#room|user], in this order or with either missing.
static void run_history(struct session *session, struct text rest)
{
    uint32_t most = session_limits(session)->history_page;
    uint64_t count = HISTORY_DEFAULT;
    struct text place = text_word(&rest);
    if (place.len && place.at[0] >= '0' && place.at[0] <= '9') {
        if (!text_number(place, most, &count) || count == 0) {
            plain_say(session, "The number of lines is from 1 to %u.", most);
            return;
        }
        place = text_word(&rest);
    }
    if (rest.len) {
        print_usage(session, find(TEXT("/history")));
        return;
    }
    if (place.len && place.at[0] != '#') {
        read_conversation(session, place, (uint32_t)count);
        return;
    }
    struct room *room = plain_need_room(session, place);
    if (room && !rights_read(session, room)) {
        plain_say(session, "You cannot read what is said in %.*s. Type /join %.*s first.",
                  TEXT_ARG(room->shown), TEXT_ARG(room->shown));
    } else if (room) {
        session_read_room(session, room, (uint32_t)count, TEXT(""));
    }
}

static void run_search(struct session *session, struct text rest)
{
    struct room *room = plain_need_room(session, TEXT(""));
    if (room) {
        session_read_room(session, room, READING_PAGE_MESSAGES, rest);
    }
}

static void run_time(struct session *session, struct text rest)
{
    bool utc = text_equal_nocase(rest, TEXT("utc"));
    if (!utc && !text_equal_nocase(rest, TEXT("local"))) {
        print_usage(session, find(TEXT("/time")));
        return;
    }
    session->options = (session->options & ~(uint32_t)PLAIN_UTC) | (utc ? PLAIN_UTC : 0);
    session_refresh(session);
    plain_say(session, utc ? "Times are in UTC now." : "Times are the server's own now.");
}

static void run_help(struct session *session, struct text rest);

#define NAMED(name, aliases) TEXT_INIT(name), TEXT_INIT(aliases)
static const struct command commands[] = {
    {NAMED("/pm", "/msg /w"), run_pm, 2, ANY, "/pm <user> <message>",
     "says something to one person only"},
    {NAMED("/list", ""), run_list, 0, 1, "/list [#room]", "shows who is online, or in a room"},
    {NAMED("/me", ""), run_me, 1, ANY, "/me <action>", "says what you do"},
    {NAMED("/nick", ""), run_nick, 1, 1, "/nick <name>", "gives you another name"},
    {NAMED("/join", ""), run_join, 1, 2, "/join #room [password]", "enters a room, or makes it"},
    {NAMED("/part", ""), run_part, 0, 1, "/part [#room]", "leaves a room"},
    {NAMED("/room", ""), run_room, 1, 1, "/room #room", "chooses where your lines go"},
    {NAMED("/rooms", ""), run_rooms, 0, 0, "/rooms", "shows the rooms with people in them"},
    {NAMED("/topic", ""), plain_run_topic, 0, ANY, "/topic [text]",
     "shows or sets the room's topic"},
    {NAMED("/invite", ""), plain_run_invite, 1, 1, "/invite <user>",
     "asks somebody into this room"},
    {NAMED("/kick", ""), plain_run_kick, 1, ANY, "/kick <user> [reason]",
     "puts somebody out of this room"},
    {NAMED("/ban", ""), plain_run_ban, 0, ANY, "/ban <user> [10m] [reason]",
     "keeps somebody out; alone it lists the bans"},
    {NAMED("/unban", ""), plain_run_unban, 1, 3, "/unban <user>", "lifts a ban"},
    {NAMED("/mute", ""), plain_run_mute, 1, ANY, "/mute <user> [10m] [reason]",
     "keeps somebody from speaking"},
    {NAMED("/unmute", ""), plain_run_unmute, 1, 2, "/unmute <user>", "lets somebody speak again"},
    {NAMED("/op", ""), plain_run_op, 1, 2, "/op <user> [rank]",
     "makes somebody op of this room, or halfop, voice or founder"},
    {NAMED("/deop", ""), plain_run_deop, 1, 2, "/deop <user> [rank]", "takes that rank away again"},
    {NAMED("/slow", ""), plain_run_slow, 1, 1, "/slow <seconds>",
     "has everybody wait between messages; 0: nobody waits"},
    {NAMED("/close", ""), plain_run_close, 0, 1, "/close [guests]",
     "lets in only who is invited, or registered"},
    {NAMED("/open", ""), plain_run_open, 0, 0, "/open", "lets everybody in again"},
    {NAMED("/mode", ""), plain_run_mode, 0, 2, "/mode [setting] [value]",
     "shows or changes how this room is"},
    {NAMED("/member", ""), plain_run_member, 0, 1, "/member [user]",
     "lets somebody into this room always; alone it lists them"},
    {NAMED("/unmember", ""), plain_run_unmember, 1, 1, "/unmember <user>",
     "lets somebody in as anybody else again"},
    {NAMED("/history", ""), run_history, 0, 2, "/history [n] [#room|user]",
     "shows what was said before"},
    {NAMED("/search", ""), run_search, 1, ANY, "/search <words>",
     "finds messages of this room that have all the words"},
    {NAMED("/whois", ""), plain_run_whois, 1, 1, "/whois <user>", "tells about somebody"},
    {NAMED("/away", ""), plain_run_away, 0, ANY, "/away [text]", "says that you are away, or back"},
    {NAMED("/ignore", ""), plain_run_ignore, 1, 1, "/ignore <user>",
     "hides what somebody says, or shows it again"},
    {NAMED("/time", ""), run_time, 1, 1, "/time utc|local", "chooses how times are shown"},
    {NAMED("/register", ""), plain_run_register, 1, ANY, "/register <password>",
     "makes your name your own"},
    {NAMED("/login", ""), plain_run_login, 1, ANY, "/login [name] <password>",
     "says that a name is yours"},
    {NAMED("/logout", ""), plain_run_logout, 0, 0, "/logout", "says that you are a guest again"},
    {NAMED("/password", ""), plain_run_password, 1, ANY, "/password <old> <new>",
     "gives you another password"},
    {NAMED("/unregister", ""), plain_run_unregister, 1, ANY, "/unregister <password>",
     "ends your account and erases what you have said"},
    {NAMED("/set", ""), plain_run_set, 0, 2, "/set [setting] [value]",
     "changes what is kept of you: always-on, email"},
    {NAMED("/cert", ""), plain_run_cert, 1, 2, "/cert add|list|del [name]",
     "lets your certificate log you in"},
    {NAMED("/devices", ""), plain_run_devices, 0, 2, "/devices [end <token>]",
     "lists what comes back without a password"},
    {NAMED("/token", ""), plain_run_token, 0, 0, "/token",
     "gives a client what it comes back with"},
    {NAMED("/claim", ""), plain_run_claim, 1, 1, "/claim <code>",
     "makes you the owner of the server"},
    {NAMED("/invitation", ""), plain_run_invitation, 1, ANY, "/invitation make|list|end",
     "invites by a code, into a room or to register"},
    {NAMED("/redeem", ""), plain_run_redeem, 1, 1, "/redeem <code>",
     "lets you register, where one needs an invitation"},
    {NAMED("/role", ""), plain_run_role, 2, 2, "/role <user> <role>",
     "makes somebody moderator, admin, owner, or member again"},
    {NAMED("/audit", ""), plain_run_audit, 0, 1, "/audit [n]", "shows what moderators have done"},
    {NAMED("/help", ""), run_help, 0, 1, "/help [command]", "shows this list, or one command"},
    {NAMED("/quit", "/exit"), run_quit, 0, ANY, "/quit [reason]", "leaves the chat"},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static bool is_alias(struct text aliases, struct text name)
{
    while (aliases.len) {
        if (text_equal_nocase(text_word(&aliases), name)) {
            return true;
        }
    }
    return false;
}

static const struct command *find(struct text name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (text_equal_nocase(commands[i].name, name) || is_alias(commands[i].aliases, name)) {
            return &commands[i];
        }
    }
    return NULL;
}

static void print_usage(struct session *session, const struct command *command)
{
    plain_say(session, "Usage: %s (%s)", command->usage, command->help);
}

static void say_unknown(struct session *session, struct text name)
{
    plain_say(session, "Unknown command %.*s. Type /help for the list.",
              TEXT_ARG(utf8_cut(name, NAME_BYTES_MAX)));
}

static void help_all(struct session *session)
{
    struct buf out;
    buf_init(&out, 16 * 1024);
    buf_add(&out, TEXT("--- Commands ---\n"));
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        buf_printf(&out, "%-26s %s\n", commands[i].usage, commands[i].help);
    }
    buf_add(&out, TEXT("Anything else is said to the room; //text says /text.\n"));
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

static void run_help(struct session *session, struct text rest)
{
    if (rest.len == 0) {
        help_all(session);
        return;
    }
    char name[NAME_BYTES_MAX + 2];
    struct text word = utf8_cut(rest, NAME_BYTES_MAX);
    snprintf(name, sizeof name, "%s%.*s", text_starts(word, TEXT("/")) ? "" : "/", TEXT_ARG(word));
    const struct command *command = find(text_of(name));
    if (!command) {
        say_unknown(session, text_of(name));
    } else if (command->aliases.len) {
        plain_say(session, "%s: %s. Also: %.*s", command->usage, command->help,
                  TEXT_ARG(command->aliases));
    } else {
        plain_say(session, "%s: %s.", command->usage, command->help);
    }
}

static size_t count_words(struct text rest)
{
    size_t count = 0;
    while (text_word(&rest).len) {
        count++;
    }
    return count;
}

void plain_command(struct session *session, struct text line)
{
    struct text rest = text_trim(line);
    struct text name = text_word(&rest);
    const struct command *command = find(name);
    if (!command) {
        say_unknown(session, name);
        return;
    }
    size_t words = count_words(rest);
    if (words < command->least || (command->most != ANY && words > command->most)) {
        print_usage(session, command);
        return;
    }
    command->run(session, rest);
}
