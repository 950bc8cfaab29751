#include "protocol/irc_welcome.h"

#include "protocol/irc_commands.h"
#include "protocol/irc_metadata.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

#include <time.h>

enum { TOKENS_IN_LINE = 12 };

// What is the same on every server; NETWORK and what follows from limits comes besides.
static const char *const tokens[] = {
    "ACCOUNTEXTBAN=a",
    "AWAYLEN=390",
    "BOT=B",
    "CASEMAPPING=ascii",
    "CHANLIMIT=#:100",
    "CHANMODES=beI,k,FWl,CRTcimnprst",
    "CHANNELLEN=64",
    "CHANTYPES=#",
    "ELIST=CMNTU",
    "EXCEPTS=e",
    "EXTBAN=~,am",
    "INVEX=I",
    "KICKLEN=390",
    "MAXLIST=beI:100",
    "MAXTARGETS=4",
    "MODES=20",
    "MONITOR=100",
    "MSGREFTYPES=msgid,timestamp",
    "NICKLEN=32",
    "PREFIX=(qaohv)~&@%+",
    "SAFELIST",
    "STATUSMSG=~&@%+",
    "TARGMAX=JOIN:,KICK:4,LIST:,NAMES:,NOTICE:4,PART:,PRIVMSG:4,TAGMSG:4,WHOIS:1",
    "TOPICLEN=390",
    "USERLEN=18",
    "UTF8ONLY",
    "WHOX",
};

static void send_token_line(struct session *session, struct buf *line)
{
    irc_numeric(session, 5, "%.*s :are supported by this server", TEXT_ARG(buf_text(line)));
    buf_reset(line);
}

static void send_token_lines(struct session *session)
{
    struct buf line;
    buf_init(&line, 1024);
    struct text network = session_info(session)->network;
    struct text name = network.len ? network : irc_server(session);
    buf_add(&line, TEXT("NETWORK="));
    for (size_t i = 0; i < name.len; i++) {
        buf_add(&line, name.at[i] == ' ' ? TEXT("\\x20") : text_head(text_skip(name, i), 1));
    }
    buf_printf(&line, " CHATHISTORY=%u", session_limits(session)->history_page);
    size_t in_line = 2;
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        if (in_line == TOKENS_IN_LINE) {
            send_token_line(session, &line);
            in_line = 0;
        }
        buf_printf(&line, "%s%s", in_line ? " " : "", tokens[i]);
        in_line++;
    }
    send_token_line(session, &line);
    buf_finish(&line);
}

// As one batch where the client can (IRCv3 draft/extended-isupport).
void irc_send_tokens(struct session *session)
{
    char batch[16] = "";
    if (irc_has(session, CAP_EXTENDED_ISUPPORT)) {
        irc_batch_begin(session, batch, "draft/isupport", TEXT(""));
    }
    irc_batch_take(session, batch);
    send_token_lines(session);
    irc_batch_end(session, batch);
}

void irc_command_isupport(struct session *session, const struct irc_message *message)
{
    (void)message;
    if (session->user || irc_has(session, CAP_EXTENDED_ISUPPORT)) {
        irc_send_tokens(session);
    } else {
        irc_numeric(session, 451, ":You have not registered");
    }
}

static void send_greeting(struct session *session)
{
    const struct server_info *info = session_info(session);
    struct text server = irc_server(session);
    struct text network = info->network.len ? info->network : server;
    struct buf mask;
    buf_init(&mask, 256);
    struct actor actor = user_actor(session->user);
    actor_add_mask(&mask, &actor);
    irc_numeric(session, 1, ":Welcome to the %.*s network, %.*s", TEXT_ARG(network),
                TEXT_ARG(buf_text(&mask)));
    buf_finish(&mask);
    irc_numeric(session, 2, ":Your host is %.*s, running hobnob", TEXT_ARG(server));
    char date[64];
    time_t started = (time_t)(info->started.wall_ms / 1000);
    struct tm utc;
    gmtime_r(&started, &utc);
    strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", &utc);
    irc_numeric(session, 3, ":This server was started %s", date);
    irc_numeric(session, 4, "%.*s hobnob BTRiorw CIRTabceiklmnopqrstv Iabehkloqv",
                TEXT_ARG(server));
}

void irc_welcome(struct session *session)
{
    irc_of(session)->welcomed = true;
    send_greeting(session);
    irc_send_tokens(session);
    irc_command_lusers(session, NULL);
    irc_metadata_welcome(session);
    irc_command_motd(session, NULL);
}

void irc_command_lusers(struct session *session, const struct irc_message *message)
{
    (void)message;
    const struct user_registry *users = session_users(session);
    size_t invisible = 0;
    size_t operators = 0;
    for (size_t i = 0; i < users->count; i++) {
        invisible += (users->sorted[i]->modes & USER_INVISIBLE) != 0;
        operators += users->sorted[i]->is_operator;
    }
    size_t visible = users->count - invisible;
    irc_numeric(session, 251, ":There are %zu users and %zu invisible on 1 servers", visible,
                invisible);
    irc_numeric(session, 252, "%zu :operator(s) online", operators);
    irc_numeric(session, 253, "%zu :unknown connection(s)", session_count_unnamed(session));
    irc_numeric(session, 254, "%zu :channels formed", session_room_count(session));
    irc_numeric(session, 255, ":I have %zu clients and 0 servers", users->count);
    size_t most = session_most_users(session);
    irc_numeric(session, 265, "%zu %zu :Current local users %zu, max %zu", users->count, most,
                users->count, most);
    irc_numeric(session, 266, "%zu %zu :Current global users %zu, max %zu", users->count, most,
                users->count, most);
}

void irc_command_motd(struct session *session, const struct irc_message *message)
{
    if (message && message->param_count && !irc_is_here(session, message->param[0])) {
        irc_numeric(session, 402, "%.*s :No such server", TEXT_ARG(irc_shown(message->param[0])));
        return;
    }
    struct text motd = session_info(session)->motd;
    if (motd.len == 0) {
        irc_numeric(session, 422, ":MOTD File is missing");
        return;
    }
    irc_numeric(session, 375, ":- %.*s Message of the day -", TEXT_ARG(irc_server(session)));
    while (motd.len) {
        size_t len = text_find(motd, '\n');
        irc_numeric(session, 372, ":- %.*s", TEXT_ARG(text_head(motd, len)));
        motd = text_skip(motd, len + 1);
    }
    irc_numeric(session, 376, ":End of /MOTD command.");
}
