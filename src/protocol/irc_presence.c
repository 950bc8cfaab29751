// AWAY and SETNAME.
#include "protocol/irc_presence.h"

#include "base/utf8.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_history.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

enum { REAL_NAME_MAX = 150 };

static void say_away(struct session *session, bool away)
{
    if (away) {
        irc_numeric(session, 306, ":You have been marked as being away");
    } else {
        irc_numeric(session, 305, ":You are no longer marked as being away");
    }
}

// In draft/pre-away a connection that nobody looks at says "*".
static void set_away(struct session *session, struct text why)
{
    bool unseen = irc_has(session, CAP_PRE_AWAY) && text_equal(why, TEXT("*"));
    if (!unseen) {
        session_set_away(session, why);
    } else if (session_count_own(session) == 1) {
        session_set_away(session, TEXT("Nobody is looking just now"));
    }
}

void irc_command_away(struct session *session, const struct irc_message *message)
{
    struct text why = message->param_count ? message->param[0] : TEXT("");
    why = utf8_cut(why, session_limits(session)->away_bytes);
    if (session->user) {
        set_away(session, why);
    } else if (irc_has(session, CAP_PRE_AWAY)) {
        text_replace(&irc_of(session)->away, why);
    } else {
        irc_numeric(session, 451, ":You have not registered");
        return;
    }
    say_away(session, why.len > 0);
}

void irc_take_away(struct session *session)
{
    if (irc_of(session)->away.len) {
        set_away(session, irc_of(session)->away);
    }
}

void irc_done_elsewhere(struct session *session, const struct event *event)
{
    const struct room *room = session_find_room(session, event->room);
    bool open;
    switch (event->kind) {
    case EVENT_AWAY:
        open = irc_answer_pause(session);
        say_away(session, session->user->away != NULL);
        irc_answer_resume(session, open);
        return;
    case EVENT_PARTED:
        if (room) {
            irc_history_left(session, room);
        }
        break;
    default:
        break;
    }
    session_tell_event(session, event, session->options);
}

void irc_command_setname(struct session *session, const struct irc_message *message)
{
    struct text name = message->param[0];
    if (name.len == 0 || name.len > REAL_NAME_MAX) {
        irc_standard(session, "FAIL", "SETNAME", "INVALID_REALNAME", TEXT(""),
                     "A real name has 1 to 150 bytes");
        return;
    }
    session_describe(session, name);
    if (irc_has(session, CAP_SETNAME)) {
        struct actor actor = user_actor(session->user);
        irc_line_from(session, &actor, "SETNAME :%.*s", TEXT_ARG(name));
    }
}
