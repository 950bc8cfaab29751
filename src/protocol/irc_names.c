#include "protocol/irc_names.h"

#include "chat/reading.h"
#include "chat/rights.h"
#include "protocol/irc_channel.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

enum { LINE_BYTES = 400, PART_BYTES = 16 * 1024 };

static const struct {
    enum rank rank;
    char prefix;
} prefixes[] = {{RANK_FOUNDER, '~'},
                {RANK_ADMIN, '&'},
                {RANK_OPERATOR, '@'},
                {RANK_HALF_OPERATOR, '%'},
                {RANK_VOICE, '+'}};

const char *irc_prefixes(const struct session *session, uint8_t ranks)
{
    static _Thread_local char text[8];
    size_t len = 0;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if ((ranks & prefixes[i].rank) && (len == 0 || irc_has(session, CAP_MULTI_PREFIX))) {
            text[len++] = prefixes[i].prefix;
        }
    }
    text[len] = '\0';
    return text;
}

static void add_name(struct session *session, const struct user *user, const struct member *member,
                     struct buf *line)
{
    buf_printf(line, "%s%s", line->len ? " " : "", irc_prefixes(session, member->ranks));
    if (irc_has(session, CAP_USERHOST_IN_NAMES)) {
        struct actor actor = user_actor(user);
        actor_add_mask(line, &actor);
    } else {
        buf_add(line, user->name);
    }
}

static void send_line(struct session *session, const struct room *room, struct buf *line)
{
    if (line->len) {
        bool secret = room->rules && (room->rules->flags & (RULE_SECRET | RULE_PRIVATE));
        irc_numeric(session, 353, "%c %.*s :%.*s", secret ? '@' : '=', TEXT_ARG(room->shown),
                    TEXT_ARG(buf_text(line)));
        buf_reset(line);
    }
}

static bool names_part(struct session *session, struct text key, struct buf *from, struct buf *out)
{
    struct room *room = session_find_room(session, key);
    const struct user_registry *users = session_users(session);
    struct irc_answer *answer = &irc_of(session)->answer;
    struct buf line;
    buf_init(&line, 1024);
    size_t i = user_registry_rank(users, buf_text(from));
    for (; room && i < users->count && answer->lines.len < PART_BYTES; i++) {
        const struct user *user = users->sorted[i];
        const struct member *member = user_member(user, room);
        if (member && (!(user->modes & USER_INVISIBLE) || room_member(session, room))) {
            add_name(session, user, member, &line);
            if (line.len > LINE_BYTES) {
                send_line(session, room, &line);
            }
        }
    }
    if (room) {
        send_line(session, room, &line);
    }
    buf_finish(&line);
    bool more = room && i < users->count;
    if (more) {
        buf_reset(from);
        buf_add(from, users->sorted[i]->key);
        irc_answer_part(session, out, false);
    } else {
        if (irc_of(session)->names_asked.len == 0) {
            irc_numeric(session, 366, "%.*s :End of /NAMES list.",
                        TEXT_ARG(room ? room->shown : key));
        }
    }
    return more;
}

void irc_names(struct session *session, struct room *room)
{
    session_list(session, names_part, room->key);
}

bool irc_names_next(struct session *session)
{
    struct irc *irc = irc_of(session);
    while (irc->names.len && !session_waits(session) && !session->reading) {
        struct text rest = irc->names;
        struct room *room = session_find_room(session, irc_next_target(&rest));
        text_replace(&irc->names, rest);
        if (room && room->member_count && rights_see(session, room)) {
            irc_names(session, room);
        }
    }
    bool waiting = irc->names.len || session_waits(session) || session->reading;
    if (!waiting && irc->names_asked.len) {
        irc_numeric(session, 366, "%.*s :End of /NAMES list.",
                    TEXT_ARG(irc_shown(irc->names_asked)));
        text_replace(&irc->names_asked, TEXT(""));
    }
    return waiting;
}

void irc_names_later(struct session *session, const struct room *room)
{
    struct irc *irc = irc_of(session);
    struct buf names;
    buf_init(&names, irc->names.len + room->shown.len + 1);
    buf_printf(&names, "%.*s%s%.*s", TEXT_ARG(irc->names), irc->names.len ? "," : "",
               TEXT_ARG(room->shown));
    text_replace(&irc->names, buf_text(&names));
    buf_finish(&names);
    if (!irc->answer.open) {
        irc_answer_begin(session, TEXT(""));
        irc_done(session);
    }
}

void irc_command_names(struct session *session, const struct irc_message *message)
{
    struct irc *irc = irc_of(session);
    struct text asked = message->param_count ? message->param[0] : TEXT("*");
    text_replace(&irc->names, asked);
    text_replace(&irc->names_asked, asked);
}
