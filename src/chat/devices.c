// Several sessions of one user: what one of them does holds for all, and each is told in its
// protocol's way.
#include "chat/core_state.h"
#include "chat/mail.h"
#include "chat/session.h"

size_t session_count_own(const struct session *session)
{
    size_t count = 0;
    for (const struct session *s = session->user->sessions; s; s = s->links.user_next) {
        count += !s->state.stays;
    }
    return count;
}

void session_tell_others(struct session *session, const struct event *event)
{
    for (struct session *s = session->user->sessions; s; s = s->links.user_next) {
        if (s != session && !s->state.gone && s->protocol->done_elsewhere) {
            s->protocol->done_elsewhere(s, event);
        }
    }
}

void session_show_others(struct session *session, const struct event *event)
{
    for (struct session *s = session->user->sessions; s; s = s->links.user_next) {
        if (s != session && !s->state.gone) {
            session_tell_event(s, event, s->options);
        }
    }
}

static bool is_busy(const struct session *session)
{
    return session_waits(session) || session->reading || session->counts.in_flight ||
           session->state.gone || session->state.departed;
}

void session_catch_up(struct session *session)
{
    while (session->user && !is_busy(session) && mail_show_next(session)) {
    }
    struct member *member = session->members;
    while (member && !is_busy(session)) {
        if (member->untold) {
            member_tell(member);
            member = session->members; // the protocol may have changed anything
        } else {
            member = member->session_next;
        }
    }
}
