#include "client/tokens.h"

#include "client/state_file.h"

#include <errno.h>

enum { FILE_MAX = 1024 * 1024 };

// The token of the line; empty: it is another's, or not understood.
static struct text token_of(struct text line, struct text where, struct text name)
{
    struct text rest = text_trim(line);
    bool own = text_equal_nocase(text_word(&rest), where);
    own = text_equal_nocase(text_word(&rest), name) && own;
    return own ? text_word(&rest) : TEXT("");
}

bool tokens_find(const char *path, struct text where, struct text name, struct buf *token)
{
    struct buf content;
    size_t before = token->len;
    buf_init(&content, FILE_MAX);
    state_file_read(path, &content);
    for (struct text rest = buf_text(&content); rest.len && token->len == before;) {
        buf_add(token, token_of(state_file_line(&rest), where, name));
    }
    buf_wipe(&content);
    return token->len > before;
}

int tokens_put(const char *path, struct text where, struct text name, struct text token)
{
    struct buf old, fresh;
    buf_init(&old, FILE_MAX);
    buf_init(&fresh, FILE_MAX + 1024);
    state_file_read(path, &old);
    for (struct text rest = buf_text(&old); rest.len;) {
        struct text line = state_file_line(&rest);
        if (token_of(line, where, name).len == 0) {
            buf_add(&fresh, line);
            buf_add_char(&fresh, '\n');
        }
    }
    if (token.len) {
        buf_printf(&fresh, "%.*s %.*s %.*s\n", TEXT_ARG(where), TEXT_ARG(name), TEXT_ARG(token));
    }
    int error = fresh.overflow ? -EFBIG : state_file_write(path, buf_text(&fresh));
    buf_wipe(&old);
    buf_wipe(&fresh);
    return error;
}
