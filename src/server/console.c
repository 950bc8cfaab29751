#include "server/console.h"

#include "base/must.h"
#include "base/utf8.h"
#include "server/console_format.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum {
    QUEUE_BYTES_MAX = 4 * 1024 * 1024,
    PAGE_BYTES = 32 * 1024, // one write
    PAGE_BYTES_MAX = 256 * 1024,
    KEPT_BYTES = 64 * 1024, // memory that an idle queue keeps
    RELAY_PORTS_MAX = 64,
};

enum record_kind {
    RECORD_ACTIVITY,
    RECORD_ACCEPTED,
    RECORD_NOTE,
    RECORD_BLOCK,
    RECORD_TRACE,
    RECORD_LOG
};

// As it lies in the queue; the texts' bytes follow it.
struct console_record {
    enum record_kind kind;
    enum close_reason reason;
    enum log_level level;
    const char *event;
    struct activity activity; // texts: only their lengths
    struct peer peer;
};

// What may come in floods: so many lines in a second, and then how many more there were.
struct flood {
    size_t per_s;
    enum log_level level;
    const char *event;
    const char *rest; // what stands behind the number
    int64_t second;
    size_t in_second;
    size_t untold;
};

struct console {
    struct log_sink sink; // first: a sink is its console
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct buf queue; // under the lock, as the three below
    size_t dropped;
    bool sleeping;
    bool ending;
    atomic_int mode;
    atomic_int relay_port_count;
    uint16_t relay_ports[RELAY_PORTS_MAX];
    struct buf page; // the thread's own, as those below
    struct flood refused;
    struct flood not_kept;
};

static _Thread_local bool is_console_thread;

static void bytes_write(int descriptor, struct text bytes)
{
    while (bytes.len) {
        ssize_t written = write(descriptor, bytes.at, bytes.len);
        if (written >= 0) {
            bytes = text_skip(bytes, (size_t)written);
        } else if (errno == EAGAIN) {
            poll(&(struct pollfd){.fd = descriptor, .events = POLLOUT}, 1, -1);
        } else if (errno != EINTR) {
            return; // the terminal is gone: nowhere to say it
        }
    }
}

static void page_flush(struct console *c)
{
    bytes_write(STDOUT_FILENO, buf_text(&c->page));
    buf_reset(&c->page);
}

static bool is_chat(const struct console *c)
{
    return atomic_load_explicit(&c->mode, memory_order_relaxed) == CONSOLE_CHAT;
}

static void note_print(struct console *c, enum log_level level, const char *event,
                       struct text sentence);

static void flood_rest_print(struct console *c, struct flood *f)
{
    if (f->untold) {
        struct buf sentence;
        buf_init(&sentence, 160);
        buf_printf(&sentence, "%zu %s", f->untold, f->rest);
        note_print(c, f->level, f->event, buf_text(&sentence));
        buf_finish(&sentence);
        f->untold = 0;
    }
}

// A new second: what the last one had too much of is told.
static void flood_pass(struct console *c, struct flood *f)
{
    int64_t second = clock_now().mono_ms / 1000;
    if (second != f->second) {
        flood_rest_print(c, f);
        f->second = second;
        f->in_second = 0;
    }
}

static bool flood_may_be_told(struct console *c, struct flood *f)
{
    flood_pass(c, f);
    f->in_second++;
    f->untold += f->in_second > f->per_s;
    return f->in_second <= f->per_s;
}

static void activity_print(struct console *c, const struct activity *activity)
{
    if (activity->kind == ACTIVITY_REFUSED && !flood_may_be_told(c, &c->not_kept)) {
        return;
    }
    if (is_chat(c)) {
        console_format_chat(activity, &c->page);
        return;
    }
    struct buf pairs;
    buf_init(&pairs, 2048);
    const char *event;
    enum log_level level;
    if (console_format_log(activity, &event, &level, &pairs)) {
        struct text text = buf_text(&pairs);
        log_line(level, event, "%.*s", TEXT_ARG(text));
    }
    buf_finish(&pairs);
}

static const char *const level_marks[] = {"ERROR", "WARN", "INFO", "DEBUG"};

static void note_print(struct console *c, enum log_level level, const char *event,
                       struct text sentence)
{
    if (is_chat(c)) {
        buf_printf(&c->page, "[%s] ", level_marks[level]);
        utf8_add_visible(&c->page, sentence, false);
        buf_add_char(&c->page, '\n');
        return;
    }
    struct buf quoted;
    buf_init(&quoted, 2048);
    console_format_quoted(sentence, &quoted);
    struct text text = buf_text(&quoted);
    log_line(level, event, "text=%.*s", TEXT_ARG(text));
    buf_finish(&quoted);
}

static void accepted_print(struct console *c, const struct console_record *r)
{
    struct buf line;
    buf_init(&line, 256);
    if (r->reason == CLOSE_REASON_COUNT) {
        buf_add(&line, TEXT("New connection from "));
        console_format_peer(&r->peer, &line);
        note_print(c, is_chat(c) ? LOG_INFO : LOG_DEBUG, "accepted", buf_text(&line));
    } else if (flood_may_be_told(c, &c->refused)) {
        buf_add(&line, TEXT("Refused a connection from "));
        console_format_peer(&r->peer, &line);
        buf_printf(&line, " (%s)", close_reason_word(r->reason));
        note_print(c, LOG_INFO, "refused", buf_text(&line));
    }
    buf_finish(&line);
}

static void trace_print(struct text line)
{
    struct buf visible;
    buf_init(&visible, PAGE_BYTES_MAX);
    utf8_add_visible(&visible, line, false);
    buf_add_char(&visible, '\n');
    bytes_write(STDERR_FILENO, buf_text(&visible));
    buf_finish(&visible);
}

static void record_print(struct console *c, const struct console_record *r)
{
    switch (r->kind) {
    case RECORD_ACTIVITY:
        activity_print(c, &r->activity);
        break;
    case RECORD_ACCEPTED:
        accepted_print(c, r);
        break;
    case RECORD_NOTE:
        note_print(c, r->level, r->event, r->activity.text);
        break;
    case RECORD_BLOCK:
        buf_add(&c->page, is_chat(c) ? r->activity.text : TEXT(""));
        break;
    case RECORD_TRACE:
        trace_print(r->activity.text);
        break;
    case RECORD_LOG:
        bytes_write(STDERR_FILENO, r->activity.text);
        break;
    }
    if (c->page.len >= PAGE_BYTES) {
        page_flush(c);
    }
}

static void batch_print(struct console *c, struct text batch, size_t dropped)
{
    while (batch.len) {
        struct console_record r;
        memcpy(&r, batch.at, sizeof r);
        batch = text_skip(batch, sizeof r);
        struct text *texts[] = {&r.activity.name, &r.activity.place, &r.activity.text};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            texts[i]->at = batch.at;
            batch = text_skip(batch, texts[i]->len);
        }
        r.activity.peer = r.activity.peer ? &r.peer : NULL;
        record_print(c, &r);
    }
    if (dropped) {
        struct buf sentence;
        buf_init(&sentence, 160);
        buf_printf(&sentence, "%zu lines are not shown here: more happened than can be printed.",
                   dropped);
        note_print(c, LOG_WARN, "console_dropped", buf_text(&sentence));
        buf_finish(&sentence);
    }
}

// Until there is something to print; what floods have left untold is there at the next second.
static void wait_for_work(struct console *c)
{
    bool untold = c->refused.untold || c->not_kept.untold;
    struct timespec next = {.tv_sec = clock_now().mono_ms / 1000 + 1};
    bool late = false;
    while (!c->queue.len && !c->ending && !late) {
        c->sleeping = true;
        if (untold) {
            late = pthread_cond_timedwait(&c->filled, &c->lock, &next) == ETIMEDOUT;
        } else {
            pthread_cond_wait(&c->filled, &c->lock);
        }
    }
    c->sleeping = false;
}

static void *console_run(void *context)
{
    struct console *c = context;
    is_console_thread = true;
    struct buf batch;
    buf_init(&batch, QUEUE_BYTES_MAX);
    bool ending = false;
    while (!ending) {
        pthread_mutex_lock(&c->lock);
        wait_for_work(c);
        struct buf full = c->queue;
        c->queue = batch;
        batch = full;
        size_t dropped = c->dropped;
        c->dropped = 0;
        ending = c->ending;
        pthread_mutex_unlock(&c->lock);

        batch_print(c, buf_text(&batch), dropped);
        flood_pass(c, &c->refused);
        flood_pass(c, &c->not_kept);
        page_flush(c);
        if (batch.size > KEPT_BYTES) {
            buf_finish(&batch);
        }
        buf_reset(&batch);
    }
    buf_finish(&batch);
    flood_rest_print(c, &c->refused);
    flood_rest_print(c, &c->not_kept);
    page_flush(c);
    return NULL;
}

static void record_put(struct console *c, const struct console_record *r)
{
    const struct activity *a = &r->activity;
    size_t need = sizeof *r + a->name.len + a->place.len + a->text.len;
    pthread_mutex_lock(&c->lock);
    if (c->queue.len + need > QUEUE_BYTES_MAX) {
        c->dropped++;
    } else {
        buf_add(&c->queue, (struct text){(const char *)r, sizeof *r});
        buf_add(&c->queue, a->name);
        buf_add(&c->queue, a->place);
        buf_add(&c->queue, a->text);
    }
    if (c->sleeping) {
        c->sleeping = false;
        pthread_cond_signal(&c->filled);
    }
    pthread_mutex_unlock(&c->lock);
}

// What the console's own thread says must not wait for itself.
static void log_write(struct log_sink *sink, struct text line)
{
    if (is_console_thread) {
        bytes_write(STDERR_FILENO, line);
        return;
    }
    struct console_record r = {.kind = RECORD_LOG, .activity.text = line};
    record_put((struct console *)sink, &r);
}

struct console *console_create(enum console_mode mode)
{
    struct console *c = mem_alloc(sizeof *c);
    c->sink.write = log_write;
    c->refused = (struct flood){.per_s = 5,
                                .level = LOG_INFO,
                                .event = "refused_more",
                                .rest = "more connections were refused."};
    c->not_kept = (struct flood){.per_s = 1,
                                 .level = LOG_WARN,
                                 .event = "not_kept_more",
                                 .rest = "more messages could not be kept."};
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&c->filled, &attributes);
    pthread_condattr_destroy(&attributes);
    buf_init(&c->queue, QUEUE_BYTES_MAX);
    buf_init(&c->page, PAGE_BYTES_MAX);
    console_mode_set(c, mode);
    must(pthread_create(&c->thread, NULL, console_run, c) == 0);
    pthread_setname_np(c->thread, "console");
    log_to(&c->sink);
    return c;
}

void console_destroy(struct console *c)
{
    if (!c) {
        return;
    }
    log_to(NULL);
    pthread_mutex_lock(&c->lock);
    c->ending = true;
    pthread_cond_signal(&c->filled);
    pthread_mutex_unlock(&c->lock);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    if (pthread_timedjoin_np(c->thread, NULL, &until) != 0) {
        // A stopped terminal holds the thread, which still uses all this.
        pthread_detach(c->thread);
        return;
    }
    buf_finish(&c->queue);
    buf_finish(&c->page);
    pthread_cond_destroy(&c->filled);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

enum console_mode console_mode_choose(int mode)
{
    if (mode != CONSOLE_AUTO) {
        return (enum console_mode)mode;
    }
    return isatty(STDOUT_FILENO) ? CONSOLE_CHAT : CONSOLE_LOG;
}

void console_mode_set(struct console *c, enum console_mode mode)
{
    atomic_store(&c->mode, (int)mode);
}

void console_relay_port(struct console *c, uint16_t port)
{
    int count = atomic_load(&c->relay_port_count);
    if (count < RELAY_PORTS_MAX) {
        c->relay_ports[count] = port;
        atomic_store(&c->relay_port_count, count + 1);
    }
}

void console_activity(struct console *c, const struct activity *activity)
{
    bool is_said = activity->kind == ACTIVITY_MESSAGE || activity->kind == ACTIVITY_ACTION ||
                   activity->kind == ACTIVITY_PRIVATE || activity->kind == ACTIVITY_RELAYED;
    if (is_said && !is_chat(c)) {
        return;
    }
    struct console_record r = {.kind = RECORD_ACTIVITY, .activity = *activity};
    if (activity->peer) {
        r.peer = *activity->peer;
    }
    record_put(c, &r);
}

static bool is_relay_port(const struct console *c, uint16_t port)
{
    int count = atomic_load(&c->relay_port_count);
    for (int i = 0; i < count; i++) {
        if (c->relay_ports[i] == port) {
            return true;
        }
    }
    return false;
}

void console_accepted(struct console *c, const struct peer *peer, enum close_reason reason)
{
    bool may_stay = reason == CLOSE_REASON_COUNT;
    if (may_stay &&
        (is_relay_port(c, peer->listener_port) || !(is_chat(c) || log_enabled(LOG_DEBUG)))) {
        return;
    }
    struct console_record r = {.kind = RECORD_ACCEPTED, .reason = reason, .peer = *peer};
    record_put(c, &r);
}

void console_note(struct console *c, enum log_level level, const char *event, const char *format,
                  ...)
{
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    struct console_record r = {.kind = RECORD_NOTE, .level = level, .event = event};
    r.activity.text = text_of(sentence);
    record_put(c, &r);
}

void console_block(struct console *c, struct text lines)
{
    struct console_record r = {.kind = RECORD_BLOCK, .activity.text = lines};
    record_put(c, &r);
}

void console_trace(struct console *c, struct text line)
{
    struct console_record r = {.kind = RECORD_TRACE, .activity.text = line};
    record_put(c, &r);
}
