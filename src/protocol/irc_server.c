// What the server says of itself: VERSION, TIME, INFO, ADMIN, HELP, STATS, LINKS.
#include "base/version.h"
#include "chat/rights.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_roles.h"
#include "protocol/irc_state.h"
#include "protocol/irc_welcome.h"

#include <ctype.h>
#include <time.h>

enum { SUBJECT_MAX = 32 };

// False after a 402: another server is meant.
static bool is_for_us(struct session *session, const struct irc_message *message, size_t i)
{
    if (message->param_count > i && !irc_is_here(session, message->param[i])) {
        irc_numeric(session, 402, "%.*s :No such server", TEXT_ARG(irc_shown(message->param[i])));
        return false;
    }
    return true;
}

// Sends each line of `lines` as a numeric.
static void send_lines(struct session *session, int number, struct text lines)
{
    while (lines.len) {
        size_t len = text_find(lines, '\n');
        irc_numeric(session, number, ":%.*s", TEXT_ARG(text_head(lines, len)));
        lines = text_skip(lines, len + 1);
    }
}

void irc_command_version(struct session *session, const struct irc_message *message)
{
    if (is_for_us(session, message, 0)) {
        irc_numeric(session, 351, "hobnob-" HOBNOB_VERSION " %.*s :%.*s",
                    TEXT_ARG(irc_server(session)), TEXT_ARG(session_info(session)->description));
        irc_send_tokens(session);
    }
}

static void utc_print(int64_t wall_ms, const char *format, char *date, size_t size)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    // The formats are literals of this file.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    strftime(date, size, format, &utc);
#pragma GCC diagnostic pop
}

void irc_command_time(struct session *session, const struct irc_message *message)
{
    if (is_for_us(session, message, 0)) {
        int64_t now_ms = session_now(session).wall_ms;
        char date[64];
        utc_print(now_ms, "%A %d %B %Y, %H:%M:%S UTC", date, sizeof date);
        irc_numeric(session, 391, "%.*s %lld 0 :%s", TEXT_ARG(irc_server(session)),
                    (long long)(now_ms / 1000), date);
    }
}

void irc_command_info(struct session *session, const struct irc_message *message)
{
    if (!is_for_us(session, message, 0)) {
        return;
    }
    char date[64];
    utc_print(session_info(session)->started.wall_ms, "%Y-%m-%d %H:%M:%S UTC", date, sizeof date);
    irc_numeric(session, 371,
                ":hobnob " HOBNOB_VERSION ", a chat server for IRC and everybody else");
    irc_numeric(session, 371, ":It keeps what was said, under the ISC licence of its source.");
    irc_numeric(session, 371, ":This server was started %s", date);
    irc_numeric(session, 374, ":End of /INFO list");
}

void irc_command_admin(struct session *session, const struct irc_message *message)
{
    if (!is_for_us(session, message, 0)) {
        return;
    }
    struct text server = irc_server(session);
    struct text lines = session_info(session)->admin;
    lines.len -= lines.len && lines.at[lines.len - 1] == '\n';
    if (lines.len == 0) {
        irc_numeric(session, 423, "%.*s :No administrative information is available",
                    TEXT_ARG(server));
        return;
    }
    irc_numeric(session, 256, "%.*s :Administrative information", TEXT_ARG(server));
    // The last line is how to reach them, what stands before is who and where.
    size_t newline = text_find(lines, '\n');
    struct text rest = text_skip(lines, newline + 1);
    irc_numeric(session, 257, ":%.*s", TEXT_ARG(text_head(lines, newline)));
    newline = text_find(rest, '\n');
    send_lines(session, 258, newline < rest.len ? text_head(rest, newline) : TEXT(""));
    send_lines(session, 259, newline < rest.len ? text_skip(rest, newline + 1) : rest);
}

// The list may leave out the server itself (Modern IRC), and there are no others.
void irc_command_links(struct session *session, const struct irc_message *message)
{
    (void)message;
    irc_numeric(session, 365, "* :End of /LINKS list: this server stands alone");
}

static void help_index(struct session *session)
{
    irc_numeric(session, 704, "* :The commands of this server");
    irc_numeric(session, 705, "* :");
    struct buf line;
    buf_init(&line, 256);
    for (const struct irc_row *row = irc_row_next(NULL); row; row = irc_row_next(row)) {
        buf_printf(&line, "%s%.*s", line.len ? " " : "", TEXT_ARG(row->name));
        if (line.len > 60) {
            irc_numeric(session, 705, "* :%.*s", TEXT_ARG(buf_text(&line)));
            buf_reset(&line);
        }
    }
    irc_numeric(session, 705, "* :%.*s", TEXT_ARG(buf_text(&line)));
    buf_finish(&line);
    irc_numeric(session, 706, "* :HELP and a command tells what it does.");
}

void irc_command_help(struct session *session, const struct irc_message *message)
{
    if (message->param_count == 0 || message->param[0].len == 0) {
        help_index(session);
        return;
    }
    struct text subject = irc_shown(message->param[0]);
    const struct irc_row *row = irc_row_find(subject);
    if (!row) {
        irc_numeric(session, 524, "%.*s :There is no such command. HELP lists all.",
                    TEXT_ARG(text_head(subject, SUBJECT_MAX)));
        return;
    }
    struct text name = row->name;
    irc_numeric(session, 704, "%.*s :%.*s%s%s", TEXT_ARG(name), TEXT_ARG(name),
                *row->usage ? " " : "", row->usage);
    irc_numeric(session, 705, "%.*s :", TEXT_ARG(name));
    irc_numeric(session, 705, "%.*s :%.*s %s%s.", TEXT_ARG(name), TEXT_ARG(name), row->help,
                row->flags & IRC_OPERATORS ? " (operators of the server only)" : "");
    irc_numeric(session, 706, "%.*s :End of /HELP", TEXT_ARG(name));
}

static void stats_uptime(struct session *session)
{
    int64_t up_s = (session_now(session).mono_ms - session_info(session)->started.mono_ms) / 1000;
    irc_numeric(session, 242, ":Server Up %lld days %lld:%02lld:%02lld", (long long)(up_s / 86400),
                (long long)(up_s / 3600 % 24), (long long)(up_s / 60 % 60), (long long)(up_s % 60));
}

static void stats_operators(struct session *session)
{
    const struct server_info *info = session_info(session);
    for (size_t i = 0; i < info->operator_count; i++) {
        irc_numeric(session, 243, "O * * %.*s", TEXT_ARG(info->operators[i].name));
    }
}

// Those that tell nothing of other people's addresses or of the configuration.
static const struct {
    char letter;
    bool operators; // of the server, or moderators, are needed to see it
    void (*run)(struct session *);
} stats[] = {{'u', false, stats_uptime}, {'o', true, stats_operators}, {'k', true, irc_stats_bans}};

void irc_command_stats(struct session *session, const struct irc_message *message)
{
    if (!is_for_us(session, message, 1)) {
        return;
    }
    char letter = message->param[0].len ? message->param[0].at[0] : '*';
    letter = isalnum((unsigned char)letter) ? letter : '*';
    for (size_t i = 0; i < sizeof stats / sizeof *stats; i++) {
        if (stats[i].letter != letter) {
            continue;
        }
        if (stats[i].operators && !rights_everywhere(session)) {
            irc_refuse_to_moderate(session);
        } else {
            stats[i].run(session);
        }
    }
    irc_numeric(session, 219, "%c :End of /STATS report", letter);
}
