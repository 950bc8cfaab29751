#include "server/wiring.h"

#include "base/random.h"
#include "protocol/control.h"
#include "protocol/irc.h"
#include "protocol/plain.h"
#include "protocol/relay.h"
#include "server/core_thread.h"
#include "server/tasks.h"

#include <signal.h>

static const struct protocol *const protocols[WIRE_OTHER + 1] = {
    [WIRE_PLAIN] = &plain_protocol,
    [WIRE_RELAY] = &relay_protocol,
    [WIRE_IRC] = &irc_protocol,
    [WIRE_CONTROL] = &control_protocol,
};

uint32_t wiring_served(void)
{
    uint32_t served = 0;
    for (uint32_t i = 0; i <= WIRE_OTHER; i++) {
        served |= protocols[i] ? 1u << i : 0;
    }
    return served;
}

// From the core.

static void out_reply(void *context, struct handle handle, struct text bytes)
{
    struct server *s = context;
    net_reply(s->net, handle, bytes);
}

static void out_append(void *context, uint32_t feed, struct segment *segment)
{
    struct server *s = context;
    net_append(s->net, feed, segment);
}

static void out_subscribe(void *context, struct handle handle, uint32_t feed, struct member_tag tag)
{
    struct server *s = context;
    net_subscribe(s->net, handle, feed, tag.user, tag.session);
}

static void out_unsubscribe(void *context, struct handle handle, uint32_t feed)
{
    struct server *s = context;
    net_unsubscribe(s->net, handle, feed);
}

static void out_ignore(void *context, struct handle handle, uint32_t user, bool ignored)
{
    struct server *s = context;
    net_ignore(s->net, handle, user, ignored);
}

static void out_named(void *context, struct handle handle)
{
    struct server *s = context;
    net_named(s->net, handle);
}

static void out_registered(void *context, struct handle handle, bool registered)
{
    struct server *s = context;
    net_registered(s->net, handle, registered);
}

static void out_credit(void *context, struct handle handle, uint32_t lines)
{
    struct server *s = context;
    net_credit(s->net, handle, lines);
}

static void out_watch(void *context, struct handle handle)
{
    struct server *s = context;
    net_watch(s->net, handle);
}

static void out_close(void *context, struct handle handle, enum close_reason reason)
{
    struct server *s = context;
    s->metrics.closed[reason]++;
    net_close(s->net, handle, reason);
}

static void out_activity(void *context, const struct activity *activity)
{
    struct server *s = context;
    s->metrics.activities[activity->kind]++;
    console_activity(s->console, activity);
}

static bool out_hash(void *context, const struct password_job *job)
{
    struct server *s = context;
    return core_thread_hash(s->thread, job);
}

// As if the signal had come from outside: the core is in the middle of a turn.
static void out_random(void *context, void *bytes, size_t count)
{
    (void)context;
    random_bytes(bytes, count);
}

static void out_reload(void *context)
{
    (void)context;
    raise(SIGHUP);
}

static void out_task(void *context, const struct task *task)
{
    struct server *s = context;
    tasks_put(s->tasks, task);
}

static void out_trace(void *context, struct text line)
{
    struct server *s = context;
    console_trace(s->console, line);
}

// From the net.

static void in_opened(void *context, struct handle handle, const struct peer *peer,
                      enum wire_protocol protocol)
{
    struct server *s = context;
    core_conn_opened(s->core, handle, peer, protocols[protocol]);
}

static void in_line(void *context, struct handle handle, struct text line, enum line_end end)
{
    static const enum core_line hows[] = {[LINE_WHOLE] = CORE_LINE_WHOLE,
                                          [LINE_PAUSED] = CORE_LINE_PAUSED,
                                          [LINE_TOO_LONG] = CORE_LINE_TOO_LONG};
    struct server *s = context;
    s->metrics.too_long += end == LINE_TOO_LONG;
    core_conn_line(s->core, handle, line, hows[end]);
}

static void in_ended(void *context, struct handle handle, enum close_reason reason)
{
    struct server *s = context;
    s->metrics.closed[reason] += reason != CLOSE_EOF; // then the core closes, and counts
    core_conn_ended(s->core, handle, reason);
}

static void in_drained(void *context, struct handle handle)
{
    struct server *s = context;
    core_conn_drained(s->core, handle);
}

static void in_lagged(void *context, struct handle handle, uint32_t feed, uint64_t from_line)
{
    struct server *s = context;
    s->metrics.lagged++;
    core_conn_lagged(s->core, handle, feed, from_line);
}

static void in_status(void *context, struct handle handle, const struct net_status *status)
{
    struct server *s = context;
    struct buf line;
    buf_init(&line, 16384);
    if (core_conn_describe(s->core, handle, &line)) {
        buf_printf(&line, " lag_bytes=%u buffered_bytes=%u", status->lag_bytes,
                   status->buffered_bytes);
        console_trace(s->console, buf_text(&line));
    }
    buf_finish(&line);
}

static void in_accepted(void *context, const struct peer *peer, enum close_reason reason)
{
    struct server *s = context;
    if (reason == CLOSE_REASON_COUNT) {
        s->metrics.accepted++;
    } else {
        s->metrics.refused++;
        s->metrics.closed[reason]++;
    }
    console_accepted(s->console, peer, reason);
}

void wiring_connect(struct server *s)
{
    s->output = (struct output){
        .context = s,
        .reply = out_reply,
        .append = out_append,
        .subscribe = out_subscribe,
        .unsubscribe = out_unsubscribe,
        .ignore = out_ignore,
        .named = out_named,
        .registered = out_registered,
        .credit = out_credit,
        .watch = out_watch,
        .close = out_close,
        .activity = out_activity,
        .hash = out_hash,
        .random = out_random,
        .reload = out_reload,
        .task = out_task,
        .trace = s->options->verbose ? out_trace : NULL,
    };
    s->handler = (struct net_handler){
        .context = s,
        .opened = in_opened,
        .line = in_line,
        .ended = in_ended,
        .drained = in_drained,
        .lagged = in_lagged,
        .status = in_status,
        .accepted = in_accepted,
    };
}
