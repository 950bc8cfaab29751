#include "base/must.h"
#include "net/net_state.h"

struct net *net_create(const struct net_config *config)
{
    must(config->io_threads > 0);
    struct net *net = mem_alloc(sizeof *net);
    net->settings = settings_create(config);
    net->thread_count = config->io_threads;
    net->addresses = addresses_create();
    net->threads = mem_array(net->thread_count, sizeof *net->threads);
    net->said = mem_array(net->thread_count, sizeof *net->said);
    for (uint32_t i = 0; i < net->thread_count; i++) {
        io_thread_init(&net->threads[i], net, i, net->settings);
        net->said[i] = batch_create();
    }
    return net;
}

int net_listen(struct net *net, const struct listen_uri *uri)
{
    must(!net->started);
    struct listener *created;
    int error = listener_create(net, uri, &created);
    if (error) {
        return error;
    }
    struct listener **last = &net->listeners;
    while (*last) {
        last = &(*last)->next;
    }
    *last = created;
    return 0;
}

uint16_t net_listening_port(const struct net *net, size_t listener)
{
    const struct listener *l = net->listeners;
    while (l && listener > 0) {
        l = l->next;
        listener--;
    }
    return l ? l->uri.port : 0;
}

void net_start(struct net *net)
{
    must(!net->started);
    net->started = true;
    listeners_start(net);
    for (uint32_t i = 0; i < net->thread_count; i++) {
        io_thread_start(&net->threads[i]);
    }
}

static void net_say(struct net *net, uint32_t thread, const struct command *command)
{
    batch_add(net->said[thread], command, sizeof *command);
}

void net_configure(struct net *net, const struct net_config *config)
{
    settings_unref(net->settings);
    net->settings = settings_create(config);
    for (uint32_t i = 0; i < net->thread_count; i++) {
        net_say(
            net, i,
            &(struct command){.kind = COMMAND_CONFIGURE, .settings = settings_ref(net->settings)});
    }
    net_publish(net);
}

void net_stop_listening(struct net *net)
{
    net_say(net, 0, &(struct command){.kind = COMMAND_STOP_LISTENING});
    net_publish(net);
}

void net_destroy(struct net *net)
{
    if (!net) {
        return;
    }
    for (uint32_t i = 0; i < net->thread_count; i++) {
        net_say(net, i, &(struct command){.kind = COMMAND_STOP});
    }
    net_publish(net);
    for (uint32_t i = 0; i < net->thread_count; i++) {
        io_thread_join(&net->threads[i]);
    }
    for (uint32_t i = 0; i < net->thread_count; i++) {
        io_thread_finish(&net->threads[i]);
        batch_destroy(net->said[i]);
    }
    while (net->listeners) {
        struct listener *next = net->listeners->next;
        listener_destroy(net->listeners);
        net->listeners = next;
    }
    batch_destroy(net->acceptance.handed);
    addresses_destroy(net->addresses);
    settings_unref(net->settings);
    free(net->alive);
    free(net->said);
    free(net->threads);
    free(net);
}

size_t net_connections(const struct net *net)
{
    return atomic_load(&net->connections);
}

void net_publish(struct net *net)
{
    for (uint32_t i = 0; i < net->thread_count; i++) {
        if (queue_put(&net->threads[i].commands, &net->said[i])) {
            io_thread_wake(&net->threads[i]);
        }
    }
}

bool net_is_alive(const struct net *net, struct handle handle)
{
    return handle.index < net->alive_size && handle.generation != 0 &&
           net->alive[handle.index] == handle.generation;
}

// Says it to the connection's thread, if the owner may still name the connection.
static void conn_say(struct net *net, struct handle handle, struct command command)
{
    if (net_is_alive(net, handle)) {
        command.handle = handle;
        net_say(net, handle.index % net->thread_count, &command);
    }
}

void net_reply(struct net *net, struct handle handle, struct text bytes)
{
    struct command command = {.kind = COMMAND_REPLY};
    if (bytes.len && net_is_alive(net, handle)) {
        command.bytes =
            batch_add_bytes(net->said[handle.index % net->thread_count], bytes.at, bytes.len);
        conn_say(net, handle, command);
    }
}

void net_subscribe(struct net *net, struct handle handle, uint32_t feed, uint32_t user,
                   uint32_t session)
{
    conn_say(net, handle,
             (struct command){.kind = COMMAND_SUBSCRIBE, .member = {feed, user, session}});
}

void net_unsubscribe(struct net *net, struct handle handle, uint32_t feed)
{
    conn_say(net, handle, (struct command){.kind = COMMAND_UNSUBSCRIBE, .member = {.feed = feed}});
}

void net_ignore(struct net *net, struct handle handle, uint32_t user, bool ignored)
{
    conn_say(net, handle, (struct command){.kind = COMMAND_IGNORE, .ignore = {user, ignored}});
}

void net_named(struct net *net, struct handle handle)
{
    conn_say(net, handle, (struct command){.kind = COMMAND_NAMED});
}

void net_registered(struct net *net, struct handle handle, bool registered)
{
    conn_say(net, handle, (struct command){.kind = COMMAND_REGISTERED, .registered = registered});
}

void net_credit(struct net *net, struct handle handle, uint32_t lines)
{
    conn_say(net, handle, (struct command){.kind = COMMAND_CREDIT, .lines = lines});
}

void net_watch(struct net *net, struct handle handle)
{
    conn_say(net, handle, (struct command){.kind = COMMAND_WATCH});
}

void net_close(struct net *net, struct handle handle, enum close_reason reason)
{
    conn_say(net, handle, (struct command){.kind = COMMAND_CLOSE, .reason = reason});
    if (net_is_alive(net, handle)) {
        net->alive[handle.index] = 0;
    }
}

void net_ask_status(struct net *net)
{
    for (uint32_t i = 0; i < net->thread_count; i++) {
        net_say(net, i, &(struct command){.kind = COMMAND_ASK_STATUS});
    }
}

void net_append(struct net *net, uint32_t feed, struct segment *segment)
{
    for (uint32_t i = 0; i < net->thread_count; i++) {
        struct segment *own = i + 1 < net->thread_count ? segment_ref(segment) : segment;
        net_say(net, i, &(struct command){.kind = COMMAND_APPEND, .append = {own, feed}});
    }
}
