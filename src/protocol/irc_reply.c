#include "protocol/irc_reply.h"

#include "base/utf8.h"
#include "chat/mask.h"
#include "protocol/irc_render.h"
#include "protocol/irc_state.h"
#include "protocol/irc_tags.h"

#include <stdarg.h>

enum { ANSWER_MAX = 480 * 1024, LINE_BYTES = 16 * 1024, BODY_MAX = 510 };

struct text irc_server(const struct session *session)
{
    static _Thread_local char name[65];
    struct text given = session_server_name(session);
    size_t len = given.len < 64 ? given.len : 64;
    for (size_t i = 0; i < len; i++) {
        name[i] = given.at[i] == ' ' ? '-' : given.at[i];
    }
    return (struct text){name, len};
}

const char *irc_nick(const struct session *session)
{
    static _Thread_local char nick[NAME_BYTES_MAX + 1];
    struct irc *irc = irc_of(session);
    struct text shown = session->user ? session->user->name : irc->nick.len ? irc->nick : TEXT("*");
    snprintf(nick, sizeof nick, "%.*s", TEXT_ARG(shown));
    return nick;
}

bool irc_is_here(const struct session *session, struct text server)
{
    return mask_matches(server, irc_server(session)) || session_find_user(session, server);
}

struct text irc_shown(struct text t)
{
    size_t len = text_find(t, ' ');
    struct text word = utf8_cut(text_head(t, len), 100);
    // What was escaped in a tag may hold line ends.
    bool one_line = text_find(word, '\r') == word.len && text_find(word, '\n') == word.len;
    return word.len && *word.at != ':' && one_line && utf8_valid(word) ? word : TEXT("*");
}

// Cuts the body of a line to what IRC allows, between two graphemes.
static void add_line(struct buf *out, struct text line)
{
    size_t tags = text_starts(line, TEXT("@")) ? text_find(line, ' ') + 1 : 0;
    size_t from = out->len;
    buf_add(out, text_head(line, tags));
    buf_add(out, utf8_cut(text_skip(line, tags), BODY_MAX));
    buf_add(out, TEXT("\r\n"));
    irc_clean(out, from);
}

static void send(struct session *session, struct text line)
{
    struct irc_answer *answer = &irc_of(session)->answer;
    if (answer->open) {
        add_line(&answer->lines, line);
        answer->count++;
        return;
    }
    struct buf out;
    buf_init(&out, LINE_BYTES);
    add_line(&out, line);
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

static void send_formatted(struct session *session, struct buf *line, const char *format,
                           va_list arguments)
{
    char body[4096];
    int len = vsnprintf(body, sizeof body, format, arguments);
    if (len > 0) {
        buf_add(line, (struct text){body, len < (int)sizeof body ? (size_t)len : sizeof body - 1});
        send(session, buf_text(line));
    }
    buf_finish(line);
}

// The tags of a line: its batch, and what lines of people have.
static void line_begin(struct session *session, const struct actor *actor, struct buf *line)
{
    buf_init(line, LINE_BYTES);
    struct irc_tags tags = {line, false};
    if (*irc_of(session)->in_batch) {
        irc_tag_begin(&tags, "batch=");
        buf_add(line, text_of(irc_of(session)->in_batch));
    }
    if (actor && irc_has(session, CAP_SERVER_TIME)) {
        irc_tag_time(&tags, session_now(session).wall_ms);
    }
    if (actor && actor->account.len && irc_has(session, CAP_ACCOUNT_TAG)) {
        irc_tag_begin(&tags, "account=");
        buf_add(line, actor->account);
    }
    irc_tags_end(&tags);
}

void irc_line(struct session *session, const char *format, ...)
{
    struct buf line;
    line_begin(session, NULL, &line);
    buf_printf(&line, ":%.*s ", TEXT_ARG(irc_server(session)));
    va_list arguments;
    va_start(arguments, format);
    send_formatted(session, &line, format, arguments);
    va_end(arguments);
}

void irc_line_from(struct session *session, const struct actor *actor, const char *format, ...)
{
    struct buf line;
    line_begin(session, actor, &line);
    buf_add_char(&line, ':');
    actor_add_mask(&line, actor);
    buf_add_char(&line, ' ');
    va_list arguments;
    va_start(arguments, format);
    send_formatted(session, &line, format, arguments);
    va_end(arguments);
}

void irc_line_by(struct session *session, const char *mask, const char *format, ...)
{
    struct buf line;
    line_begin(session, NULL, &line);
    buf_printf(&line, ":%s ", mask);
    va_list arguments;
    va_start(arguments, format);
    send_formatted(session, &line, format, arguments);
    va_end(arguments);
}

void irc_numeric(struct session *session, int number, const char *format, ...)
{
    struct buf line;
    line_begin(session, NULL, &line);
    buf_printf(&line, ":%.*s %03d %s ", TEXT_ARG(irc_server(session)), number, irc_nick(session));
    va_list arguments;
    va_start(arguments, format);
    send_formatted(session, &line, format, arguments);
    va_end(arguments);
}

void irc_standard(struct session *session, const char *kind, const char *command, const char *code,
                  struct text context, const char *sentence)
{
    if (session->user && !(session->options & CAPS_WITH_STANDARD_REPLIES)) {
        irc_line(session, "NOTICE %s :%s: %s", irc_nick(session), command, sentence);
        return;
    }
    irc_line(session, "%s %s %s %.*s%s:%s", kind, command, code, TEXT_ARG(context),
             context.len ? " " : "", sentence);
}

void irc_rendered(struct session *session, struct text lines)
{
    while (lines.len) {
        size_t len = text_find(lines, '\n');
        send(session, text_head(lines, len ? len - 1 : 0));
        lines = text_skip(lines, len + 1);
    }
}

void irc_batch_begin(struct session *session, char batch[16], const char *type, struct text target)
{
    *batch = '\0';
    if (irc_has(session, CAP_BATCH)) {
        snprintf(batch, 16, "%u", ++irc_of(session)->last_batch);
        irc_line(session, "BATCH +%s %s%s%.*s", batch, type, target.len ? " " : "",
                 TEXT_ARG(target));
    }
}

void irc_batch_take(struct session *session, const char *batch)
{
    snprintf(irc_of(session)->in_batch, sizeof irc_of(session)->in_batch, "%s", batch);
}

void irc_batch_end(struct session *session, const char *batch)
{
    irc_batch_take(session, "");
    if (*batch) {
        irc_line(session, "BATCH -%s", batch);
    }
}

void irc_answer_begin(struct session *session, struct text label)
{
    struct irc_answer *answer = &irc_of(session)->answer;
    text_disown(answer->label);
    answer->label = text_own(label);
    answer->open = true;
    answer->batched = false;
    answer->count = 0;
    buf_finish(&answer->lines); // of one that a lost connection has not been given
    buf_init(&answer->lines, ANSWER_MAX);
}

void irc_answer_mark(struct session *session)
{
    struct irc_answer *answer = &irc_of(session)->answer;
    answer->mark = (struct irc_mark){answer->lines.len, answer->count};
}

void irc_answer_take_back(struct session *session)
{
    struct irc_answer *answer = &irc_of(session)->answer;
    if (answer->open && answer->mark.len < answer->lines.len) {
        buf_cut(&answer->lines, answer->mark.len);
        answer->count = answer->mark.count;
    }
}

bool irc_answer_pause(struct session *session)
{
    bool open = irc_of(session)->answer.open;
    irc_of(session)->answer.open = false;
    return open;
}

void irc_answer_resume(struct session *session, bool open)
{
    irc_of(session)->answer.open = open;
}

// A line with one more tag in front.
static void add_tagged(struct buf *out, struct text line, struct text tag)
{
    buf_add_char(out, '@');
    buf_add(out, tag);
    if (text_starts(line, TEXT("@"))) {
        buf_add_char(out, ';');
        buf_add(out, text_skip(line, 1));
    } else {
        buf_add_char(out, ' ');
        buf_add(out, line);
    }
}

static void parse_line(struct text line, struct irc_message *message)
{
    irc_message_parse(text_head(line, text_find(line, '\r')), message);
}

// Lines of another batch, and that batch's end.
static bool is_in_batch(struct text line)
{
    struct irc_message *message = &(struct irc_message){0};
    parse_line(line, message);
    bool ends = text_equal(message->command, TEXT("BATCH")) && message->param_count &&
                text_starts(message->param[0], TEXT("-"));
    return ends || irc_message_tag(message, TEXT("batch")).at != NULL;
}

// Whether the lines are one batch and nothing else: then its first line can have the label.
static bool is_one_batch(struct text lines)
{
    struct irc_message *message = &(struct irc_message){0};
    parse_line(lines, message);
    if (!text_equal(message->command, TEXT("BATCH")) || message->param_count < 2) {
        return false;
    }
    struct text reference = text_skip(message->param[0], 1);
    char end[64];
    int len = snprintf(end, sizeof end, " BATCH -%.*s\r\n", TEXT_ARG(reference));
    size_t first = 0;
    while (lines.len) {
        struct text line = text_head(lines, text_find(lines, '\n') + 1);
        lines = text_skip(lines, line.len);
        bool ends = line.len >= (size_t)len &&
                    text_equal(text_skip(line, line.len - (size_t)len), text_of(end));
        if (ends || (first++ && !is_in_batch(line))) {
            return ends && lines.len == 0;
        }
    }
    return false;
}

static void add_batch_lines(struct session *session, struct buf *out, bool last)
{
    struct irc_answer *answer = &irc_of(session)->answer;
    if (!answer->batched) {
        answer->batched = true;
        answer->batch = ++irc_of(session)->last_batch;
        buf_printf(out, "@label=%.*s :%.*s BATCH +%u labeled-response\r\n", TEXT_ARG(answer->label),
                   TEXT_ARG(irc_server(session)), answer->batch);
    }
    char tag[32];
    snprintf(tag, sizeof tag, "batch=%u", answer->batch);
    struct text lines = buf_text(&answer->lines);
    while (lines.len) {
        size_t len = text_find(lines, '\n') + 1;
        struct text line = text_head(lines, len);
        if (is_in_batch(line)) {
            buf_add(out, line);
        } else {
            add_tagged(out, line, text_of(tag));
        }
        lines = text_skip(lines, len);
    }
    if (last) {
        buf_printf(out, ":%.*s BATCH -%u\r\n", TEXT_ARG(irc_server(session)), answer->batch);
    }
}

static void add_label(struct buf *out, struct text lines, struct text label)
{
    char tag[128];
    snprintf(tag, sizeof tag, "label=%.*s", TEXT_ARG(text_head(label, 100)));
    add_tagged(out, lines, text_of(tag));
}

void irc_answer_part(struct session *session, struct buf *out, bool last)
{
    struct irc_answer *answer = &irc_of(session)->answer;
    if (answer->label.len == 0) {
        buf_add(out, buf_text(&answer->lines));
    } else if (!answer->batched && last && is_one_batch(buf_text(&answer->lines))) {
        add_label(out, buf_text(&answer->lines), answer->label);
    } else if (answer->batched || !last || answer->count > 1) {
        add_batch_lines(session, out, last);
    } else {
        char tag[128];
        snprintf(tag, sizeof tag, "label=%.*s", TEXT_ARG(text_head(answer->label, 100)));
        if (answer->count == 1) {
            add_tagged(out, buf_text(&answer->lines), text_of(tag));
        } else {
            buf_printf(out, "@%s :%.*s ACK\r\n", tag, TEXT_ARG(irc_server(session)));
        }
    }
    buf_reset(&answer->lines);
    answer->count = 0;
    answer->mark = (struct irc_mark){0};
}

void irc_answer_send(struct session *session)
{
    struct buf out;
    buf_init(&out, 2 * ANSWER_MAX);
    irc_answer_part(session, &out, false);
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

void irc_answer_end(struct session *session)
{
    struct irc_answer *answer = &irc_of(session)->answer;
    if (!answer->open) {
        return;
    }
    struct buf out;
    buf_init(&out, 2 * ANSWER_MAX);
    irc_answer_part(session, &out, true);
    answer->open = false;
    session_reply(session, buf_text(&out));
    buf_finish(&out);
    buf_finish(&answer->lines);
}
