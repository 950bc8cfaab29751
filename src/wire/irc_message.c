#include "wire/irc_message.h"

static struct text skip_spaces(struct text t)
{
    while (t.len && *t.at == ' ') {
        t = text_skip(t, 1);
    }
    return t;
}

// Takes what stands before the next space.
static struct text take_word(struct text *rest)
{
    size_t len = text_find(*rest, ' ');
    struct text word = text_head(*rest, len);
    *rest = skip_spaces(text_skip(*rest, len));
    return word;
}

static bool parse_tags(struct text tags, struct irc_message *message)
{
    message->tags = tags;
    while (tags.len) {
        size_t len = text_find(tags, ';');
        struct text one = text_head(tags, len);
        tags = text_skip(tags, len + 1);
        size_t key_len = text_find(one, '=');
        if (key_len == 0) {
            continue;
        }
        if (message->tag_count == IRC_TAGS_MAX) {
            return false;
        }
        message->tag[message->tag_count++] =
            (struct irc_tag){text_head(one, key_len), text_skip(one, key_len + 1)};
    }
    return true;
}

static void parse_params(struct text rest, struct irc_message *message)
{
    while (rest.len && message->param_count < IRC_PARAMS_MAX) {
        bool last = *rest.at == ':' || message->param_count == IRC_PARAMS_MAX - 1;
        struct text *param = &message->param[message->param_count++];
        if (last) {
            *param = *rest.at == ':' ? text_skip(rest, 1) : rest;
            return;
        }
        *param = take_word(&rest);
    }
}

enum irc_parsed irc_message_parse(struct text line, struct irc_message *message)
{
    message->tag_count = 0;
    message->param_count = 0;
    message->tags = TEXT("");
    message->source = TEXT("");
    bool fits = true;
    if (text_starts(line, TEXT("@"))) {
        struct text tags = take_word(&line);
        fits = parse_tags(text_skip(tags, 1), message);
    }
    line = skip_spaces(line);
    message->body = line;
    if (text_starts(line, TEXT(":"))) {
        message->source = text_skip(take_word(&line), 1);
    }
    message->command = take_word(&line);
    parse_params(line, message);
    if (!fits) {
        return IRC_TOO_MANY;
    }
    return message->command.len ? IRC_PARSED : IRC_EMPTY;
}

struct text irc_message_tag(const struct irc_message *message, struct text key)
{
    for (size_t i = message->tag_count; i > 0; i--) {
        if (text_equal(message->tag[i - 1].key, key)) {
            struct text value = message->tag[i - 1].value;
            return value.at ? value : TEXT("");
        }
    }
    return (struct text){NULL, 0};
}

struct text irc_tags_value(struct text tags, struct text key)
{
    struct text value = {NULL, 0};
    while (tags.len) {
        struct text one = text_head(tags, text_find(tags, ';'));
        tags = text_skip(tags, one.len + 1);
        size_t key_len = text_find(one, '=');
        if (text_equal(text_head(one, key_len), key)) {
            value = key_len < one.len ? text_skip(one, key_len + 1) : TEXT("");
        }
    }
    return value;
}

static const struct {
    char plain;
    char letter;
} escapes[] = {{';', ':'}, {' ', 's'}, {'\\', '\\'}, {'\r', 'r'}, {'\n', 'n'}};

enum { ESCAPES = sizeof escapes / sizeof *escapes };

bool irc_tag_add_escaped(struct buf *out, struct text value)
{
    bool fits = true;
    for (size_t i = 0; i < value.len && fits; i++) {
        size_t e = 0;
        while (e < ESCAPES && escapes[e].plain != value.at[i]) {
            e++;
        }
        if (e < ESCAPES) {
            fits = buf_add_char(out, '\\') && buf_add_char(out, escapes[e].letter);
        } else {
            fits = buf_add_char(out, value.at[i]);
        }
    }
    return fits;
}

bool irc_tag_add_unescaped(struct buf *out, struct text value)
{
    bool fits = true;
    for (size_t i = 0; i < value.len && fits; i++) {
        if (value.at[i] != '\\') {
            fits = buf_add_char(out, value.at[i]);
            continue;
        }
        if (++i == value.len) {
            break; // a lone backslash at the end is dropped
        }
        size_t e = 0;
        while (e < ESCAPES && escapes[e].letter != value.at[i]) {
            e++;
        }
        fits = buf_add_char(out, e < ESCAPES ? escapes[e].plain : value.at[i]);
    }
    return fits;
}
