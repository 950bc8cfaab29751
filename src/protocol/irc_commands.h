// The commands of IRC: one table of names, functions, arity and the state they need.
#pragma once
#include "chat/session.h"
#include "wire/irc_message.h"

typedef void irc_command(struct session *session, const struct irc_message *message);

enum {
    IRC_BEFORE = 1 << 0,    // may come before registration is complete
    IRC_OPERATORS = 1 << 1, // for operators of the server only
};

struct irc_row {
    struct text name;
    irc_command *run;
    uint8_t least; // parameters
    uint8_t flags;
    const char *usage; // its parameters
    const char *help;  // what it does, to follow the name: "leaves channels"
};

// The row of a command, NULL if there is none, and the one after `row` (NULL: the first).
const struct irc_row *irc_row_find(struct text name);
const struct irc_row *irc_row_next(const struct irc_row *row);

// Runs one line.
void irc_run(struct session *session, struct text line, enum core_line how);
// Runs a command, without answering in its own frame.
void irc_run_row(struct session *session, const struct irc_message *message);
// True if the line is a PRIVMSG or NOTICE, of which several may be on their way.
bool irc_only_says(const struct session *session, struct text line);

// A command is dealt with, unless something of it is on its way.
void irc_done(struct session *session);

// The functions, by the file they live in.
irc_command irc_command_nick, irc_command_user, irc_command_pass, irc_command_ping,
    irc_command_pong, irc_command_quit;                                  // irc_registration.c
irc_command irc_command_register, irc_command_verify, irc_command_token; // irc_account.c
irc_command irc_command_service;                                         // irc_services.c
irc_command irc_command_authenticate;                                    // irc_sasl.c
irc_command irc_command_join, irc_command_part, irc_command_topic, irc_command_names,
    irc_command_invite, irc_command_kick; // irc_channel.c, irc_names.c
irc_command irc_command_mode;             // irc_mode.c
irc_command irc_command_rename;           // irc_rename.c
irc_command irc_command_privmsg, irc_command_notice, irc_command_tagmsg; // irc_speech.c
irc_command irc_command_chathistory;                                     // irc_history.c
irc_command irc_command_markread;                                        // irc_read.c
irc_command irc_command_metadata;                                        // irc_metadata.c
irc_command irc_command_search;                                          // irc_search.c
irc_command irc_command_redact;                                          // irc_redact.c
irc_command irc_command_batch;                                           // irc_multiline.c
irc_command irc_command_away, irc_command_setname;                       // irc_presence.c
irc_command irc_command_motd, irc_command_lusers,
    irc_command_isupport;    // irc_welcome.c
irc_command irc_command_who; // irc_who.c
irc_command irc_command_whois, irc_command_whowas, irc_command_userhost,
    irc_command_ison;            // irc_whois.c
irc_command irc_command_list;    // irc_list.c
irc_command irc_command_monitor; // irc_monitor.c
irc_command irc_command_version, irc_command_time, irc_command_info, irc_command_admin,
    irc_command_help, irc_command_stats, irc_command_links; // irc_server.c
irc_command irc_command_oper, irc_command_kill, irc_command_wallops,
    irc_command_rehash; // irc_oper.c
irc_command irc_command_claim, irc_command_role, irc_command_audit, irc_command_kline,
    irc_command_unkline, irc_command_invitation, irc_command_redeem; // irc_roles.c

// 481: only operators of the server may do that, or only its moderators.
void irc_refuse_to_operate(struct session *session);
void irc_refuse_to_moderate(struct session *session);

// Says something to a channel or a nick, whatever its length, with tags as they are kept; the
// client is told what forbids it.
void irc_say(struct session *session, struct text target, enum message_kind kind, struct text text,
             struct text tags);
// Appends the tags of a message that others are sent: those that clients pass on, and "bot".
void irc_add_client_tags(const struct session *session, const struct irc_message *message,
                         struct buf *out);
