// The commands of IRC: one table of names, functions, arity and the state they need.
#pragma once
#include "chat/session.h"
#include "wire/irc_message.h"

typedef void irc_command(struct session *session, const struct irc_message *message);

// Runs one line.
void irc_run(struct session *session, struct text line, enum core_line how);
// True if the line is a PRIVMSG or NOTICE, of which several may be on their way.
bool irc_only_says(const struct session *session, struct text line);

// The functions, by the file they live in.
irc_command irc_command_nick, irc_command_user, irc_command_pass, irc_command_ping,
    irc_command_pong, irc_command_quit; // irc_registration.c
irc_command irc_command_join, irc_command_part, irc_command_topic, irc_command_names,
    irc_command_invite, irc_command_kick; // irc_channel.c, irc_names.c
irc_command irc_command_mode;             // irc_mode.c
irc_command irc_command_privmsg, irc_command_notice, irc_command_tagmsg; // irc_speech.c
irc_command irc_command_away, irc_command_setname;                       // irc_presence.c
irc_command irc_command_motd, irc_command_lusers;                        // irc_welcome.c
