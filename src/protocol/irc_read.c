#include "protocol/irc_read.h"

#include "protocol/irc.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"
#include "protocol/irc_time.h"

// What a marker is kept under: the room's place, so that it goes with a new name, or the folded
// name of somebody or something else. Names have no blank.
static bool add_key(const struct session *session, struct text target, struct buf *key)
{
    const struct room *room = session_find_room(session, target);
    if (room) {
        return buf_add(key, room->place);
    }
    return name_fold(target, key) && key->len && text_find(buf_text(key), ' ') == key->len;
}

static struct notes_owner owner_of(const struct session *session)
{
    return (struct notes_owner){.user = session->user};
}

// 0: there is none.
static int64_t marker_of(const struct session *session, struct text key)
{
    struct text value = notes_get(session_notes(session, owner_of(session), NOTES_READ), key);
    uint64_t time_ms;
    return value.at && text_number(value, INT64_MAX, &time_ms) ? (int64_t)time_ms : 0;
}

static void add_marker(struct buf *out, const struct session *session, struct text target,
                       int64_t time_ms)
{
    buf_printf(out, ":%.*s MARKREAD %.*s ", TEXT_ARG(irc_server(session)), TEXT_ARG(target));
    if (time_ms) {
        buf_add(out, TEXT("timestamp="));
        irc_time_add(out, time_ms);
    } else {
        buf_add_char(out, '*');
    }
    buf_add(out, TEXT("\r\n"));
}

static void tell(struct session *session, struct text target, int64_t time_ms)
{
    struct buf line;
    buf_init(&line, 512);
    add_marker(&line, session, target, time_ms);
    irc_rendered(session, buf_text(&line));
    buf_finish(&line);
}

void irc_read_tell(struct session *session, struct room *room)
{
    if (irc_has(session, CAP_READ_MARKER)) {
        tell(session, room->shown, marker_of(session, room->place));
    }
}

static bool is_same_person(const struct session *session, const struct session *other)
{
    return other->user == session->user || (session->account && other->account == session->account);
}

static void tell_others(struct session *session, struct text target, int64_t time_ms)
{
    const struct user_registry *users = session_users(session);
    for (size_t i = 0; i < users->count; i++) {
        for (struct session *s = users->sorted[i]->sessions; s; s = s->links.user_next) {
            if (s != session && !s->state.gone && s->protocol == &irc_protocol &&
                irc_has(s, CAP_READ_MARKER) && is_same_person(session, s)) {
                struct buf line;
                buf_init(&line, 512);
                add_marker(&line, s, target, time_ms);
                session_reply(s, buf_text(&line));
                buf_finish(&line);
            }
        }
    }
}

static void kept(struct session *session, const struct note_wish *wish)
{
    uint64_t time_ms = 0;
    text_number(wish->value, INT64_MAX, &time_ms);
    tell_others(session, wish->about, (int64_t)time_ms);
}

static void fail(struct session *session, const char *code, struct text context,
                 const char *sentence)
{
    irc_standard(session, "FAIL", "MARKREAD", code, context, sentence);
}

// A marker only moves forward, and not beyond now.
static void set_marker(struct session *session, struct text target, struct text key, struct text to)
{
    int64_t time_ms;
    if (!text_starts(to, TEXT("timestamp=")) ||
        !irc_time_parse(text_skip(to, strlen("timestamp=")), &time_ms)) {
        fail(session, "INVALID_PARAMS", irc_shown(to), "This is no timestamp");
        return;
    }
    int64_t now_ms = session_now(session).wall_ms;
    int64_t before_ms = marker_of(session, key);
    time_ms = time_ms < now_ms ? time_ms : now_ms;
    if (time_ms <= before_ms) {
        tell(session, target, before_ms);
        return;
    }
    char value[32];
    int len = snprintf(value, sizeof value, "%lld", (long long)time_ms);
    struct note_wish wish = {.owner = owner_of(session),
                             .kind = NOTES_READ,
                             .key = key,
                             .value = {value, (size_t)len},
                             .about = target,
                             .kept = kept};
    if (!session_set_note(session, &wish)) {
        fail(session, "INTERNAL_ERROR", target, "You have as many read markers as there can be");
        return;
    }
    tell(session, target, time_ms);
}

void irc_command_markread(struct session *session, const struct irc_message *message)
{
    if (message->param_count == 0) {
        fail(session, "NEED_MORE_PARAMS", TEXT(""), "Missing parameters");
        return;
    }
    struct buf key;
    buf_init(&key, NOTE_KEY_MAX);
    struct text target = message->param[0];
    if (target.len > NAME_BYTES_MAX || !add_key(session, target, &key)) {
        fail(session, "INVALID_PARAMS", irc_shown(target), "Nothing can be called so");
    } else if (message->param_count == 1) {
        tell(session, target, marker_of(session, buf_text(&key)));
    } else {
        set_marker(session, target, buf_text(&key), message->param[1]);
    }
    buf_finish(&key);
}
