#include "server/text_file.h"

#include "base/file.h"
#include "base/utf8.h"

#include <errno.h>
#include <string.h>

static bool file_take(const char *path, struct buf *content, struct buf *why)
{
    int error = file_read(path, content);
    if (error == -EINVAL) {
        buf_add(why, TEXT("That is no text file. Name one."));
    } else if (error == -EFBIG) {
        buf_add(why, TEXT("The file is larger than 64 KiB."));
    } else if (error) {
        buf_printf(why, "The file cannot be read: %s.", strerror(-error));
    }
    return error == 0;
}

static bool line_is_fit(struct text line)
{
    struct buf visible;
    buf_init(&visible, 4 * TEXT_FILE_LINE_MAX);
    bool fit = line.len <= TEXT_FILE_LINE_MAX && utf8_add_visible(&visible, line, true) &&
               text_equal(buf_text(&visible), line);
    buf_finish(&visible);
    return fit;
}

static bool lines_take(struct text rest, struct buf *lines, struct buf *why)
{
    for (int number = 1; rest.len; number++) {
        struct text line = text_head(rest, text_find(rest, '\n'));
        rest = text_skip(rest, line.len + 1);
        line.len -= line.len && line.at[line.len - 1] == '\r';
        if (number > TEXT_FILE_LINES_MAX) {
            buf_printf(why, "The file has more than %d lines.", TEXT_FILE_LINES_MAX);
            return false;
        }
        if (!line_is_fit(line)) {
            buf_printf(why,
                       "Line %d of the file is longer than %d bytes, is no UTF-8 or has control "
                       "characters.",
                       number, TEXT_FILE_LINE_MAX);
            return false;
        }
        buf_add(lines, line);
        buf_add_char(lines, '\n');
    }
    return true;
}

char *text_file_read(struct text path, struct buf *why)
{
    char *name = text_copy(path);
    struct buf content, lines;
    buf_init(&content, TEXT_FILE_MAX);
    buf_init(&lines, TEXT_FILE_MAX + 1);
    bool taken = file_take(name, &content, why) && lines_take(buf_text(&content), &lines, why);
    char *copy = taken ? text_copy(buf_text(&lines)) : NULL;
    buf_finish(&content);
    buf_finish(&lines);
    free(name);
    return copy;
}
