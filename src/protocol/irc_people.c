#include "protocol/irc_people.h"

#include "chat/rights.h"
#include "protocol/irc_reply.h"

enum { LINE_BYTES = 380 };

bool irc_shares_room(const struct session *session, const struct user *user)
{
    for (const struct session *s = session->user->sessions; s; s = s->links.user_next) {
        for (const struct member *m = s->members; m; m = m->session_next) {
            if (user_is_in(user, m->room)) {
                return true;
            }
        }
    }
    return false;
}

bool irc_sees(const struct session *session, const struct user *user, const struct room *room)
{
    if (!(user->modes & USER_INVISIBLE) || user == session->user || session->user->is_operator) {
        return true;
    }
    return room ? room_member(session, room) != NULL : irc_shares_room(session, user);
}

struct text irc_login(const struct actor *actor)
{
    return actor->login.len ? actor->login : TEXT("guest");
}

void irc_add_host(struct buf *out, const struct actor *actor)
{
    struct buf mask;
    buf_init(&mask, 256);
    actor_add_host(&mask, actor);
    struct text host = buf_text(&mask);
    buf_add(out, text_skip(host, text_find(host, '@') + 1));
    buf_finish(&mask);
}

struct text irc_address(const struct session *session, const struct user *user)
{
    bool known = user == session->user || session->user->is_operator;
    return known && user->sessions ? text_of(user->sessions->peer.address) : TEXT("");
}

void irc_add_address(struct buf *out, struct text address, const char *none)
{
    // A colon at the start would make it the last parameter.
    buf_printf(out, "%s%.*s%s", text_starts(address, TEXT(":")) ? "0" : "", TEXT_ARG(address),
               address.len ? "" : none);
}

int64_t irc_idle_s(const struct session *session, const struct user *user)
{
    return (session_now(session).mono_ms - user->spoke.mono_ms) / 1000;
}

void irc_list_init(struct irc_list *list, struct session *session, int number, char between)
{
    list->session = session;
    list->number = number;
    list->between = between;
    buf_init(&list->head, 256);
    buf_init(&list->line, 1024);
}

static void list_send(struct irc_list *list)
{
    irc_numeric(list->session, list->number, "%.*s:%.*s", TEXT_ARG(buf_text(&list->head)),
                TEXT_ARG(buf_text(&list->line)));
    buf_reset(&list->line);
}

void irc_list_add(struct irc_list *list, struct text word)
{
    if (list->line.len && list->head.len + list->line.len + word.len > LINE_BYTES) {
        list_send(list);
    }
    if (list->line.len) {
        buf_add_char(&list->line, list->between);
    }
    buf_add(&list->line, word);
}

void irc_list_finish(struct irc_list *list, bool even_empty)
{
    if (list->line.len || even_empty) {
        list_send(list);
    }
    buf_finish(&list->head);
    buf_finish(&list->line);
}
