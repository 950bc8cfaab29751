#include "protocol/irc_multiline.h"

#include "base/must.h"
#include "base/utf8.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

#include <stdlib.h>

#define JOINS "joins="

enum { REFERENCE_MAX = 64, JOINS_BYTES = 256 };

// A batch that the client has opened.
struct irc_gathering {
    struct text reference; // owned, as all texts here
    struct text target;
    struct text label; // of the line that opened it; the answer to the last line gets it
    struct buf tags;   // for clients
    struct buf joins;
    struct buf text;
    uint32_t lines;
    enum message_kind kind; // 0: not known yet
    bool refused;           // the client knows why; what else comes of it is dropped
};

struct text irc_multiline_tags(struct text tags)
{
    if (!text_starts(tags, TEXT(JOINS))) {
        return tags;
    }
    return text_skip(tags, text_find(tags, ';') + 1);
}

struct irc_parts irc_parts_of(const struct message *message, size_t most)
{
    struct irc_parts parts = {.text = message->text, .most = most};
    if (text_starts(message->tags, TEXT(JOINS))) {
        size_t len = text_find(message->tags, ';');
        parts.joins = text_skip(text_head(message->tags, len), strlen(JOINS));
    }
    return parts;
}

// Where the next join is; beyond the text if there is none.
static size_t next_join(struct irc_parts *parts)
{
    while (parts->joins.len) {
        size_t len = text_find(parts->joins, ',');
        uint64_t at;
        if (!text_number(text_head(parts->joins, len), STORE_TEXT_MAX, &at)) {
            break;
        }
        if (at > parts->at) {
            return at;
        }
        parts->joins = text_skip(parts->joins, len + 1);
    }
    return SIZE_MAX;
}

bool irc_parts_next(struct irc_parts *parts)
{
    if (parts->begun && parts->at > parts->text.len) {
        return false;
    }
    struct text rest = text_skip(parts->text, parts->at);
    size_t end = text_find(rest, '\n');
    size_t join = next_join(parts) - parts->at;
    struct text line = text_head(rest, end < join ? end : join);
    parts->part = utf8_cut(line, parts->most);
    parts->joined = parts->join_next;
    // A line end behind it goes with it.
    bool whole = parts->part.len == line.len;
    parts->join_next = !whole || join < end;
    parts->at += parts->part.len + (whole && end <= join);
    parts->begun = true;
    return true;
}

void irc_gathering_finish(struct session *session)
{
    struct irc *irc = irc_of(session);
    struct irc_gathering *gathering = irc->gathering;
    if (gathering) {
        text_disown(gathering->reference);
        text_disown(gathering->target);
        text_disown(gathering->label);
        buf_finish(&gathering->tags);
        buf_finish(&gathering->joins);
        buf_finish(&gathering->text);
        free(gathering);
        irc->gathering = NULL;
    }
}

static void set_label(struct session *session, struct text label)
{
    struct irc_answer *answer = &irc_of(session)->answer;
    struct text copy = text_own(label);
    text_disown(answer->label);
    answer->label = copy;
    session->state.apart = label.len > 0;
}

static void give_label_back(struct session *session, struct irc_gathering *gathering)
{
    if (gathering->label.len) {
        set_label(session, gathering->label);
        text_disown(gathering->label);
        gathering->label = text_own(TEXT(""));
    }
}

// Tells the client, once, and drops the batch.
static void refuse(struct session *session, const char *code, const char *context,
                   const char *sentence)
{
    struct irc_gathering *gathering = irc_of(session)->gathering;
    if (!gathering->refused) {
        gathering->refused = true;
        give_label_back(session, gathering);
        irc_standard(session, "FAIL", "BATCH", code, text_of(context), sentence);
    }
}

static void refuse_target(struct session *session, struct text given)
{
    struct irc_gathering *gathering = irc_of(session)->gathering;
    char context[256];
    snprintf(context, sizeof context, "%.*s %.*s", TEXT_ARG(irc_shown(gathering->target)),
             TEXT_ARG(irc_shown(given)));
    refuse(session, "MULTILINE_INVALID_TARGET", context,
           "All lines of a batch go to the target of the batch");
}

// Adds a line; false if the batch gets too large by it.
static bool add_line(struct irc_gathering *gathering, struct text text, bool joined)
{
    if (gathering->lines && joined) {
        buf_printf(&gathering->joins, "%s%zu", gathering->joins.len ? "," : "",
                   gathering->text.len);
    } else if (gathering->lines) {
        buf_add_char(&gathering->text, '\n');
    }
    gathering->lines++;
    buf_add(&gathering->text, text);
    return !gathering->text.overflow;
}

static void gather(struct session *session, struct irc_gathering *gathering,
                   const struct irc_message *message)
{
    bool notice = text_equal_nocase(message->command, TEXT("NOTICE"));
    enum message_kind kind = notice ? MESSAGE_NOTICE : MESSAGE_SAY;
    bool says = notice || text_equal_nocase(message->command, TEXT("PRIVMSG"));
    struct text text = message->param_count > 1 ? message->param[1] : TEXT("");
    bool joined = irc_message_tag(message, TEXT("draft/multiline-concat")).at != NULL;
    if (!says || (gathering->kind && gathering->kind != kind)) {
        refuse(session, "MULTILINE_INVALID", "",
               "A multiline batch holds PRIVMSG alone, or NOTICE alone");
    } else if (message->param_count < 1 ||
               !text_equal_nocase(message->param[0], gathering->target)) {
        refuse_target(session, message->param_count ? message->param[0] : TEXT(""));
    } else if (joined && text.len == 0) {
        refuse(session, "MULTILINE_INVALID", "", "A line without text is joined to nothing");
    } else if (gathering->lines == IRC_MULTILINE_LINES) {
        refuse(session, "MULTILINE_MAX_LINES", "24", "A batch has at most 24 lines");
    } else if (!add_line(gathering, text, joined)) {
        refuse(session, "MULTILINE_MAX_BYTES", "4096", "A batch has at most 4096 bytes");
    }
    gathering->kind = kind;
}

void irc_gather(struct session *session, const struct irc_message *message)
{
    struct irc_gathering *gathering = irc_of(session)->gathering;
    struct text reference = irc_message_tag(message, TEXT("batch"));
    if (!gathering) {
        irc_standard(session, "FAIL", "BATCH", "MULTILINE_INVALID", TEXT(""),
                     "This line belongs to a batch that is not open");
    } else if (!text_equal(gathering->reference, reference)) {
        refuse(session, "MULTILINE_INVALID", "", "This line belongs to another batch");
    } else if (!gathering->refused) {
        gather(session, gathering, message);
    }
}

static bool is_reference(struct text reference)
{
    for (size_t i = 0; i < reference.len; i++) {
        char c = reference.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-') {
            return false;
        }
    }
    return reference.len > 0 && reference.len <= REFERENCE_MAX;
}

static void open_batch(struct session *session, const struct irc_message *message,
                       struct text reference)
{
    struct irc *irc = irc_of(session);
    struct text type = message->param_count > 1 ? message->param[1] : TEXT("");
    struct text target = message->param_count > 2 ? message->param[2] : TEXT("");
    irc_gathering_finish(session);
    struct irc_gathering *gathering = mem_alloc(sizeof *gathering);
    irc->gathering = gathering;
    gathering->reference = text_own(reference);
    gathering->target = text_own(target);
    gathering->label = text_own(irc->answer.label);
    buf_init(&gathering->tags, IRC_TAGS_BYTES);
    buf_init(&gathering->joins, JOINS_BYTES);
    buf_init(&gathering->text, IRC_MULTILINE_BYTES);
    irc_add_client_tags(session, message, &gathering->tags);
    set_label(session, TEXT(""));
    char context[256];
    snprintf(context, sizeof context, "%.*s %.*s", TEXT_ARG(irc_shown(reference)),
             TEXT_ARG(irc_shown(type)));
    if (!is_reference(reference)) {
        refuse(session, "INVALID_REFTAG", context, "A reference has 1 to 64 letters, digits or -");
    } else if (!irc_has(session, CAP_MULTILINE) || !text_equal(type, TEXT("draft/multiline"))) {
        refuse(session, "UNKNOWN_TYPE", context, "No batch of this type is taken here");
    } else if (target.len == 0) {
        refuse(session, "MULTILINE_INVALID", "", "A multiline batch needs a target");
    }
}

static bool is_blank(struct text text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '\n') {
            return false;
        }
    }
    return true;
}

static void deliver(struct session *session, struct irc_gathering *gathering)
{
    struct buf tags;
    buf_init(&tags, IRC_TAGS_BYTES + 2 * JOINS_BYTES);
    if (gathering->joins.len) {
        buf_printf(&tags, JOINS "%.*s;", TEXT_ARG(buf_text(&gathering->joins)));
    }
    buf_add(&tags, buf_text(&gathering->tags));
    give_label_back(session, gathering);
    irc_say(session, gathering->target, gathering->kind, buf_text(&gathering->text),
            buf_text(&tags));
    buf_finish(&tags);
}

static void close_batch(struct session *session, struct text reference)
{
    struct irc_gathering *gathering = irc_of(session)->gathering;
    if (!gathering || !text_equal(gathering->reference, reference)) {
        irc_standard(session, "FAIL", "BATCH", "MULTILINE_INVALID", TEXT(""),
                     "No batch of this reference is open");
        return;
    }
    if (is_blank(buf_text(&gathering->text))) {
        refuse(session, "MULTILINE_INVALID", "", "A batch without any text says nothing");
    }
    if (!gathering->refused) {
        deliver(session, gathering);
    }
    irc_gathering_finish(session);
}

void irc_command_batch(struct session *session, const struct irc_message *message)
{
    struct text reference = message->param[0];
    bool opens = text_starts(reference, TEXT("+"));
    if (!opens && !text_starts(reference, TEXT("-"))) {
        irc_standard(session, "FAIL", "BATCH", "INVALID_REFTAG", irc_shown(reference),
                     "A batch is opened with + and closed with - before its reference");
    } else if (opens) {
        open_batch(session, message, text_skip(reference, 1));
    } else {
        close_batch(session, text_skip(reference, 1));
    }
}
