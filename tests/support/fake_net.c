#include "base/must.h"
#include "support/fake_net_state.h"

void fake_demand(const struct fake_net *net, bool holds, const char *what)
{
    if (!holds) {
        net->receiver.broken(net->receiver.context, what);
        must(holds);
    }
}

struct fake_conn *fake_named_by(struct fake_net *net, struct handle handle)
{
    bool alive = handle.index < net->slot_count && net->slots[handle.index].conn &&
                 net->slots[handle.index].generation == handle.generation;
    fake_demand(net, alive, "the core named a dead handle");
    struct fake_conn *conn = net->slots[handle.index].conn;
    return conn->vanished ? NULL : conn;
}

void fake_report(struct fake_conn *conn, enum input_kind kind, uint32_t feed, uint64_t from_line)
{
    struct input *input = mem_alloc(sizeof *input);
    input->conn = conn;
    input->kind = kind;
    input->feed = feed;
    input->from_line = from_line;
    DL_APPEND(conn->net->inbox, input);
}

static void input_free(struct input *input)
{
    free(input->line);
    free(input);
}

static void conn_free(struct fake_conn *conn)
{
    struct fake_net *net = conn->net;
    struct input *input;
    struct input *next;
    DL_FOREACH_SAFE(net->inbox, input, next)
    {
        if (input->conn == conn) {
            DL_DELETE(net->inbox, input);
            input_free(input);
        }
    }
    DL_FOREACH_SAFE(conn->waiting, input, next)
    {
        input_free(input);
    }
    fake_conn_forget(conn);
    net->slots[conn->handle.index].conn = NULL;
    if (conn->handle.index < net->lowest_free) {
        net->lowest_free = conn->handle.index;
    }
    net->conn_count--;
    free(conn->ignored);
    free(conn);
}

static void lose(struct fake_conn *conn, enum close_reason reason)
{
    struct input *input;
    struct input *next;
    // What was received is still given; what waits for credit never was.
    DL_FOREACH_SAFE(conn->waiting, input, next)
    {
        DL_DELETE(conn->waiting, input);
        input_free(input);
    }
    conn->vanished = true;
    fake_report(conn, INPUT_ENDED, 0, 0);
    conn->net->inbox->prev->reason = reason;
}

static void out_reply(void *context, struct handle handle, struct text bytes)
{
    struct fake_net *net = context;
    struct fake_conn *conn = fake_named_by(net, handle);
    if (!conn) {
        return;
    }
    fake_conn_get_reply(conn, bytes);
    if (conn->reply_bytes > FAKE_REPLY_BYTES) {
        net->receiver.closed(net->receiver.context, conn->person, CLOSE_SLOW);
        lose(conn, CLOSE_SLOW);
    }
}

static void out_named(void *context, struct handle handle)
{
    fake_named_by(context, handle);
}

static void out_registered(void *context, struct handle handle, bool registered)
{
    struct fake_conn *conn = fake_named_by(context, handle);
    if (conn) {
        conn->registered = registered;
    }
}

static void let_in(struct fake_conn *conn)
{
    while (conn->waiting &&
           (conn->waiting->kind != INPUT_LINE || conn->uncredited < FAKE_WINDOW_LINES)) {
        struct input *input = conn->waiting;
        DL_DELETE(conn->waiting, input);
        conn->waiting_count--;
        conn->uncredited += input->kind == INPUT_LINE;
        DL_APPEND(conn->net->inbox, input);
    }
}

static void out_credit(void *context, struct handle handle, uint32_t lines)
{
    struct fake_net *net = context;
    struct fake_conn *conn = fake_named_by(net, handle);
    if (conn) {
        fake_demand(net, lines > 0 && lines <= conn->uncredited, "credit for lines never given");
        conn->uncredited -= lines;
        let_in(conn);
    }
}

static void out_watch(void *context, struct handle handle)
{
    struct fake_conn *conn = fake_named_by(context, handle);
    if (conn && conn->slow) {
        conn->watched = true;
    } else if (conn) {
        fake_report(conn, INPUT_DRAINED, 0, 0);
    }
}

static void out_close(void *context, struct handle handle, enum close_reason reason)
{
    struct fake_net *net = context;
    struct fake_conn *conn = fake_named_by(net, handle);
    if (conn) {
        fake_conn_read_all(conn);
        net->receiver.closed(net->receiver.context, conn->person, reason);
    }
    conn_free(net->slots[handle.index].conn);
}

static void out_activity(void *context, const struct activity *activity)
{
    struct fake_net *net = context;
    if (net->receiver.activity) {
        net->receiver.activity(net->receiver.context, activity);
    }
}

struct fake_net *fake_net_create(const struct fake_receiver *receiver)
{
    struct fake_net *net = mem_alloc(sizeof *net);
    net->receiver = *receiver;
    net->output = (struct output){
        .context = net,
        .reply = out_reply,
        .append = fake_out_append,
        .subscribe = fake_out_subscribe,
        .unsubscribe = fake_out_unsubscribe,
        .ignore = fake_out_ignore,
        .named = out_named,
        .registered = out_registered,
        .credit = out_credit,
        .watch = out_watch,
        .close = out_close,
        .activity = out_activity,
        .hash = fake_out_hash,
        .random = fake_out_random,
    };
    return net;
}

void fake_net_destroy(struct fake_net *net)
{
    if (!net) {
        return;
    }
    for (size_t i = 0; i < net->slot_count; i++) {
        if (net->slots[i].conn) {
            conn_free(net->slots[i].conn);
        }
    }
    fake_hash_finish(net);
    free(net->slots);
    free(net);
}

const struct output *fake_net_output(const struct fake_net *net)
{
    return &net->output;
}

void fake_net_serve(struct fake_net *net, struct core *core)
{
    must(net->conn_count == 0);
    net->core = core;
}

// Small numbers are used again, as the real handles' are.
static uint32_t free_slot(struct fake_net *net)
{
    while (net->lowest_free < net->slot_count) {
        if (!net->slots[net->lowest_free].conn) {
            return (uint32_t)net->lowest_free;
        }
        net->lowest_free++;
    }
    net->slots = mem_grow(net->slots, (net->slot_count + 1) * sizeof *net->slots);
    net->slots[net->slot_count] = (struct slot){0};
    return (uint32_t)net->slot_count++;
}

struct fake_conn *fake_net_connect(struct fake_net *net, const struct peer *peer,
                                   const struct protocol *protocol, void *person)
{
    struct fake_conn *conn = mem_alloc(sizeof *conn);
    uint32_t index = free_slot(net);
    net->slots[index].conn = conn;
    net->slots[index].generation++;
    net->conn_count++;
    conn->net = net;
    conn->handle = (struct handle){index, net->slots[index].generation};
    conn->person = person;
    core_conn_opened(net->core, conn->handle, peer, protocol);
    return conn;
}

struct handle fake_conn_handle(const struct fake_conn *conn)
{
    return conn->handle;
}

void fake_conn_send(struct fake_conn *conn, struct text line, enum core_line how)
{
    must(!conn->ended && !conn->vanished);
    struct input *input = mem_alloc(sizeof *input);
    input->conn = conn;
    input->kind = INPUT_LINE;
    input->how = how;
    // Exactly as long as the line, so that the sanitizer sees a read past its end.
    input->line = how == CORE_LINE_TOO_LONG ? NULL : mem_array(line.len ? line.len : 1, 1);
    input->len = how == CORE_LINE_TOO_LONG ? 0 : line.len;
    if (input->len) {
        memcpy(input->line, line.at, line.len);
    }
    DL_APPEND(conn->waiting, input);
    conn->waiting_count++;
    let_in(conn);
}

void fake_conn_stop_sending(struct fake_conn *conn)
{
    must(!conn->ended && !conn->vanished);
    conn->ended = true;
    struct input *input = mem_alloc(sizeof *input);
    input->conn = conn;
    input->kind = INPUT_ENDED;
    input->reason = CLOSE_EOF;
    DL_APPEND(conn->waiting, input);
    conn->waiting_count++;
    let_in(conn);
}

void fake_conn_vanish(struct fake_conn *conn, enum close_reason reason)
{
    must(!conn->vanished);
    lose(conn, reason);
}

void fake_conn_stop_reading(struct fake_conn *conn, size_t lag_bytes)
{
    conn->slow = true;
    conn->lag_bytes = lag_bytes;
}

void fake_conn_read_again(struct fake_conn *conn)
{
    fake_conn_read_all(conn);
    conn->slow = false;
    if (conn->watched) {
        conn->watched = false;
        fake_report(conn, INPUT_DRAINED, 0, 0);
    }
}

size_t fake_conn_waiting(const struct fake_conn *conn)
{
    return conn->waiting_count;
}

size_t fake_conn_uncredited(const struct fake_conn *conn)
{
    return conn->uncredited;
}

bool fake_conn_is_registered(const struct fake_conn *conn)
{
    return conn->registered;
}

static void give(struct fake_net *net, struct input *input)
{
    struct handle handle = input->conn->handle;
    switch (input->kind) {
    case INPUT_LINE:
        core_conn_line(net->core, handle, (struct text){input->line, input->len}, input->how);
        break;
    case INPUT_ENDED:
        if (input->reason != CLOSE_EOF) {
            // The handle is dead before the core hears of it.
            conn_free(input->conn);
        }
        core_conn_ended(net->core, handle, input->reason);
        break;
    case INPUT_DRAINED:
        core_conn_drained(net->core, handle);
        break;
    case INPUT_LAGGED:
        input->conn->lagged_feeds[input->conn->lag_count++ % FAKE_LAGS] = input->feed;
        core_conn_lagged(net->core, handle, input->feed, input->from_line);
        break;
    }
}

bool fake_net_pump(struct fake_net *net)
{
    bool had = net->inbox != NULL;
    bool hashed = fake_hash_pump(net);
    while (net->inbox) {
        struct input *input = net->inbox;
        DL_DELETE(net->inbox, input);
        give(net, input);
        input_free(input);
    }
    return had || hashed;
}

bool fake_net_has_input(const struct fake_net *net)
{
    return net->inbox || (net->jobs && !net->jobs_wait);
}

size_t fake_net_conn_count(const struct fake_net *net)
{
    return net->conn_count;
}

size_t fake_net_feed_count(const struct fake_net *net)
{
    return HASH_COUNT(net->feeds);
}
