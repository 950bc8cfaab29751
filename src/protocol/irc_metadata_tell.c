// Who is told of metadata, and when.
#include "chat/watch.h"
#include "protocol/irc.h"
#include "protocol/irc_metadata.h"
#include "protocol/irc_people.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

enum { JOIN_BYTES = 16 * 1024, WHOIS_KEYS_MAX = 10, LINE_BYTES = 1024 };

// One key as the client's version of the capability has it; `value.at` NULL: it is not set.
static void add_line(struct buf *out, const struct session *session, const char *batch,
                     struct text target, struct text key, struct text value)
{
    if (*batch) {
        buf_printf(out, "@batch=%s ", batch);
    }
    buf_printf(out, ":%.*s ", TEXT_ARG(irc_server(session)));
    if (!irc_has_more(session, MORE_METADATA_3)) {
        buf_printf(out, "METADATA %.*s %.*s *", TEXT_ARG(target), TEXT_ARG(key));
        if (value.at) {
            buf_printf(out, " :%.*s", TEXT_ARG(value));
        }
        buf_add(out, TEXT("\r\n"));
    } else if (value.at) {
        buf_printf(out, "761 %s %.*s %.*s * :%.*s\r\n", irc_nick(session), TEXT_ARG(target),
                   TEXT_ARG(key), TEXT_ARG(value));
    } else {
        buf_printf(out, "766 %s %.*s %.*s :key not set\r\n", irc_nick(session), TEXT_ARG(target),
                   TEXT_ARG(key));
    }
}

static bool wants(const struct session *session, struct text key)
{
    return session->protocol == &irc_protocol && !session->state.gone &&
           irc_has(session, CAP_METADATA) && notes_get(&irc_of(session)->metadata.wanted, key).at;
}

bool irc_metadata_add(struct session *session, struct text target, const struct notes *notes,
                      const char *batch, struct buf *out)
{
    for (const struct note *note = notes->by_key; note; note = note->hh.next) {
        if (wants(session, note->key)) {
            if (out->max - out->len < LINE_BYTES) {
                return false;
            }
            add_line(out, session, batch, target, note->key, note->value);
        }
    }
    return true;
}

static void push(struct session *session, struct text target, struct text key, struct text value)
{
    struct buf line;
    buf_init(&line, LINE_BYTES);
    add_line(&line, session, "", target, key, value);
    session_reply(session, buf_text(&line));
    buf_finish(&line);
}

static void tell_room(struct session *session, const struct room *room, struct text key,
                      struct text value)
{
    for (struct member *m = room->members; m; m = m->room_next) {
        if (m->session != session && wants(m->session, key)) {
            push(m->session, room->shown, key, value);
        }
    }
}

// Who monitors the user; whom it shares a room with is told as such.
static void tell_watcher(struct session *session, const struct event *event)
{
    const struct user *user = session_find_user(session, event->actors[0].name);
    if (wants(session, event->target) && user != session->user && !irc_shares_room(session, user)) {
        push(session, event->actors[0].name, event->target, event->text);
    }
}

void irc_metadata_tell(struct session *session, struct notes_owner owner, struct text key,
                       struct text value)
{
    if (owner.room) {
        tell_room(session, owner.room, key, value);
        return;
    }
    const struct user_registry *users = session_users(session);
    for (size_t i = 0; i < users->count; i++) {
        for (struct session *s = users->sorted[i]->sessions; s; s = s->links.user_next) {
            if (s != session && wants(s, key) &&
                (s->user == owner.user || irc_shares_room(s, owner.user))) {
                push(s, owner.user->name, key, value);
            }
        }
    }
    struct actor actor = user_actor(owner.user);
    struct event event = {.actors = &actor, .actor_count = 1, .target = key, .text = value};
    watch_each(session->core, owner.user->key, tell_watcher, &event);
}

void irc_metadata_joined(struct session *session, struct room *room)
{
    if (!irc_has(session, CAP_METADATA) || !irc_of(session)->metadata.wanted.by_key) {
        return;
    }
    struct buf lines;
    buf_init(&lines, JOIN_BYTES);
    bool fits = irc_metadata_add(session, room->shown, &room->metadata, "", &lines);
    for (struct member *m = room->members; m && fits; m = m->room_next) {
        struct user *user = m->session->user;
        if (user != session->user && user_member(user, room) == m) {
            struct notes_owner owner = {.user = user};
            fits = irc_metadata_add(session, user->name,
                                    session_notes(session, owner, NOTES_METADATA), "", &lines);
        }
    }
    if (fits) {
        irc_rendered(session, buf_text(&lines));
    } else {
        irc_numeric(session, 774, "%.*s", TEXT_ARG(room->shown));
    }
    buf_finish(&lines);
}

void irc_metadata_watched(struct session *session, struct user *user)
{
    struct buf lines;
    buf_init(&lines, JOIN_BYTES);
    struct notes_owner owner = {.user = user};
    irc_metadata_add(session, user->name, session_notes(session, owner, NOTES_METADATA), "",
                     &lines);
    session_reply(session, buf_text(&lines));
    buf_finish(&lines);
}

void irc_metadata_whois(struct session *session, struct user *user)
{
    struct notes_owner owner = {.user = user};
    const struct note *note = session_notes(session, owner, NOTES_METADATA)->by_key;
    size_t count = 0;
    for (; note && irc_has(session, CAP_METADATA) && count < WHOIS_KEYS_MAX; count++) {
        irc_numeric(session, 760, "%.*s %.*s * :%.*s", TEXT_ARG(user->name), TEXT_ARG(note->key),
                    TEXT_ARG(note->value));
        note = note->hh.next;
    }
}

void irc_metadata_welcome(struct session *session)
{
    struct irc *irc = irc_of(session);
    struct notes_owner owner = {.user = session->user};
    for (const struct note *note = irc->metadata.early.by_key; note; note = note->hh.next) {
        notes_keep(session->core, owner, NOTES_METADATA, note->key, note->value);
    }
    notes_clear(&irc->metadata.early);
    if (!irc_has(session, CAP_METADATA)) {
        return;
    }
    char batch[16];
    irc_batch_begin(session, batch, "metadata", session->user->name);
    struct buf line;
    const struct note *note = session_notes(session, owner, NOTES_METADATA)->by_key;
    for (; note; note = note->hh.next) {
        buf_init(&line, LINE_BYTES);
        add_line(&line, session, batch, session->user->name, note->key, note->value);
        irc_rendered(session, buf_text(&line));
        buf_finish(&line);
    }
    irc_batch_end(session, batch);
}
