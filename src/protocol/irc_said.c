// A message as lines: one, or several where it is too long for one or has several itself.
#include "base/utf8.h"
#include "protocol/irc_caps.h"
#include "protocol/irc_multiline.h"
#include "protocol/irc_render.h"
#include "protocol/irc_tags.h"
#include "wire/irc_message.h"

static struct text mask_of(const struct message *message)
{
    return message->sender_mask.len ? message->sender_mask : TEXT("guest@hobnob");
}

static const char *command_of(const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_NOTICE:
        return "NOTICE";
    case MESSAGE_TOPIC:
        return "TOPIC";
    case MESSAGE_TAGS:
        return "TAGMSG";
    default:
        return "PRIVMSG";
    }
}

size_t irc_room_for_text(const struct message *message, struct text target)
{
    size_t head = strlen(":!   :") + strlen(command_of(message)) + message->sender_name.len +
                  mask_of(message).len + target.len;
    head += message->kind == MESSAGE_ACTION ? strlen("\x01"
                                                     "ACTION \x01")
                                            : 0;
    return head < IRC_BODY_MAX - 64 ? IRC_BODY_MAX - head : 64;
}

// A message on its way to clients with these capabilities.
struct saying {
    const struct message *message;
    struct text target;
    uint32_t caps;
    struct text account; // the sender's; empty: none
    const char *batch;   // NULL: none
    struct buf *out;
};

// The tags that the message has once, and those that each of its lines has.
static void add_tags(const struct saying *saying, struct irc_tags *tags, bool first)
{
    const struct message *message = saying->message;
    if (saying->batch) {
        irc_tag_begin(tags, "batch=");
        buf_add(saying->out, text_of(saying->batch));
    }
    if (saying->caps & CAP_SERVER_TIME) {
        irc_tag_time(tags, message->time_ms);
    }
    if ((saying->caps & CAP_ACCOUNT_TAG) && saying->account.len) {
        irc_tag_begin(tags, "account=");
        buf_add(saying->out, saying->account);
    }
    if (!(saying->caps & CAP_MESSAGE_TAGS)) {
        return;
    }
    if (first) {
        irc_tag_begin(tags, "msgid=");
        buf_printf(saying->out, "%llx", (unsigned long long)message->id);
    }
    struct text clients = irc_multiline_tags(message->tags);
    if (clients.len) {
        irc_tag_begin(tags, "");
        buf_add(saying->out, clients);
    }
}

static void add_source(const struct saying *saying)
{
    const struct message *message = saying->message;
    buf_printf(saying->out, ":%.*s!%.*s ", TEXT_ARG(message->sender_name),
               TEXT_ARG(mask_of(message)));
}

static void add_line(const struct saying *saying, struct text text)
{
    bool action = saying->message->kind == MESSAGE_ACTION;
    add_source(saying);
    buf_printf(saying->out, "%s %.*s :%s", command_of(saying->message), TEXT_ARG(saying->target),
               action ? "\x01"
                        "ACTION "
                      : "");
    buf_add(saying->out, text);
    buf_add(saying->out, action ? TEXT("\x01\r\n") : TEXT("\r\n"));
}

static void add_lines(const struct saying *saying)
{
    struct irc_parts parts =
        irc_parts_of(saying->message, irc_room_for_text(saying->message, saying->target));
    bool first = true;
    while (irc_parts_next(&parts)) {
        if (parts.part.len || !saying->message->text.len) {
            struct irc_tags tags = {saying->out, false};
            add_tags(saying, &tags, first);
            irc_tags_end(&tags);
            add_line(saying, parts.part);
            first = false;
        }
    }
}

static void add_tags_alone(const struct saying *saying)
{
    if (saying->caps & CAP_MESSAGE_TAGS) {
        struct irc_tags tags = {saying->out, false};
        add_tags(saying, &tags, true);
        irc_tags_end(&tags);
        add_source(saying);
        buf_printf(saying->out, "TAGMSG %.*s\r\n", TEXT_ARG(saying->target));
    }
}

// As one batch. Its reference is the message's id: it begins and ends here.
static void add_batch(const struct saying *saying)
{
    unsigned long long id = saying->message->id;
    struct irc_tags tags = {saying->out, false};
    add_tags(saying, &tags, true);
    irc_tags_end(&tags);
    add_source(saying);
    buf_printf(saying->out, "BATCH +m%llx draft/multiline %.*s\r\n", id, TEXT_ARG(saying->target));
    struct irc_parts parts =
        irc_parts_of(saying->message, irc_room_for_text(saying->message, saying->target));
    while (irc_parts_next(&parts)) {
        buf_printf(saying->out, "@batch=m%llx%s ", id,
                   parts.joined ? ";draft/multiline-concat" : "");
        add_line(saying, parts.part);
    }
    add_source(saying);
    buf_printf(saying->out, "BATCH -m%llx\r\n", id);
}

static bool has_several_parts(const struct saying *saying)
{
    struct irc_parts parts =
        irc_parts_of(saying->message, irc_room_for_text(saying->message, saying->target));
    irc_parts_next(&parts);
    return irc_parts_next(&parts);
}

void irc_render_message(const struct message *message, struct text target, struct text account,
                        uint32_t caps, const char *batch, struct buf *out)
{
    struct saying saying = {message, target, caps, account, batch, out};
    bool can = (caps & CAP_MULTILINE) && (caps & CAP_BATCH) &&
               (message->kind == MESSAGE_SAY || message->kind == MESSAGE_NOTICE);
    size_t from = out->len;
    if (message->kind == MESSAGE_TAGS) {
        add_tags_alone(&saying);
    } else if (can && has_several_parts(&saying)) {
        add_batch(&saying);
    } else {
        add_lines(&saying);
    }
    irc_clean(out, from);
}
