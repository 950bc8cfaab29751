#include "protocol/irc_commands.h"

#include "base/utf8.h"
#include "protocol/irc_caps.h"
#include "protocol/irc_join.h"
#include "protocol/irc_multiline.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_services.h"
#include "protocol/irc_state.h"

enum { BEFORE = IRC_BEFORE, OPERATORS = IRC_OPERATORS, ANY_NUMBER = 0 };

static const struct irc_row rows[] = {
    {TEXT_INIT("CAP"), irc_command_cap, 1, BEFORE, "<LS|LIST|REQ|END> [<capabilities>]",
     "agrees with the server on capabilities"},
    {TEXT_INIT("NICK"), irc_command_nick, ANY_NUMBER, BEFORE, "<nick>", "gives you another name"},
    {TEXT_INIT("USER"), irc_command_user, 4, BEFORE, "<login> 0 * :<real name>",
     "says who you are, when you connect"},
    {TEXT_INIT("PASS"), irc_command_pass, 1, BEFORE, "<password>",
     "gives the server's password, when you connect"},
    {TEXT_INIT("AUTHENTICATE"), irc_command_authenticate, 1, BEFORE, "<mechanism or answer>",
     "logs in to an account by SASL"},
    {TEXT_INIT("REGISTER"), irc_command_register, 3, BEFORE,
     "<account or *> <email or *> <password>", "makes your nick an account"},
    {TEXT_INIT("VERIFY"), irc_command_verify, 2, BEFORE, "<account> <code>",
     "is not needed here: accounts are ready at once"},
    {TEXT_INIT("TOKEN"), irc_command_token, 1, BEFORE, "NEW",
     "gives a client what it comes back with, instead of the password"},
    {TEXT_INIT("PING"), irc_command_ping, ANY_NUMBER, BEFORE, "<token>", "is answered at once"},
    {TEXT_INIT("PONG"), irc_command_pong, ANY_NUMBER, BEFORE, "<token>", "answers a PING"},
    {TEXT_INIT("QUIT"), irc_command_quit, ANY_NUMBER, BEFORE, "[:<reason>]", "ends the connection"},
    {TEXT_INIT("JOIN"), irc_command_join, 1, 0, "<channels> [<keys>]", "enters channels"},
    {TEXT_INIT("PART"), irc_command_part, 1, 0, "<channels> [:<reason>]", "leaves channels"},
    {TEXT_INIT("TOPIC"), irc_command_topic, 1, 0, "<channel> [:<topic>]",
     "shows or sets what a channel is about"},
    {TEXT_INIT("NAMES"), irc_command_names, ANY_NUMBER, 0, "<channels>",
     "lists who is in channels"},
    {TEXT_INIT("INVITE"), irc_command_invite, ANY_NUMBER, 0, "[<nick> <channel>]",
     "invites somebody; alone it lists your invitations"},
    {TEXT_INIT("KICK"), irc_command_kick, 2, 0, "<channel> <nicks> [:<reason>]",
     "puts people out of a channel"},
    {TEXT_INIT("MODE"), irc_command_mode, 1, 0, "<nick or channel> [<modes> [<parameters>]]",
     "shows or changes modes"},
    {TEXT_INIT("RENAME"), irc_command_rename, 2, 0, "<channel> <new name> [:<reason>]",
     "gives a channel another name"},
    {TEXT_INIT("PRIVMSG"), irc_command_privmsg, ANY_NUMBER, 0, "<targets> :<text>",
     "says something to channels or people"},
    {TEXT_INIT("NOTICE"), irc_command_notice, ANY_NUMBER, 0, "<targets> :<text>",
     "says something that no program answers"},
    {TEXT_INIT("TAGMSG"), irc_command_tagmsg, 1, 0, "<targets>", "sends tags without a text"},
    {TEXT_INIT("CHATHISTORY"), irc_command_chathistory, 1, 0,
     "<LATEST|BEFORE|AFTER|AROUND|BETWEEN|TARGETS> <target> <references> <limit>",
     "shows what was said before"},
    {TEXT_INIT("MARKREAD"), irc_command_markread, ANY_NUMBER, 0, "<target> [timestamp=<time>]",
     "shows or sets how far you have read"},
    {TEXT_INIT("METADATA"), irc_command_metadata, 2, BEFORE,
     "<target> <GET|LIST|SET|CLEAR|SUB|UNSUB|SUBS|SYNC> [<keys>|<key> :<value>]",
     "shows or sets what somebody or a channel says of itself"},
    {TEXT_INIT("SEARCH"), irc_command_search, 1, 0, "in=<target>[;text=<words>][;from=<nick>]",
     "finds messages by their words; after=, before= and limit= narrow it"},
    {TEXT_INIT("REDACT"), irc_command_redact, 2, 0, "<target> <message id> [:<reason>]",
     "deletes a message"},
    {TEXT_INIT("BATCH"), irc_command_batch, 1, 0, "<+ or -><reference> [<type> <target>]",
     "opens or ends a message of several lines"},
    {TEXT_INIT("NICKSERV"), irc_command_service, ANY_NUMBER, 0, "<command>",
     "looks after your account; HELP lists the commands"},
    {TEXT_INIT("NS"), irc_command_service, ANY_NUMBER, 0, "<command>", "is another NICKSERV"},
    {TEXT_INIT("CHANSERV"), irc_command_service, ANY_NUMBER, 0, "<command>",
     "looks after channels; HELP lists the commands"},
    {TEXT_INIT("CS"), irc_command_service, ANY_NUMBER, 0, "<command>", "is another CHANSERV"},
    {TEXT_INIT("AWAY"), irc_command_away, ANY_NUMBER, BEFORE, "[:<reason>]",
     "says that you are away, or alone that you are back"},
    {TEXT_INIT("SETNAME"), irc_command_setname, 1, 0, ":<real name>", "changes your real name"},
    {TEXT_INIT("MOTD"), irc_command_motd, ANY_NUMBER, 0, "[<server>]",
     "shows the message of the day"},
    {TEXT_INIT("LUSERS"), irc_command_lusers, ANY_NUMBER, 0, "", "counts users and channels"},
    {TEXT_INIT("WHO"), irc_command_who, ANY_NUMBER, 0, "<channel, nick or mask> [%<fields>]",
     "lists people"},
    {TEXT_INIT("WHOIS"), irc_command_whois, ANY_NUMBER, 0, "[<server>] <nick>",
     "tells about somebody who is here"},
    {TEXT_INIT("WHOWAS"), irc_command_whowas, ANY_NUMBER, 0, "<nick> [<count>]",
     "tells about those who were here under a name"},
    {TEXT_INIT("USERHOST"), irc_command_userhost, 1, 0, "<nick> [<nick> ...]",
     "shows the hosts of up to five people"},
    {TEXT_INIT("ISON"), irc_command_ison, 1, 0, "<nick> [<nick> ...]",
     "tells who of these is online"},
    {TEXT_INIT("LIST"), irc_command_list, ANY_NUMBER, 0, "[<channels or masks>] [<conditions>]",
     "lists channels"},
    {TEXT_INIT("MONITOR"), irc_command_monitor, 1, 0, "<+|-|C|L|S> [<nicks>]",
     "watches who comes and goes"},
    {TEXT_INIT("VERSION"), irc_command_version, ANY_NUMBER, 0, "[<server>]",
     "tells what the server is"},
    {TEXT_INIT("ISUPPORT"), irc_command_isupport, ANY_NUMBER, BEFORE, "",
     "tells what the server can do"},
    {TEXT_INIT("TIME"), irc_command_time, ANY_NUMBER, 0, "[<server>]", "tells the server's time"},
    {TEXT_INIT("INFO"), irc_command_info, ANY_NUMBER, 0, "[<server>]",
     "tells more about the server"},
    {TEXT_INIT("ADMIN"), irc_command_admin, ANY_NUMBER, 0, "[<server>]",
     "tells who runs the server"},
    {TEXT_INIT("HELP"), irc_command_help, ANY_NUMBER, 0, "[<command>]",
     "lists the commands, or explains one"},
    {TEXT_INIT("HELPOP"), irc_command_help, ANY_NUMBER, 0, "[<command>]", "is another HELP"},
    {TEXT_INIT("STATS"), irc_command_stats, 1, 0, "<letter> [<server>]",
     "shows figures: u how long the server has been up, o who may become its operator, k who is "
     "banned"},
    {TEXT_INIT("LINKS"), irc_command_links, ANY_NUMBER, 0, "", "lists the servers of the network"},
    {TEXT_INIT("OPER"), irc_command_oper, 2, 0, "<name> <password>",
     "makes you an operator of the server"},
    {TEXT_INIT("CLAIM"), irc_command_claim, 1, 0, "<code>",
     "makes your account the owner of the server, with the code that it has printed"},
    {TEXT_INIT("ROLE"), irc_command_role, 2, 0, "<account> <member|moderator|admin|owner>",
     "gives an account a role on the server (owner and admins)"},
    {TEXT_INIT("INVITATION"), irc_command_invitation, 1, 0,
     "<MAKE|LIST|END> [<channel>] [<uses>] [<time>]",
     "invites by a code, into a channel or to register"},
    {TEXT_INIT("REDEEM"), irc_command_redeem, 1, BEFORE, "<code>",
     "lets you register, where one needs an invitation"},
    {TEXT_INIT("KLINE"), irc_command_kline, 1, 0, "[<time>] <nick or mask> [:<reason>]",
     "bans somebody from the server, for 10m, 2h or 7d or for good (moderators)"},
    {TEXT_INIT("UNKLINE"), irc_command_unkline, 1, 0, "<nick or mask>",
     "lifts a ban from the server (moderators)"},
    {TEXT_INIT("AUDIT"), irc_command_audit, ANY_NUMBER, 0, "[<count>]",
     "shows what moderators and operators have done (moderators)"},
    {TEXT_INIT("KILL"), irc_command_kill, 1, OPERATORS, "<nick> [:<reason>]",
     "ends somebody's connection"},
    {TEXT_INIT("WALLOPS"), irc_command_wallops, 1, OPERATORS, ":<text>",
     "tells something to all who have mode w"},
    {TEXT_INIT("REHASH"), irc_command_rehash, ANY_NUMBER, OPERATORS, "",
     "reads the configuration again"},
};

enum { ROWS = sizeof rows / sizeof *rows };

const struct irc_row *irc_row_find(struct text name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (text_equal_nocase(rows[i].name, name)) {
            return &rows[i];
        }
    }
    return NULL;
}

const struct irc_row *irc_row_next(const struct irc_row *row)
{
    const struct irc_row *next = row ? row + 1 : rows;
    return next < rows + ROWS ? next : NULL;
}

static void run_row(struct session *session, const struct irc_row *row,
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
    } else if ((row->flags & OPERATORS) && !(session->user && session->user->is_operator)) {
        irc_refuse_to_operate(session);
    } else if (message->param_count < row->least) {
        irc_numeric(session, 461, "%.*s :Not enough parameters", TEXT_ARG(row->name));
    } else {
        row->run(session, message);
    }
}

static bool is_one_line(struct text t)
{
    return text_find(t, '\0') == t.len && text_find(t, '\r') == t.len;
}

void irc_run_row(struct session *session, const struct irc_message *message)
{
    run_row(session, irc_row_find(message->command), message);
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
    if (!is_one_line(line)) {
        irc_line(session, "FAIL * INVALID_LINE :%s",
                 "A line cannot have a NUL or a lone CR; this one was not read");
        return false;
    }
    if (!utf8_valid(line)) {
        // Before any capability is known, too (IRCv3 utf8only).
        const struct irc_row *row = irc_row_find(message->command);
        irc_line(session, "FAIL %s INVALID_UTF8 :%s", row ? row->name.at : "*",
                 "Message rejected, your IRC software MUST use UTF-8 on this network");
        return false;
    }
    return true;
}

// What the answer is to be labelled with: a line that is refused for its bytes may have them here.
static struct text label_of(const struct session *session, const struct irc_message *message)
{
    enum { LABEL_MAX = 64 };
    struct text label = irc_message_tag(message, TEXT("label"));
    bool fits = irc_has(session, CAP_LABELED_RESPONSE) && label.len <= LABEL_MAX &&
                is_one_line(label) && utf8_valid(label);
    return fits ? label : TEXT("");
}

void irc_run(struct session *session, struct text line, enum core_line how)
{
    struct irc_message *message = &(struct irc_message){0};
    enum irc_parsed parsed = irc_message_parse(line, message);
    struct text label = label_of(session, message);
    irc_answer_begin(session, label);
    session->state.apart = label.len > 0;
    if (is_valid(session, line, how, parsed, message)) {
        if (session->user && irc_message_tag(message, TEXT("batch")).at) {
            irc_gather(session, message);
        } else {
            irc_run_row(session, message);
        }
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
           irc_message_tag(message, TEXT("batch")).at == NULL && !irc_service_of(message) &&
           (text_equal_nocase(message->command, TEXT("PRIVMSG")) ||
            text_equal_nocase(message->command, TEXT("NOTICE")));
}
