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

static bool text_prepare(const char *path, struct buf *text, struct buf *why)
{
    struct scan scan = {.at = text->at, .len = text->len, .line = 1};
    comments_blank(&scan);
    if (scan.place == IN_QUOTES) {
        buf_printf(why, "%s:%d: The quote that begins here has no end.", path, scan.start_line);
        return false;
    }
    if (scan.place == IN_COMMENT) {
        buf_printf(why, "%s:%d: The comment that begins here has no end: */ is missing.", path,
                   scan.start_line);
        return false;
    }
    if (scan.braces) {
        buf_printf(why, "%s:%d: The brace that begins here has no end: } is missing.", path,
                   scan.brace_line);
        return false;
    }
    if (text_find(buf_text(text), '\0') < text->len) {
        buf_printf(why, "%s holds a NUL byte: it is no configuration file.", path);
        return false;
    }
    return true;
}

bool config_text_read(const char *path, struct buf *text, struct buf *why)
{
    FILE *in;
    if (!file_open(path, &in, why)) {
        return false;
    }
    bool read = file_read(in, path, text, why);
    fclose(in);
    return read && text_prepare(path, text, why);
}
