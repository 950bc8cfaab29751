#include "protocol/irc_commands.h"

#include "base/utf8.h"
#include "protocol/irc_caps.h"
#include "protocol/irc_join.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

enum {
    BEFORE = 1 << 0, // may come before registration is complete
    ANY_NUMBER = 0,
};

struct row {
    struct text name;
    irc_command *run;
    uint8_t least; // parameters
    uint8_t flags;
};

static const struct row rows[] = {
    {TEXT_INIT("CAP"), irc_command_cap, 1, BEFORE},
    {TEXT_INIT("NICK"), irc_command_nick, ANY_NUMBER, BEFORE},
    {TEXT_INIT("USER"), irc_command_user, 4, BEFORE},
    {TEXT_INIT("PASS"), irc_command_pass, 1, BEFORE},
    {TEXT_INIT("PING"), irc_command_ping, ANY_NUMBER, BEFORE},
    {TEXT_INIT("PONG"), irc_command_pong, ANY_NUMBER, BEFORE},
    {TEXT_INIT("QUIT"), irc_command_quit, ANY_NUMBER, BEFORE},
    {TEXT_INIT("JOIN"), irc_command_join, 1, 0},
    {TEXT_INIT("PART"), irc_command_part, 1, 0},
    {TEXT_INIT("TOPIC"), irc_command_topic, 1, 0},
    {TEXT_INIT("NAMES"), irc_command_names, ANY_NUMBER, 0},
    {TEXT_INIT("INVITE"), irc_command_invite, ANY_NUMBER, 0},
    {TEXT_INIT("KICK"), irc_command_kick, 2, 0},
    {TEXT_INIT("MODE"), irc_command_mode, 1, 0},
    {TEXT_INIT("PRIVMSG"), irc_command_privmsg, ANY_NUMBER, 0},
    {TEXT_INIT("NOTICE"), irc_command_notice, ANY_NUMBER, 0},
    {TEXT_INIT("TAGMSG"), irc_command_tagmsg, 1, 0},
    {TEXT_INIT("AWAY"), irc_command_away, ANY_NUMBER, 0},
    {TEXT_INIT("SETNAME"), irc_command_setname, 1, 0},
    {TEXT_INIT("MOTD"), irc_command_motd, ANY_NUMBER, 0},
    {TEXT_INIT("LUSERS"), irc_command_lusers, ANY_NUMBER, 0},
};

static const struct row *find(struct text name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (text_equal_nocase(rows[i].name, name)) {
            return &rows[i];
        }
    }
    return NULL;
}

static void run_row(struct session *session, const struct row *row,
                    const struct irc_message *message)
{
    if (!row) {
        if (session->user) {
            irc_numeric(session, 421, "%.*s :Unknown command",
                        TEXT_ARG(irc_shown(message->command)));
        } else {
            irc_numeric(session, 451, ":You have not registered");
        }
    } else if (!session->user && !(row->flags & BEFORE)) {
        irc_numeric(session, 451, ":You have not registered");
    } else if (message->param_count < row->least) {
        irc_numeric(session, 461, "%.*s :Not enough parameters", TEXT_ARG(row->name));
    } else {
        row->run(session, message);
    }
}

static bool is_valid(struct session *session, struct text line, enum core_line how,
                     enum irc_parsed parsed, const struct irc_message *message)
{
    if (how == CORE_LINE_TOO_LONG || parsed == IRC_TOO_MANY || message->body.len > IRC_BODY_MAX ||
        message->tags.len > IRC_TAGS_BYTES) {
        irc_numeric(session, 417, ":Input line was too long");
        return false;
    }
    if (parsed == IRC_EMPTY) {
        return false;
    }
    if (!utf8_valid(line) || text_find(line, '\0') < line.len || text_find(line, '\r') < line.len) {
        irc_standard(session, "FAIL", utf8_valid(message->command) ? "*" : "*", "INVALID_UTF8",
                     TEXT(""),
                     "Message rejected, your IRC software MUST use UTF-8 on this network");
        return false;
    }
    return true;
}

void irc_run(struct session *session, struct text line, enum core_line how)
{
    struct irc_message *message = &(struct irc_message){0};
    enum irc_parsed parsed = irc_message_parse(line, message);
    struct text label = TEXT("");
    if (irc_has(session, CAP_LABELED_RESPONSE)) {
        label = irc_message_tag(message, TEXT("label"));
        label = label.len <= 64 ? label : TEXT("");
    }
    irc_answer_begin(session, label);
    session->state.apart = label.len > 0;
    if (is_valid(session, line, how, parsed, message)) {
        run_row(session, find(message->command), message);
    }
    irc_done(session);
}

bool irc_only_says(const struct session *session, struct text line)
{
    if (!session->user || session->state.apart) {
        return false;
    }
    struct irc_message *message = &(struct irc_message){0};
    irc_message_parse(line, message);
    return irc_message_tag(message, TEXT("label")).at == NULL &&
           irc_message_tag(message, TEXT("batch")).at == NULL &&
           (text_equal_nocase(message->command, TEXT("PRIVMSG")) ||
            text_equal_nocase(message->command, TEXT("NOTICE")));
}
