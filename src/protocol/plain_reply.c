#include "protocol/plain_reply.h"

#include "base/utf8.h"
#include "chat/recent.h"
#include "protocol/irc_history_query.h"
#include "protocol/plain_render.h"
#include "wire/irc_message.h"

enum { QUOTE_BYTES = 48, REACTION_BYTES = 64 };

// The value of a tag by its name or its older one; its `at` is NULL if there is neither.
static struct text tag_of(const struct event *event, const char *name, const char *older)
{
    struct text tags = event->message->tags;
    struct text value = irc_tags_value(tags, text_of(name));
    return value.at ? value : irc_tags_value(tags, text_of(older));
}

static const struct message *message_about(const struct event *event, struct text reply)
{
    uint64_t id;
    if (!event->recent || !irc_msgid_parse(reply, &id)) {
        return NULL;
    }
    return recent_find(event->recent, id);
}

// "first words…"
static void add_quote(const struct message *message, struct buf *out)
{
    struct text line = text_head(message->text, text_find(message->text, '\n'));
    struct text words = utf8_cut(line, QUOTE_BYTES);
    buf_add_char(out, '"');
    plain_add_visible(out, words);
    buf_add(out, words.len < message->text.len ? TEXT("…\"") : TEXT("\""));
}

void plain_add_reply(const struct event *event, struct buf *out)
{
    struct text reply = tag_of(event, "+reply", "+draft/reply");
    if (!reply.len || event->kind != EVENT_MESSAGE) {
        return;
    }
    const struct message *about = message_about(event, reply);
    if (!about) {
        buf_add(out, TEXT(" (to an earlier message)"));
    } else if (about->text.len == 0) {
        buf_printf(out, " (to %.*s)", TEXT_ARG(about->sender_name));
    } else {
        buf_printf(out, " (to %.*s: ", TEXT_ARG(about->sender_name));
        add_quote(about, out);
        buf_add_char(out, ')');
    }
}

static void add_unescaped(struct text value, struct buf *out)
{
    struct buf text;
    buf_init(&text, IRC_TAGS_BYTES);
    irc_tag_add_unescaped(&text, value);
    plain_add_visible(out, utf8_cut(buf_text(&text), REACTION_BYTES));
    buf_finish(&text);
}

void plain_add_reaction(const struct event *event, uint32_t options, struct buf *out)
{
    struct text taken_back = irc_tags_value(event->message->tags, TEXT("+draft/unreact"));
    struct text reaction = tag_of(event, "+draft/react", "+react");
    if (event->kind == EVENT_PRIVATE_TO || (!reaction.len && !taken_back.len)) {
        return;
    }
    const struct message *about = message_about(event, tag_of(event, "+reply", "+draft/reply"));
    plain_add_stamp(event, options, out);
    buf_printf(out, event->kind == EVENT_MESSAGE ? "* %.*s %s " : "[PM from %.*s] %s ",
               TEXT_ARG(event->message->sender_name), reaction.len ? "reacted" : "takes back");
    add_unescaped(reaction.len ? reaction : taken_back, out);
    buf_add(out, TEXT(" to "));
    if (!about) {
        buf_add(out, TEXT("an earlier message"));
    } else if (about->text.len == 0) {
        buf_printf(out, "a message by %.*s", TEXT_ARG(about->sender_name));
    } else {
        add_quote(about, out);
    }
    buf_add_char(out, '\n');
}
