#include "protocol/plain_render.h"

#include "base/utf8.h"
#include "chat/device.h"
#include "chat/session.h"
#include "chat/stay.h"
#include "protocol/plain.h"
#include "protocol/plain_reply.h"
#include "protocol/plain_rules.h"
#include "wire/irc_formatting.h"

#include <stdarg.h>
#include <time.h>

enum { NAMES_SHOWN = 50, PART_BYTES = 16 * 1024, BLOCK_MAX = 512 * 1024 };

static const char ruler[] = "==================================================\n";

void plain_add_visible(struct buf *out, struct text text)
{
    while (text.len) {
        struct text part = irc_formatting_before(text);
        utf8_add_visible(out, part, true);
        text = text_skip(text, part.len);
        text = text_skip(text, irc_formatting_len(text));
    }
}

static struct tm broken_down(int64_t wall_ms, bool utc)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    if (utc) {
        gmtime_r(&seconds, &tm);
    } else {
        localtime_r(&seconds, &tm);
    }
    return tm;
}

static void add_time(struct buf *out, const struct event *event, bool utc)
{
    struct tm then = broken_down(event->wall_ms, utc);
    buf_add_char(out, '[');
    if (event->past) {
        struct tm today = broken_down(event->now_ms, utc);
        if (then.tm_year != today.tm_year || then.tm_yday != today.tm_yday) {
            buf_printf(out, "%04d-%02d-%02d ", then.tm_year + 1900, then.tm_mon + 1, then.tm_mday);
        }
    }
    buf_printf(out, "%02d:%02d:%02d] ", then.tm_hour, then.tm_min, then.tm_sec);
}

static void add_message(const struct event *event, struct text line, struct buf *out)
{
    const struct message *message = event->message;
    bool erased = text_equal(message->sender_name, TEXT(ERASED_NAME));
    struct text name = erased ? TEXT("Somebody") : message->sender_name;
    switch (message->kind) {
    case MESSAGE_SAY:
        buf_add(out, name);
        if (line.at == message->text.at) {
            plain_add_reply(event, out);
        }
        buf_add(out, TEXT(": "));
        break;
    case MESSAGE_ACTION:
        buf_printf(out, "* %.*s ", TEXT_ARG(name));
        break;
    case MESSAGE_NOTICE:
        buf_printf(out, "-%.*s- ", TEXT_ARG(name));
        break;
    case MESSAGE_TOPIC:
        buf_printf(out, "[SYSTEM] %.*s %s", TEXT_ARG(name),
                   message->text.len ? "changed the topic to: " : "removed the topic");
        break;
    case MESSAGE_DELETED:
    case MESSAGE_REDACTION:
    case MESSAGE_ERASURE:
        buf_add(out, TEXT("[SYSTEM] A message"));
        if (!erased) {
            buf_printf(out, " by %.*s", TEXT_ARG(name));
        }
        buf_add(out, TEXT(" was deleted"));
        break;
    case MESSAGE_TAGS:
        break; // see plain_reply.h
    }
    plain_add_visible(out, line);
}

static void add_private(const char *way, struct text name, const struct event *event,
                        struct text line, struct buf *out)
{
    if (event->message->kind == MESSAGE_DELETED) {
        add_message(event, line, out);
        return;
    }
    buf_printf(out, "[PM %s %.*s] ", way, TEXT_ARG(name));
    plain_add_visible(out, line);
}

// One line of what is said: a message may have several.
static void add_said(const struct event *event, struct text line, struct buf *out)
{
    const struct message *message = event->message;
    if (event->kind == EVENT_PRIVATE_FROM) {
        add_private("from", message->sender_name, event, line, out);
    } else if (event->kind == EVENT_PRIVATE_TO) {
        add_private("to", message->recipient_name, event, line, out);
    } else {
        add_message(event, line, out);
    }
}

// "Ann", "Ann and Bob", "Ann, Bob and 312 others".
static void add_people(const struct event *event, struct buf *out)
{
    const struct actor *actors = event->actors;
    buf_printf(out, "%.*s", TEXT_ARG(actors[0].name));
    if (event->actor_count > 3) {
        buf_printf(out, ", %.*s and %zu others", TEXT_ARG(actors[1].name), event->actor_count - 2);
    } else if (event->actor_count == 3) {
        buf_printf(out, ", %.*s and %.*s", TEXT_ARG(actors[1].name), TEXT_ARG(actors[2].name));
    } else if (event->actor_count == 2) {
        buf_printf(out, " and %.*s", TEXT_ARG(actors[1].name));
    }
}

static void add_reason(struct text why, struct buf *out)
{
    if (why.len) {
        buf_add(out, TEXT(" ("));
        plain_add_visible(out, why);
        buf_add_char(out, ')');
    }
}

static void add_presence(const struct event *event, const char *verb, bool whole_chat,
                         struct buf *out)
{
    buf_add(out, TEXT("[SYSTEM] "));
    add_people(event, out);
    buf_printf(out, " %s %s ", event->actor_count == 1 ? "has" : "have", verb);
    bool first_room = event->kind == EVENT_JOINED && text_equal(event->room, TEXT("#lobby"));
    if (whole_chat || first_room) {
        buf_add(out, TEXT("the chat"));
    } else {
        buf_add(out, event->room);
    }
    if (event->lost) {
        buf_add(out, TEXT(" (connection lost)"));
    } else {
        add_reason(event->text, out);
    }
}

static void add_left(const struct event *event, struct buf *out)
{
    if (event->target.len) {
        buf_printf(out, "[SYSTEM] %.*s was put out of the chat by %.*s",
                   TEXT_ARG(event->actors[0].name), TEXT_ARG(event->target));
        add_reason(event->text, out);
    } else {
        add_presence(event, "left", true, out);
    }
}

static void add_redacted(const struct event *event, struct buf *out)
{
    if (event->target.len) {
        buf_printf(out, "[SYSTEM] A message by %.*s was deleted", TEXT_ARG(event->target));
    } else {
        buf_add(out, TEXT("[SYSTEM] An older message was deleted"));
    }
    add_reason(event->text, out);
}

static void add_body(const struct event *event, struct buf *out)
{
    switch (event->kind) {
    case EVENT_REDACTED:
        add_redacted(event, out);
        break;
    case EVENT_JOINED:
        add_presence(event, "joined", false, out);
        break;
    case EVENT_PARTED:
        add_presence(event, "left", false, out);
        break;
    case EVENT_LEFT:
        add_left(event, out);
        break;
    case EVENT_RENAMED:
        buf_printf(out, "[SYSTEM] %.*s is now known as %.*s", TEXT_ARG(event->actors[0].name),
                   TEXT_ARG(event->target));
        break;
    case EVENT_ROOM_RENAMED:
        buf_printf(out, "[SYSTEM] %.*s has renamed %.*s to %.*s", TEXT_ARG(event->actors[0].name),
                   TEXT_ARG(event->target), TEXT_ARG(event->room));
        add_reason(event->text, out);
        break;
    case EVENT_KICKED:
        buf_printf(out, "[SYSTEM] %.*s has put %.*s out of %.*s", TEXT_ARG(event->actors[0].name),
                   TEXT_ARG(event->target), TEXT_ARG(event->room));
        add_reason(event->text, out);
        break;
    case EVENT_INVITED:
        buf_printf(out, "[SYSTEM] %.*s invites you to %.*s. Type /join %.*s to come.",
                   TEXT_ARG(event->actors[0].name), TEXT_ARG(event->room), TEXT_ARG(event->room));
        break;
    case EVENT_ANNOUNCED:
        buf_add(out, TEXT("[SYSTEM] "));
        plain_add_visible(out, event->text);
        break;
    case EVENT_SHUTDOWN:
        buf_add(out, TEXT("[SYSTEM] The server is shutting down"));
        break;
    case EVENT_MESSAGE: // see render_said()
    case EVENT_PRIVATE_FROM:
    case EVENT_PRIVATE_TO:
    case EVENT_MODES:
    case EVENT_AWAY:
    case EVENT_DESCRIBED:
    case EVENT_ACCOUNT:
    case EVENT_TAGGED:
        break; // see is_shown() and plain_rules.h
    }
}

// What plain people are not bothered with.
static bool is_shown(const struct event *event, uint32_t options)
{
    bool to_one = !(options & PLAIN_MEMBER);
    return event->kind != EVENT_AWAY && event->kind != EVENT_DESCRIBED &&
           event->kind != EVENT_ACCOUNT && event->kind != EVENT_TAGGED &&
           (event->kind != EVENT_INVITED || to_one);
}

// Each line of it that is not empty has its head; a message without text has one.
static void render_said(const struct event *event, uint32_t options, struct buf *out)
{
    struct text text = event->message->text;
    do {
        struct text line = text_head(text, text_find(text, '\n'));
        text = text_skip(text, line.len + 1);
        if (line.len || !event->message->text.len) {
            plain_add_stamp(event, options, out);
            add_said(event, line, out);
            buf_add_char(out, '\n');
        }
    } while (text.len);
}

void plain_render(const struct event *event, uint32_t options, struct buf *out)
{
    if (!is_shown(event, options)) {
        return;
    }
    if (event->kind == EVENT_MODES) {
        plain_add_rules(event, options, out);
        return;
    }
    if (event->kind <= EVENT_PRIVATE_TO) {
        if (event->message->kind == MESSAGE_TAGS) {
            plain_add_reaction(event, options, out);
        } else {
            render_said(event, options, out);
        }
        return;
    }
    plain_add_stamp(event, options, out);
    add_body(event, out);
    buf_add_char(out, '\n');
}

void plain_add_stamp(const struct event *event, uint32_t options, struct buf *out)
{
    add_time(out, event, options & PLAIN_UTC);
    bool of_room = event->room.len && event->kind != EVENT_LEFT && event->kind != EVENT_RENAMED &&
                   event->kind != EVENT_ROOM_RENAMED;
    if ((options & PLAIN_PREFIX) && of_room) {
        buf_printf(out, "%.*s ", TEXT_ARG(event->room));
    }
}

void plain_say(struct session *session, const char *format, ...)
{
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    struct buf out;
    buf_init(&out, 4 * sizeof sentence);
    buf_add(&out, TEXT("[SYSTEM] "));
    // vsnprintf may have cut inside a code point, which would show as an escape.
    plain_add_visible(&out, text_of(sentence));
    buf_add_char(&out, '\n');
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

// `room`: the one it was said in, NULL if none or not known.
static void add_past(struct session *session, const struct room *room,
                     const struct message *message, struct buf *out)
{
    struct event event = {
        .kind = EVENT_MESSAGE,
        .wall_ms = message->time_ms,
        .now_ms = session_now(session).wall_ms,
        .message = message,
        .recent = room ? room->recent : NULL,
        .past = true,
    };
    if (message->recipient.number) {
        bool own = message->sender.number == session->user->identity.number;
        event.kind = own ? EVENT_PRIVATE_TO : EVENT_PRIVATE_FROM;
    }
    plain_render(&event, session->options & PLAIN_UTC, out);
}

void plain_add_recent(struct session *session, struct room *room, struct buf *out)
{
    const struct recent *recent = room->recent;
    if (room->recent_failed) {
        buf_printf(out, "[SYSTEM] What was said in %.*s before cannot be read right now.\n",
                   TEXT_ARG(room->shown));
    }
    struct missed missed = session_missed(session, room);
    uint32_t new_from = recent->count - missed.count;
    uint32_t wanted = session_limits(session)->history_on_join;
    uint32_t from = recent->count;
    for (uint32_t count = 0; from > new_from || (from > 0 && count < wanted); from--) {
        count += recent_at(recent, from - 1)->kind != MESSAGE_TAGS;
    }
    if (from == recent->count) {
        return;
    }
    buf_printf(out, "--- Earlier in %.*s ---\n", TEXT_ARG(room->shown));
    for (; from < recent->count; from++) {
        if (missed.known && from == new_from) {
            buf_printf(out,
                       missed.more ? "--- You missed more than this: type /history %u ---\n"
                                   : "--- You missed ---\n",
                       session_limits(session)->history_page);
        }
        if (recent_at(recent, from)->kind != MESSAGE_TAGS) {
            add_past(session, room, recent_at(recent, from), out);
        }
    }
    buf_add(out, TEXT("--- Now ---\n"));
}

static void add_listed(struct buf *out, const struct user *user)
{
    buf_add(out, user->name);
    buf_add(out, user_is_absent(user) ? TEXT(" (away)") : TEXT(""));
}

static void add_online(const struct user_registry *users, struct buf *out)
{
    buf_printf(out, "%sOnline Users (%zu): ", ruler, users->count);
    size_t shown = users->count < NAMES_SHOWN ? users->count : NAMES_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        buf_add(out, i ? TEXT(", ") : TEXT(""));
        add_listed(out, users->sorted[i]);
    }
    if (shown < users->count) {
        buf_printf(out, " … and %zu more (/list)", users->count - shown);
    }
    buf_printf(out, "\n%s", ruler);
}

void plain_welcome(struct session *session, struct room *room)
{
    struct buf out;
    buf_init(&out, BLOCK_MAX);
    buf_printf(&out, "%sWelcome to ", ruler);
    plain_add_visible(&out, session_server_name(session));
    buf_printf(&out, ", %.*s!\nType '/help' for commands\n%s\n", TEXT_ARG(session->user->name),
               ruler);
    add_online(session_users(session), &out);
    if (room->topic.len) {
        buf_printf(&out, "[SYSTEM] The topic of %.*s is: ", TEXT_ARG(room->shown));
        plain_add_visible(&out, room->topic);
        buf_add_char(&out, '\n');
    }
    plain_add_recent(session, room, &out);
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

static void add_page_head(const struct page *page, struct buf *out)
{
    struct text place = page->place;
    if (page->search) {
        buf_printf(out, "--- Found in %.*s ---\n", TEXT_ARG(place));
    } else if (page->conversation) {
        buf_printf(out, "--- Between you and %.*s ---\n", TEXT_ARG(place));
    } else {
        buf_printf(out, "--- Earlier in %.*s ---\n", TEXT_ARG(place));
    }
    if (page->older_gone) {
        buf_add(out, TEXT("--- What was said before is not kept any more ---\n"));
    }
}

static void add_page_foot(const struct page *page, struct buf *out)
{
    if (page->more && page->search) {
        buf_add(out, TEXT("--- There are older ones; more words find fewer ---\n"));
    } else {
        buf_add(out, TEXT("--- That is all ---\n"));
    }
}

// What the session has said itself in the meantime it knows.
static void show_mail(struct session *session, const struct page *page)
{
    struct buf out;
    buf_init(&out, BLOCK_MAX);
    for (size_t i = 0; i < page->count; i++) {
        const struct message *message = &page->messages[i];
        if (message->recipient.account &&
            message->recipient.number == session->user->identity.number) {
            if (page->first && out.len == 0) {
                buf_printf(&out, "--- %.*s has written to you while you were not here ---\n",
                           TEXT_ARG(message->sender_name));
            }
            add_past(session, NULL, message, &out);
        }
    }
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

void plain_page(struct session *session, const struct page *page)
{
    if (page->error) {
        plain_say(session, "What was said cannot be read right now (%s). Try again later.",
                  strerror(-page->error));
        return;
    }
    if (page->mail) {
        show_mail(session, page);
        return;
    }
    if (page->first && page->last && page->count == 0) {
        plain_say(session,
                  page->search ? "Nothing in %.*s has all of these words."
                               : "Nothing has been said in %.*s yet.",
                  page->conversation ? (int)strlen("private") : (int)page->place.len,
                  page->conversation ? "private" : page->place.at);
        return;
    }
    struct buf out;
    buf_init(&out, BLOCK_MAX);
    if (page->first) {
        add_page_head(page, &out);
    }
    const struct room *room = session_find_room(session, page->place);
    for (size_t i = 0; i < page->count; i++) {
        add_past(session, room, &page->messages[i], &out);
    }
    if (page->last) {
        add_page_foot(page, &out);
    }
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

static void add_list_head(const struct user_registry *users, const struct room *room,
                          struct buf *out)
{
    if (room) {
        buf_printf(out, "%sIn %.*s (%zu): ", ruler, TEXT_ARG(room->shown), room->member_count);
    } else {
        buf_printf(out, "%sOnline Users (%zu): ", ruler, users->count);
    }
}

// On a relay people are their ports.
static void add_nameless(const struct room *room, bool named, struct buf *out)
{
    size_t count = 0;
    for (const struct member *m = room ? room->members : NULL; m; m = m->room_next) {
        count += m->session->user->nameless;
    }
    if (count) {
        buf_printf(out, "%s%zu on the relay, without a name", named ? ", and " : "", count);
    }
}

bool plain_list_part(struct session *session, struct text room_name, struct buf *from,
                     struct buf *out)
{
    const struct user_registry *users = session_users(session);
    const struct room *room = room_name.len ? session_find_room(session, room_name) : NULL;
    if (from->len == 0) {
        add_list_head(users, room, out);
    }
    size_t i = user_registry_rank(users, buf_text(from));
    size_t names = 0;
    for (; i < users->count && out->len < PART_BYTES; i++) {
        const struct user *user = users->sorted[i];
        if ((room_name.len && !room) || (room && !user_is_in(user, room))) {
            continue;
        }
        if (names) {
            buf_add(out, names % NAMES_SHOWN ? TEXT(", ") : TEXT(",\n"));
        }
        add_listed(out, user);
        names++;
    }
    if (i == users->count) {
        add_nameless(room, names > 0, out);
        buf_printf(out, "\n%s", ruler);
        return false;
    }
    // The next part begins at this name, whoever comes or goes until then.
    buf_add(out, TEXT(",\n"));
    buf_reset(from);
    buf_add(from, users->sorted[i]->key);
    return true;
}
