#include "server/text_file.h"

#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool content_read(int file, struct buf *content, struct buf *why)
{
    char block[4096];
    ssize_t got;
    while ((got = read(file, block, sizeof block)) > 0) {
        if (!buf_add(content, (struct text){block, (size_t)got})) {
            buf_add(why, TEXT("The file is larger than 64 KiB."));
            return false;
        }
    }
    if (got < 0) {
        buf_printf(why, "The file cannot be read: %s.", strerror(errno));
    }
    return got == 0;
}

// What is no file, such as a pipe, could keep us waiting for ever.
static bool file_read(const char *path, struct buf *content, struct buf *why)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) {
        buf_printf(why, "The file cannot be read: %s.", strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        buf_add(why, TEXT("That is no text file. Name one."));
    } else {
        bool read = content_read(file, content, why);
        close(file);
        return read;
    }
    if (file >= 0) {
        close(file);
    }
    return false;
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
    bool taken = file_read(name, &content, why) && lines_take(buf_text(&content), &lines, why);
    char *copy = taken ? text_copy(buf_text(&lines)) : NULL;
    buf_finish(&content);
    buf_finish(&lines);
    free(name);
    return copy;
}
