#include "base/must.h"
#include "net/io_thread.h"
#include "net/net_state.h"
#include "net/tls.h"
#include "wire/websocket.h"

#include <unistd.h>

// What is said of one connection. `feeds` is its thread's.
typedef void conn_command(struct conn *c, struct feeds *feeds, const struct batch *batch,
                          const struct command *command);

static void conn_output_touched(struct conn *c)
{
    c->is.flush = true;
    conn_touch(c);
}

static void obey_reply(struct conn *c, struct feeds *feeds, const struct batch *batch,
                       const struct command *command)
{
    output_reply(&c->output, feeds, batch_text(batch, command->bytes));
    conn_output_touched(c);
}

static void obey_subscribe(struct conn *c, struct feeds *feeds, const struct batch *batch,
                           const struct command *command)
{
    (void)batch;
    output_subscribe(&c->output, feeds, command->member.feed, command->member.user,
                     command->member.session);
}

static void obey_unsubscribe(struct conn *c, struct feeds *feeds, const struct batch *batch,
                             const struct command *command)
{
    (void)batch;
    output_unsubscribe(&c->output, feeds, command->member.feed);
    conn_output_touched(c);
}

static void obey_ignore(struct conn *c, struct feeds *feeds, const struct batch *batch,
                        const struct command *command)
{
    (void)feeds, (void)batch;
    // What was appended before is sent as it was to be.
    conn_flush(c);
    output_ignore(&c->output, command->ignore.user, command->ignore.ignored);
}

static void obey_named(struct conn *c, struct feeds *feeds, const struct batch *batch,
                       const struct command *command)
{
    (void)feeds, (void)batch, (void)command;
    c->is.named = true;
    conn_touch(c);
}

static void obey_registered(struct conn *c, struct feeds *feeds, const struct batch *batch,
                            const struct command *command)
{
    (void)feeds, (void)batch;
    c->is.registered = command->registered;
    conn_touch(c);
}

static void obey_credit(struct conn *c, struct feeds *feeds, const struct batch *batch,
                        const struct command *command)
{
    (void)feeds, (void)batch;
    conn_credit(c, command->lines);
}

static void obey_watch(struct conn *c, struct feeds *feeds, const struct batch *batch,
                       const struct command *command)
{
    (void)batch, (void)command;
    output_watch(&c->output, feeds);
    conn_output_touched(c);
}

static void obey_close(struct conn *c, struct feeds *feeds, const struct batch *batch,
                       const struct command *command)
{
    (void)batch;
    // What is appended from now on is not for it.
    output_unsubscribe_all(&c->output, feeds);
    conn_dismiss(c, command->reason);
}

static conn_command *const conn_commands[COMMAND_ASK_STATUS] = {
    [COMMAND_REPLY] = obey_reply,
    [COMMAND_SUBSCRIBE] = obey_subscribe,
    [COMMAND_UNSUBSCRIBE] = obey_unsubscribe,
    [COMMAND_IGNORE] = obey_ignore,
    [COMMAND_NAMED] = obey_named,
    [COMMAND_REGISTERED] = obey_registered,
    [COMMAND_CREDIT] = obey_credit,
    [COMMAND_WATCH] = obey_watch,
    [COMMAND_CLOSE] = obey_close,
};

// What waits in the filters between lines and socket.
static size_t conn_filtered_bytes(const struct conn *c)
{
    const struct websocket *w = c->websocket;
    return (c->tls ? tls_unsent(c->tls)->len : 0) +
           (w ? websocket_unsent(c->websocket)->len + websocket_waiting(w) : 0);
}

static void conn_tell_status(struct conn *c)
{
    uint64_t lag = output_behind_bytes(&c->output);
    struct net_status status = {
        .protocol = (enum wire_protocol)c->protocol,
        .lag_bytes = lag < UINT32_MAX ? (uint32_t)lag : UINT32_MAX,
        .buffered_bytes =
            (uint32_t)(c->output.reply_bytes + c->input.framer.in.size + conn_filtered_bytes(c)),
    };
    struct event event = {.kind = EVENT_STATUS};
    event.bytes = batch_add_bytes(c->thread->told, &status, sizeof status);
    conn_tell(c, &event);
}

static void thread_ask_status(struct io_thread *t, const struct batch *batch,
                              const struct command *command)
{
    (void)batch, (void)command;
    for (uint32_t i = 0; i < t->slots.count; i++) {
        struct conn *c = t->slots.list[i].conn;
        if (c && c->state == CONN_OPEN) {
            conn_tell_status(c);
        }
    }
}

static void thread_append(struct io_thread *t, const struct batch *batch,
                          const struct command *command)
{
    (void)batch;
    feeds_append(&t->feeds, command->append.feed, command->append.segment, t->now_us);
}

static void thread_admit(struct io_thread *t, const struct batch *batch,
                         const struct command *command)
{
    struct admission admission;
    memcpy(&admission, batch_text(batch, command->bytes).at, sizeof admission);
    io_thread_admit(t, &admission);
}

static void thread_configure(struct io_thread *t, const struct batch *batch,
                             const struct command *command)
{
    (void)batch;
    settings_unref(t->settings);
    t->settings = command->settings;
}

static void thread_stop_listening(struct io_thread *t, const struct batch *batch,
                                  const struct command *command)
{
    (void)batch, (void)command;
    listeners_stop(t->net);
}

static void thread_stop(struct io_thread *t, const struct batch *batch,
                        const struct command *command)
{
    (void)batch, (void)command;
    t->stopping = true;
}

typedef void thread_command(struct io_thread *t, const struct batch *batch,
                            const struct command *command);

static thread_command *const thread_commands[COMMAND_KIND_COUNT] = {
    [COMMAND_ASK_STATUS] = thread_ask_status,
    [COMMAND_APPEND] = thread_append,
    [COMMAND_ADMIT] = thread_admit,
    [COMMAND_CONFIGURE] = thread_configure,
    [COMMAND_STOP_LISTENING] = thread_stop_listening,
    [COMMAND_STOP] = thread_stop,
};

void io_thread_obey(struct io_thread *t, const struct batch *batch, const struct command *command)
{
    must(command->kind < COMMAND_KIND_COUNT);
    if (command->kind >= COMMAND_ASK_STATUS) {
        thread_commands[command->kind](t, batch, command);
        return;
    }
    struct conn *c = io_thread_find(t, command->handle);
    if (c && !c->is.muted && (!c->is.lost || command->kind >= COMMAND_NAMED)) {
        conn_commands[command->kind](c, &t->feeds, batch, command);
    }
}

void command_discard(const struct batch *batch, const struct command *command)
{
    if (command->kind == COMMAND_APPEND) {
        segment_unref(command->append.segment);
    } else if (command->kind == COMMAND_CONFIGURE) {
        settings_unref(command->settings);
    } else if (command->kind == COMMAND_ADMIT) {
        struct admission admission;
        memcpy(&admission, batch_text(batch, command->bytes).at, sizeof admission);
        close(admission.socket);
    }
}
