#include "server/config_text.h"

#include "server/config.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

enum place { OUTSIDE, IN_QUOTES, IN_LINE_COMMENT, IN_COMMENT };

struct scan {
    char *at;
    size_t len;
    size_t i;
    enum place place;
    char quote;
    int line;
    int start_line; // of the quote or the comment
    int braces;     // that are open,
    int brace_line; // and where the first of them is
};

static bool file_open(const char *path, FILE **in, struct buf *why)
{
    *in = fopen(path, "re");
    struct stat status;
    if (!*in || fstat(fileno(*in), &status) != 0) {
        buf_printf(why, "The configuration file %s cannot be read: %s.", path, strerror(errno));
    } else if (S_ISDIR(status.st_mode)) {
        buf_printf(why, "%s is a folder. Name a configuration file.", path);
    } else {
        return true;
    }
    if (*in) {
        fclose(*in);
    }
    return false;
}

static bool file_read(FILE *in, const char *path, struct buf *text, struct buf *why)
{
    char block[4096];
    size_t got;
    while ((got = fread(block, 1, sizeof block, in)) > 0) {
        if (text->len + got > CONFIG_BYTES_MAX) {
            buf_printf(why, "The configuration file %s is larger than 1 MiB.", path);
            return false;
        }
        buf_add(text, (struct text){block, got});
    }
    if (ferror(in)) {
        buf_printf(why, "The configuration file %s cannot be read: %s.", path, strerror(errno));
    }
    return !ferror(in);
}

static bool next_is(const struct scan *s, const char *two)
{
    return s->i + 1 < s->len && s->at[s->i] == two[0] && s->at[s->i + 1] == two[1];
}

// In any://0.0.0.0 the slashes begin no comment.
static bool is_after_blank(const struct scan *s)
{
    return s->i == 0 || strchr(" \t\r\n={},", s->at[s->i - 1]);
}

static void enter(struct scan *s, enum place place)
{
    s->place = place;
    s->start_line = s->line;
}

static void outside_step(struct scan *s)
{
    char c = s->at[s->i];
    if (c == '"' || c == '\'') {
        enter(s, IN_QUOTES);
        s->quote = c;
    } else if (c == '#' || (next_is(s, "//") && is_after_blank(s))) {
        enter(s, IN_LINE_COMMENT);
        s->at[s->i] = ' ';
    } else if (next_is(s, "/*") && is_after_blank(s)) {
        enter(s, IN_COMMENT);
        s->at[s->i++] = ' ';
        s->at[s->i] = ' ';
    } else if (c == '{') {
        s->brace_line = s->braces++ ? s->brace_line : s->line;
    } else if (c == '}' && s->braces) {
        s->braces--;
    }
}

static void quotes_step(struct scan *s)
{
    char c = s->at[s->i];
    if (c == '\\' && s->i + 1 < s->len && s->at[s->i + 1] != '\n') {
        s->i++;
    } else if (c == s->quote) {
        s->place = OUTSIDE;
    }
}

static void line_comment_step(struct scan *s)
{
    if (s->at[s->i] == '\n') {
        s->place = OUTSIDE;
    } else {
        s->at[s->i] = ' ';
    }
}

static void comment_step(struct scan *s)
{
    if (next_is(s, "*/")) {
        s->at[s->i++] = ' ';
        s->place = OUTSIDE;
    }
    if (s->at[s->i] != '\n') {
        s->at[s->i] = ' ';
    }
}

static void comments_blank(struct scan *s)
{
    static void (*const steps[])(struct scan *) = {[OUTSIDE] = outside_step,
                                                   [IN_QUOTES] = quotes_step,
                                                   [IN_LINE_COMMENT] = line_comment_step,
                                                   [IN_COMMENT] = comment_step};
    for (; s->i < s->len; s->i++) {
        steps[s->place](s);
        s->line += s->at[s->i] == '\n';
    }
}

static struct config_text_end end_of(const struct scan *s)
{
    if (s->place == IN_QUOTES) {
        return (struct config_text_end){s->start_line, "The quote that begins here has no end."};
    }
    if (s->place == IN_COMMENT) {
        return (struct config_text_end){s->start_line,
                                        "The comment that begins here has no end: */ is missing."};
    }
    if (s->braces) {
        return (struct config_text_end){s->brace_line,
                                        "The brace that begins here has no end: } is missing."};
    }
    return (struct config_text_end){0};
}

static size_t line_start(struct text text, int line)
{
    size_t at = 0;
    for (int i = 1; i < line && at < text.len; i++) {
        at += text_find(text_skip(text, at), '\n') + 1;
    }
    return at < text.len ? at : text.len;
}

static struct config_text_end text_prepare(struct buf *text)
{
    struct scan scan = {.at = text->at, .len = text->len, .line = 1};
    comments_blank(&scan);
    struct config_text_end end = end_of(&scan);
    if (end.line) {
        bool braces = scan.braces && scan.brace_line < end.line;
        text->len = line_start(buf_text(text), braces ? scan.brace_line : end.line);
    }
    return end;
}

bool config_text_read(const char *path, struct buf *text, struct config_text_end *end,
                      struct buf *why)
{
    FILE *in;
    if (!file_open(path, &in, why)) {
        return false;
    }
    bool read = file_read(in, path, text, why);
    fclose(in);
    if (read && text_find(buf_text(text), '\0') < text->len) {
        buf_printf(why, "%s holds a NUL byte: it is no configuration file.", path);
        return false;
    }
    if (read) {
        *end = text_prepare(text);
    }
    return read;
}

// Where reading is to go on.
struct skip {
    size_t brace; // the outermost that is open, if any
    size_t to;
    int base; // how deep in braces a statement may begin
};

static bool begins_statement(struct text rest)
{
    size_t i = 0;
    while (i < rest.len && strchr(" \t\r", rest.at[i])) {
        i++;
    }
    char c = i < rest.len ? rest.at[i] : '\0';
    return c == '}' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

// The words before a brace, in the line where they begin.
static size_t head_of(struct text text, size_t brace)
{
    size_t i = brace;
    while (i > 0 && !text_starts(text_skip(text, i), TEXT("flood_profile"))) {
        i--;
    }
    return i;
}

static void skip_find(struct text text, int line, struct skip *skip)
{
    int depth = 0;
    int at = 1;
    char quote = '\0';
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        at += c == '\n';
        if (quote) {
            i += c == '\\';
            quote = c == quote ? '\0' : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '{') {
            skip->brace = depth++ ? skip->brace : i;
        } else if (c == '}') {
            depth -= depth > 0;
            skip->base = at >= line && depth < skip->base ? depth : skip->base;
        } else if (c == '\n' && at > line && depth <= skip->base &&
                   begins_statement(text_skip(text, i + 1))) {
            skip->to = i + 1;
            return;
        }
    }
    skip->to = text.len;
    skip->base = 0;
}

static void blank(struct buf *text, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        text->at[i] = text->at[i] == '\n' ? '\n' : ' ';
    }
}

bool config_text_skip(struct buf *text, int line, bool in_section)
{
    struct skip skip = {.base = in_section};
    struct text whole = text_head(buf_text(text), strlen(text->at));
    skip_find(whole, line, &skip);
    if (skip.base) {
        blank(text, 0, head_of(whole, skip.brace));
        blank(text, skip.brace + 1, skip.to);
    } else {
        blank(text, 0, skip.to);
    }
    return skip.base;
}
