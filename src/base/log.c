#include "base/log.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

// An escaped detail is at most four times as long, and always fits with what precedes it.
enum { LINE_MAX_BYTES = 8192, HEAD_MAX_BYTES = 256 };

static atomic_int threshold = LOG_INFO;
static struct log_sink *_Atomic destination;

static const char *const level_words[] = {"error", "warn", "info", "debug"};

void log_level_set(enum log_level level)
{
    atomic_store(&threshold, (int)level);
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&threshold, memory_order_relaxed);
}

void log_to(struct log_sink *sink)
{
    atomic_store(&destination, sink);
}

static void line_write(struct text line)
{
    struct log_sink *sink = atomic_load(&destination);
    if (sink) {
        sink->write(sink, line);
        return;
    }
    ssize_t written = write(STDERR_FILENO, line.at, line.len);
    (void)written; // nowhere else to say it
}

static void add_time(struct buf *line)
{
    struct moment now = clock_now();
    time_t seconds = (time_t)(now.wall_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char stamp[32];
    size_t len = strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    buf_printf(line, "time=%.*s.%03dZ ", (int)len, stamp, (int)(now.wall_ms % 1000));
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    if (!log_enabled(level)) {
        return;
    }
    char detail[(LINE_MAX_BYTES - HEAD_MAX_BYTES) / 4];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);

    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    add_time(&line);
    buf_printf(&line, "level=%s event=%s", level_words[level], event);
    if (detail[0]) {
        buf_add_char(&line, ' ');
        utf8_add_visible(&line, text_of(detail), false);
    }
    buf_add_char(&line, '\n');
    line_write(buf_text(&line));
    buf_finish(&line);
}
