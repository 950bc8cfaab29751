// NickServ and ChanServ: what people expect to find under these names. They keep nothing of their
// own; each command is another face of what the server can do. Answers are notices.
#pragma once
#include "chat/login.h"
#include "wire/irc_message.h"

struct irc_service;

// What follows the name of a command.
typedef void irc_service_command(struct session *session, struct text rest);

struct irc_service_row {
    struct text name;
    irc_service_command *run;
    uint8_t least; // words
    const char *usage;
    const char *help;
};

struct irc_service {
    struct text name;
    const char *about;
    const struct irc_service_row *rows;
    size_t row_count;
};

extern const struct irc_service irc_nickserv, irc_chanserv;

// The one that is called so; NULL: none.
const struct irc_service *irc_service_find(struct text nick);
// The one that the line speaks to, by PRIVMSG or by its own command; NULL: none.
const struct irc_service *irc_service_of(const struct irc_message *message);
void irc_service_run(struct session *session, const struct irc_service *service, struct text text);
// The answer to what the session has asked of one.
void irc_service_answered(struct session *session, const struct account_answer *answer);
// Of who is no person: 311 and what else WHOIS says.
void irc_service_whois(struct session *session, const struct irc_service *service);
// A notice of the service that the session is speaking with.
void irc_service_say(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Runs a line as if the session had sent it.
void irc_service_pass_on(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
