#include "protocol/irc_services.h"

#include "base/utf8.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_sasl.h"
#include "protocol/irc_state.h"

#include <stdarg.h>

static const struct irc_service *const services[] = {&irc_nickserv, &irc_chanserv};

// Commands that speak to one.
static const struct {
    struct text command;
    const struct irc_service *service;
} commands[] = {
    {TEXT_INIT("NS"), &irc_nickserv},
    {TEXT_INIT("NICKSERV"), &irc_nickserv},
    {TEXT_INIT("CS"), &irc_chanserv},
    {TEXT_INIT("CHANSERV"), &irc_chanserv},
};

const struct irc_service *irc_service_find(struct text nick)
{
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        if (text_equal_nocase(services[i]->name, nick)) {
            return services[i];
        }
    }
    return NULL;
}

const struct irc_service *irc_service_of(const struct irc_message *message)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (text_equal_nocase(commands[i].command, message->command)) {
            return commands[i].service;
        }
    }
    bool says = text_equal_nocase(message->command, TEXT("PRIVMSG")) ||
                text_equal_nocase(message->command, TEXT("NOTICE"));
    struct text targets = says && message->param_count ? message->param[0] : TEXT("");
    const struct irc_service *found = NULL;
    while (targets.len && !found) {
        struct text target = text_head(targets, text_find(targets, ','));
        found = irc_service_find(target);
        targets = text_skip(targets, target.len + 1);
    }
    return found;
}

void irc_service_say(struct session *session, const char *format, ...)
{
    const struct irc_service *service = irc_of(session)->service;
    struct text server = irc_server(session);
    char mask[256];
    char said[1024];
    snprintf(mask, sizeof mask, "%.*s!services@%.*s", TEXT_ARG(service->name), TEXT_ARG(server));
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(said, sizeof said, format, arguments);
    va_end(arguments);
    irc_line_by(session, mask, "NOTICE %s :%s", irc_nick(session), said);
}

void irc_service_pass_on(struct session *session, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    struct irc_message *message = &(struct irc_message){0};
    irc_message_parse((struct text){line, (size_t)len < sizeof line ? (size_t)len : 0}, message);
    irc_run_row(session, message);
}

static void help(struct session *session, const struct irc_service *service)
{
    irc_service_say(session, "%s", service->about);
    for (size_t i = 0; i < service->row_count; i++) {
        const struct irc_service_row *row = &service->rows[i];
        irc_service_say(session, "%.*s%s%s: %s", TEXT_ARG(row->name), *row->usage ? " " : "",
                        row->usage, row->help);
    }
}

static size_t words(struct text rest)
{
    size_t count = 0;
    while (text_word(&rest).len) {
        count++;
    }
    return count;
}

static void run(struct session *session, const struct irc_service *service, struct text rest)
{
    struct text name = text_word(&rest);
    if (name.len == 0 || text_equal_nocase(name, TEXT("HELP"))) {
        help(session, service);
        return;
    }
    size_t i = 0;
    while (i < service->row_count && !text_equal_nocase(service->rows[i].name, name)) {
        i++;
    }
    const struct irc_service_row *row = &service->rows[i];
    if (i == service->row_count) {
        irc_service_say(session, "There is no command %.*s. HELP lists them.",
                        TEXT_ARG(irc_shown(name)));
    } else if (words(rest) < row->least) {
        irc_service_say(session, "Say %.*s %s.", TEXT_ARG(row->name), row->usage);
    } else {
        row->run(session, rest);
    }
}

void irc_service_run(struct session *session, const struct irc_service *service, struct text text)
{
    struct irc *irc = irc_of(session);
    if (session->errand) { // the line has named another target before
        return;
    }
    irc->service = service;
    if (text_find(text, '\n') < text.len) {
        irc_service_say(session, "Say it in one line.");
    } else {
        run(session, service, text);
    }
    if (!session->errand) {
        irc->service = NULL;
    }
}

void irc_service_answered(struct session *session, const struct account_answer *answer)
{
    struct buf sentence;
    buf_init(&sentence, 1024);
    account_answer_say(answer, &sentence);
    irc_service_say(session, "%.*s", TEXT_ARG(buf_text(&sentence)));
    buf_finish(&sentence);
    if (answer->result == ACCOUNT_DONE &&
        (answer->act == ACCOUNT_ACT_LOG_IN || answer->act == ACCOUNT_ACT_REGISTER)) {
        irc_tell_logged_in(session);
    }
    // That a dropped account is erased is answered too.
    if (session->errand == NULL &&
        (answer->act != ACCOUNT_ACT_DROP || answer->result != ACCOUNT_DONE)) {
        irc_of(session)->service = NULL;
    }
}

void irc_service_whois(struct session *session, const struct irc_service *service)
{
    struct text name = service->name;
    struct text server = irc_server(session);
    irc_numeric(session, 311, "%.*s services %.*s * :%s", TEXT_ARG(name), TEXT_ARG(server),
                service->about);
    irc_numeric(session, 312, "%.*s %.*s :%.*s", TEXT_ARG(name), TEXT_ARG(server),
                TEXT_ARG(session_info(session)->description));
    irc_numeric(session, 313, "%.*s :is a network service", TEXT_ARG(name));
}

static void say_to(struct session *session, const struct irc_service *service,
                   const struct irc_message *message)
{
    struct buf text;
    buf_init(&text, IRC_LINE_BYTES);
    for (size_t i = 0; i < message->param_count; i++) {
        if (i) {
            buf_add_char(&text, ' ');
        }
        buf_add(&text, message->param[i]);
    }
    irc_service_run(session, service, buf_text(&text));
    buf_wipe(&text);
}

void irc_command_service(struct session *session, const struct irc_message *message)
{
    say_to(session, irc_service_of(message), message);
}
