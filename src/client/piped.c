#include "client/piped.h"

#include "base/must.h"
#include "wire/framer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { READ_SIZE = 16 * 1024 };

struct piped {
    struct piped_handler handler;
    struct framer framer;
    union {
        uv_handle_t handle;
        uv_poll_t poll;
        uv_idle_t idle;
    } source;
    bool polled; // files cannot be, and need not be: they are always readable
    bool reading;
    bool ended;
    bool destroyed;
};

static void on_poll(uv_poll_t *poll, int status, int events);
static void on_idle(uv_idle_t *idle);

static void start(struct piped *p, bool reading)
{
    if (reading == p->reading) {
        return;
    }
    p->reading = reading;
    if (p->polled && reading) {
        uv_poll_start(&p->source.poll, UV_READABLE, on_poll);
    } else if (p->polled) {
        uv_poll_stop(&p->source.poll);
    } else if (reading) {
        uv_idle_start(&p->source.idle, on_idle);
    } else {
        uv_idle_stop(&p->source.idle);
    }
}

static bool wants(struct piped *p)
{
    return !p->destroyed && !p->ended && p->handler.wants(p->handler.context);
}

static void end(struct piped *p)
{
    p->ended = true;
    p->handler.ended(p->handler.context);
}

// Hands out what is there and wanted; true if more must be read.
static bool take_lines(struct piped *p)
{
    struct text line;
    while (wants(p)) {
        switch (framer_next(&p->framer, &line)) {
        case FRAMED_NOTHING:
            return true;
        case FRAMED_LINE:
        case FRAMED_PAUSED:
            p->handler.line(p->handler.context, line);
            break;
        case FRAMED_TOO_LONG:
            p->handler.line_too_long(p->handler.context);
            break;
        case FRAMED_ENDLESS:
            p->handler.line_too_long(p->handler.context);
            end(p);
            break;
        }
    }
    return false;
}

static void read_more(struct piped *p)
{
    char bytes[READ_SIZE];
    ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got > 0) {
        framer_feed(&p->framer, (struct text){bytes, (size_t)got});
        piped_settle(p);
        return;
    }
    framer_end(&p->framer);
    if (take_lines(p)) {
        end(p);
    }
    start(p, false);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    read_more(poll->data);
}

static void on_idle(uv_idle_t *idle)
{
    read_more(idle->data);
}

struct piped *piped_create(uv_loop_t *loop, size_t line_max, const struct piped_handler *handler)
{
    struct piped *p = mem_alloc(sizeof *p);
    p->handler = *handler;
    framer_init(&p->framer, line_max, false);
    int flags = fcntl(STDIN_FILENO, F_GETFL);
    p->polled = uv_poll_init(loop, &p->source.poll, STDIN_FILENO) == 0;
    if (!p->polled) {
        uv_idle_init(loop, &p->source.idle);
    }
    // libuv made it non-blocking, also for those who share it with us.
    fcntl(STDIN_FILENO, F_SETFL, flags);
    p->source.handle.data = p;
    return p;
}

static void on_close(uv_handle_t *handle)
{
    struct piped *p = handle->data;
    framer_finish(&p->framer);
    free(p);
}

void piped_destroy(struct piped *p)
{
    if (p) {
        p->destroyed = true;
        uv_close(&p->source.handle, on_close);
    }
}

bool piped_is_unsettled(struct piped *p)
{
    return wants(p) && !p->reading;
}

void piped_settle(struct piped *p)
{
    start(p, take_lines(p));
}
