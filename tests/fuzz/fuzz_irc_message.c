// A line of IRC becomes parts that lie in it; written again they are read the same; tag values
// come back from their escapes.
#include "base/must.h"
#include "wire/irc_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool lies_in(struct text part, struct text line)
{
    return !part.len || (part.at >= line.at && part.at + part.len <= line.at + line.len);
}

static void check_parts(const struct irc_message *message, struct text line)
{
    must(message->param_count <= IRC_PARAMS_MAX && message->tag_count <= IRC_TAGS_MAX);
    must(lies_in(message->tags, line) && lies_in(message->body, line));
    must(lies_in(message->source, line) && lies_in(message->command, line));
    must(text_find(message->command, ' ') == message->command.len);
    for (size_t i = 0; i < message->param_count; i++) {
        must(lies_in(message->param[i], message->body));
        // Only the last one may be empty or have spaces.
        bool last = i + 1 == message->param_count;
        must(last ||
             (message->param[i].len && text_find(message->param[i], ' ') == message->param[i].len));
    }
    for (size_t i = 0; i < message->tag_count; i++) {
        must(lies_in(message->tag[i].key, message->tags));
        must(lies_in(message->tag[i].value, message->tags));
        must(text_find(message->tag[i].key, '=') == message->tag[i].key.len);
    }
}

static void write_message(const struct irc_message *message, struct buf *out)
{
    if (message->tags.len) {
        buf_printf(out, "@%.*s ", TEXT_ARG(message->tags));
    }
    if (message->source.len) {
        buf_printf(out, ":%.*s ", TEXT_ARG(message->source));
    }
    buf_add(out, message->command);
    for (size_t i = 0; i < message->param_count; i++) {
        buf_add(out, i + 1 == message->param_count ? TEXT(" :") : TEXT(" "));
        buf_add(out, message->param[i]);
    }
}

static void check_round_trip(const struct irc_message *message, size_t len)
{
    static struct irc_message again;
    struct buf out;
    buf_init(&out, len + 64);
    write_message(message, &out);
    must(irc_message_parse(buf_text(&out), &again) == IRC_PARSED);
    must(text_equal(again.command, message->command) && text_equal(again.source, message->source));
    must(again.param_count == message->param_count && again.tag_count == message->tag_count);
    for (size_t i = 0; i < again.param_count; i++) {
        must(text_equal(again.param[i], message->param[i]));
    }
    for (size_t i = 0; i < again.tag_count; i++) {
        must(text_equal(again.tag[i].key, message->tag[i].key));
        must(text_equal(again.tag[i].value, message->tag[i].value));
    }
    buf_finish(&out);
}

static void check_value(struct text value)
{
    struct buf escaped;
    struct buf plain;
    buf_init(&escaped, 2 * value.len + 1);
    buf_init(&plain, value.len + 1);
    must(irc_tag_add_escaped(&escaped, value));
    must(text_find(buf_text(&escaped), ';') == escaped.len);
    must(text_find(buf_text(&escaped), ' ') == escaped.len);
    must(irc_tag_add_unescaped(&plain, buf_text(&escaped)));
    must(text_equal(buf_text(&plain), value));
    buf_reset(&plain);
    must(irc_tag_add_unescaped(&plain, value)); // whatever it is, it does not grow
    buf_finish(&escaped);
    buf_finish(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct irc_message message;
    struct text line = {(const char *)bytes, len};
    message = (struct irc_message){0};
    enum irc_parsed parsed = irc_message_parse(line, &message);
    check_parts(&message, line);
    // Behind an empty source, or spaces, even a command can begin like a source or like tags;
    // written alone it would be one.
    if (parsed == IRC_PARSED && text_find(line, '\0') == len &&
        !text_starts(message.command, TEXT(":")) && !text_starts(message.command, TEXT("@"))) {
        check_round_trip(&message, len);
    }
    for (size_t i = 0; i < message.tag_count; i++) {
        must(irc_message_tag(&message, message.tag[i].key).at != NULL);
    }
    check_value(line);
    return 0;
}
