#include "protocol/irc_rename.h"

#include "base/utf8.h"
#include "protocol/irc_channel.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_join.h"
#include "protocol/irc_names.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

// As if it had left the one channel and entered the other.
void irc_room_renamed(struct session *session, struct member *member, const struct event *event)
{
    if (irc_has(session, CAP_CHANNEL_RENAME) || name_same(event->room, event->target)) {
        return;
    }
    struct actor actor = user_actor(session->user);
    irc_line_from(session, &actor, event->text.len ? "PART %.*s :%.*s" : "PART %.*s%.*s",
                  TEXT_ARG(event->target), TEXT_ARG(event->text));
    irc_tell_joined(session, member->room);
    if (!irc_has(session, CAP_NO_IMPLICIT_NAMES)) {
        irc_names_later(session, member->room);
    }
}

static void refuse(struct session *session, const struct room *room, struct text name,
                   enum rename_result why)
{
    static const char *const sentences[] = {
        [RENAME_BAD_NAME] = "A channel cannot be called so",
        [RENAME_TAKEN] = "The channel name is already taken",
        [RENAME_TOO_SOON] = "This channel has been renamed recently; try again in a minute",
        [RENAME_FIXED] = "This name cannot be given or taken away",
    };
    struct buf context;
    buf_init(&context, 256);
    buf_printf(&context, "%.*s %.*s", TEXT_ARG(room->shown), TEXT_ARG(irc_shown(name)));
    irc_standard(session, "FAIL", "RENAME",
                 why == RENAME_TAKEN ? "CHANNEL_NAME_IN_USE" : "CANNOT_RENAME", buf_text(&context),
                 sentences[why]);
    buf_finish(&context);
}

void irc_command_rename(struct session *session, const struct irc_message *message)
{
    struct room *room = irc_need_channel(session, message->param[0]);
    if (!room) {
        return;
    }
    enum refusal why = rights_rule(session, room, RANK_OPERATOR);
    if (why != REFUSED_NOT) {
        irc_refuse(session, room, why);
        return;
    }
    struct text reason = message->param_count > 2 ? message->param[2] : TEXT("");
    enum rename_result result = room_rename(
        session, room, message->param[1], utf8_cut(reason, session_limits(session)->reason_bytes));
    if (result != RENAME_OK) {
        refuse(session, room, message->param[1], result);
    }
}
