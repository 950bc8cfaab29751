#include "base/must.h"
#include "net/net_state.h"

// net_take(): what the I/O threads have told, handed to the owner.

typedef void take_event(struct net *net, const struct net_handler *handler,
                        const struct event *event, struct text bytes);

static void handle_revive(struct net *net, struct handle handle)
{
    if (handle.index >= net->alive_size) {
        uint32_t size = net->alive_size ? net->alive_size * 2 : 64;
        size = handle.index < size ? size : handle.index + 1;
        net->alive = mem_grow(net->alive, size * sizeof *net->alive);
        memset(net->alive + net->alive_size, 0, (size - net->alive_size) * sizeof *net->alive);
        net->alive_size = size;
    }
    net->alive[handle.index] = handle.generation;
}

static void take_accepted(struct net *net, const struct net_handler *handler,
                          const struct event *event, struct text bytes)
{
    (void)net;
    struct peer peer;
    memcpy(&peer, bytes.at, sizeof peer);
    handler->accepted(handler->context, &peer, (enum close_reason)event->detail);
}

static void take_opened(struct net *net, const struct net_handler *handler,
                        const struct event *event, struct text bytes)
{
    struct peer peer;
    memcpy(&peer, bytes.at, sizeof peer);
    // The certificate stands behind it, with its NUL.
    peer.certificate = bytes.len > sizeof peer ? (char *)bytes.at + sizeof peer : NULL;
    handle_revive(net, event->handle);
    handler->opened(handler->context, event->handle, &peer, (enum wire_protocol)event->detail);
}

static void take_line(struct net *net, const struct net_handler *handler, const struct event *event,
                      struct text bytes)
{
    (void)net;
    handler->line(handler->context, event->handle, bytes, (enum line_end)event->detail);
}

static void take_ended(struct net *net, const struct net_handler *handler,
                       const struct event *event, struct text bytes)
{
    (void)bytes;
    if (event->detail != CLOSE_EOF) {
        net->alive[event->handle.index] = 0;
    }
    handler->ended(handler->context, event->handle, (enum close_reason)event->detail);
}

static void take_drained(struct net *net, const struct net_handler *handler,
                         const struct event *event, struct text bytes)
{
    (void)net, (void)bytes;
    handler->drained(handler->context, event->handle);
}

static void take_lagged(struct net *net, const struct net_handler *handler,
                        const struct event *event, struct text bytes)
{
    (void)net, (void)bytes;
    handler->lagged(handler->context, event->handle, event->detail, event->from_line);
}

static void take_status(struct net *net, const struct net_handler *handler,
                        const struct event *event, struct text bytes)
{
    (void)net;
    struct net_status status;
    memcpy(&status, bytes.at, sizeof status);
    handler->status(handler->context, event->handle, &status);
}

static const struct {
    take_event *take;
    bool has_bytes;
    bool has_handle; // of a connection that the owner knows
} events[EVENT_KIND_COUNT] = {
    [EVENT_ACCEPTED] = {take_accepted, true, false}, [EVENT_OPENED] = {take_opened, true, false},
    [EVENT_LINE] = {take_line, true, true},          [EVENT_ENDED] = {take_ended, false, true},
    [EVENT_DRAINED] = {take_drained, false, true},   [EVENT_LAGGED] = {take_lagged, false, true},
    [EVENT_STATUS] = {take_status, true, true},
};

static void take_one(struct net *net, const struct net_handler *handler, const struct batch *batch,
                     const struct event *event)
{
    must(event->kind < EVENT_KIND_COUNT);
    bool has_bytes = events[event->kind].has_bytes;
    if (events[event->kind].has_handle && !net_is_alive(net, event->handle)) {
        return; // the owner has closed it meanwhile
    }
    struct text bytes = has_bytes ? batch_text(batch, event->bytes) : TEXT("");
    events[event->kind].take(net, handler, event, bytes);
}

static void take_batch(struct net *net, const struct net_handler *handler,
                       const struct batch *batch)
{
    const struct event *list = (const struct event *)(const void *)batch->items.at;
    for (size_t i = 0; i < batch->items.len / sizeof *list; i++) {
        take_one(net, handler, batch, &list[i]);
    }
}

void net_take(struct net *net, const struct net_handler *handler)
{
    for (uint32_t i = 0; i < net->thread_count; i++) {
        struct batch *batch = queue_take(&net->threads[i].events);
        while (batch) {
            struct batch *next = batch->next;
            take_batch(net, handler, batch);
            queue_give_back(&net->threads[i].events, batch);
            batch = next;
        }
    }
}
