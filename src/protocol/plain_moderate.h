// What plain people do about a room and those in it: its operators, and the server's moderators.
#pragma once
#include "chat/bans.h"
#include "chat/session.h"

// Commands.
typedef void plain_run(struct session *session, struct text rest);
plain_run plain_run_topic, plain_run_invite, plain_run_kick, plain_run_op, plain_run_deop;
plain_run plain_run_ban, plain_run_unban, plain_run_mute, plain_run_unmute; // plain_bans.c
plain_run plain_run_close, plain_run_open, plain_run_member, plain_run_unmember;
plain_run plain_run_mode, plain_run_slow; // plain_settings.c

// Says "You cannot speak in #den: <why>." and the like.
void plain_say_refusal(struct session *session, const char *act, const struct room *room,
                       enum refusal why);
// Says why something was not changed; nothing for MODE_DONE.
void plain_say_mode(struct session *session, const struct room *room, enum mode_result result,
                    enum refusal why);
