#include "protocol/relay.h"

#include "base/utf8.h"
#include "chat/rights.h"
#include "chat/session.h"
#include "protocol/plain.h"
#include "protocol/plain_render.h"

static void relay_opened(struct session *session)
{
    char name[32];
    // On a Unix socket there is no port to go by.
    unsigned number = session->peer.port ? session->peer.port : session->number;
    snprintf(name, sizeof name, "%u", number);
    session_sign_in_nameless(session, text_of(name));
    char room[32];
    snprintf(room, sizeof room, "#relay-%u", session->peer.listener_port);
    enum refusal why;
    room_join(session, text_of(room), TEXT(""), &why);
}

static bool is_exit(struct text line)
{
    return text_equal_nocase(line, TEXT("exit")) || text_equal_nocase(line, TEXT("quit"));
}

static bool relay_is_message(const struct session *session, struct text line)
{
    struct text said = text_trim(line);
    return session->current && said.len && !is_exit(said);
}

static void answer(struct session *session, const char *sentence)
{
    session_reply(session, text_of(sentence));
}

static void relay_line(struct session *session, struct text line, enum core_line how)
{
    struct text said = text_trim(line);
    if (how == CORE_LINE_TOO_LONG || said.len > session_limits(session)->message_bytes) {
        answer(session, "[SYSTEM] That message is too long and was not sent.\n");
    } else if (is_exit(said)) {
        session_quit(session, CLOSE_QUIT, TEXT(""));
    } else if (!utf8_valid(said)) {
        answer(session, "[SYSTEM] That message is not valid UTF-8 and was not sent.\n");
    } else if (said.len && session->current) {
        enum refusal why = rights_speak(session, session->current, MESSAGE_SAY, said);
        if (why == REFUSED_NOT) {
            session_say(session, session->current, MESSAGE_SAY, said, TEXT(""));
        } else {
            answer(session, "[SYSTEM] You may not speak here now.\n");
        }
    }
}

static void relay_render(const struct event *event, uint32_t options, struct buf *out)
{
    (void)options;
    if (event->kind != EVENT_MESSAGE || event->message->kind == MESSAGE_TOPIC) {
        return;
    }
    bool action = event->message->kind == MESSAGE_ACTION;
    struct text text = event->message->text;
    while (text.len) {
        struct text line = text_head(text, text_find(text, '\n'));
        text = text_skip(text, line.len + 1);
        if (line.len) {
            buf_printf(out, action ? "* %.*s " : "%.*s: ", TEXT_ARG(event->message->sender_name));
            plain_add_visible(out, line);
            buf_add_char(out, '\n');
        }
    }
}

static bool relay_echoes(const struct event *event, uint32_t options)
{
    (void)event;
    (void)options;
    return false;
}

// Nothing but what is said reaches a relay.
static void relay_ignore(struct session *session, const struct event *event)
{
    (void)session;
    (void)event;
}

static void relay_kicked(struct session *session, const struct event *event)
{
    (void)event;
    answer(session, "[SYSTEM] You have been put out of this relay.\n");
}

static uint32_t relay_options(const struct session *session, const struct room *room)
{
    (void)session;
    (void)room;
    return 0;
}

static void relay_joined(struct session *session, struct member *member)
{
    session->current = member->room;
}

static void relay_page(struct session *session, const struct page *page)
{
    (void)session; // relay has no commands, so nobody asks
    (void)page;
}

static void relay_refused(struct session *session, struct text place, struct text why)
{
    (void)place;
    struct buf line;
    buf_init(&line, 1024);
    buf_printf(&line, "[SYSTEM] %.*s\n", TEXT_ARG(why));
    buf_add_char(&line, '\0');
    answer(session, line.at);
    buf_finish(&line);
}

static void relay_not_kept(struct session *session, const struct message *message, int error)
{
    (void)message;
    (void)error;
    answer(session, "[SYSTEM] Your message could not be kept, so nobody has seen it.\n");
}

static void relay_not_delivered(struct session *session, const struct message *message)
{
    (void)session; // relay has no private messages
    (void)message;
}

static void relay_missed(struct session *session, const struct room *room, uint64_t lines)
{
    (void)room;
    char sentence[128];
    snprintf(sentence, sizeof sentence, "[SYSTEM] You did not read and missed %llu lines.\n",
             (unsigned long long)lines);
    answer(session, sentence);
}

static void relay_closing(struct session *session, enum close_reason reason)
{
    // Leaving a relay is silent, for the leaver too.
    if (reason != CLOSE_QUIT) {
        struct buf out;
        buf_init(&out, 4096);
        plain_farewell(reason, &out);
        session_reply(session, buf_text(&out));
        buf_finish(&out);
    }
}

const struct protocol relay_protocol = {
    .name = "relay",
    .skips_ahead = true,
    .opened = relay_opened,
    .is_message = relay_is_message,
    .line = relay_line,
    .render = relay_render,
    .echoes = relay_echoes,
    .own = relay_ignore,
    .invited = relay_ignore,
    .kicked = relay_kicked,
    .options = relay_options,
    .joined = relay_joined,
    .page = relay_page,
    .refused = relay_refused,
    .not_kept = relay_not_kept,
    .not_delivered = relay_not_delivered,
    .missed = relay_missed,
    .closing = relay_closing,
};
