#include "support/net_rig.h"

#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void on_wake(void *context)
{
    struct rig *r = context;
    uint64_t one = 1;
    (void)!write(r->woken, &one, sizeof one);
}

static void farewell(enum wire_protocol protocol, enum close_reason reason, struct buf *out)
{
    buf_printf(out, "bye %s %s\n", wire_protocol_name(protocol), close_reason_word(reason));
}

void rig_init(struct rig *r)
{
    *r = (struct rig){.woken = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .credits = true};
    buf_init(&r->told, SIZE_MAX / 4);
    r->config = (struct net_config){
        .io_threads = 1,
        .limits = {.first_byte_decided_ms = 60000,
                   .name_ms = 60000,
                   .opening_bytes = 1 << 20,
                   .undecided_bytes = 16384,
                   .line_bytes = 4096,
                   .endless_bytes = 1 << 20,
                   .connections_per_address = 100000,
                   .connects_burst = 100000,
                   .connects_per_s = 100000,
                   .lines_burst = 100000,
                   .lines_per_s = 100000,
                   .line_bytes_burst = 1 << 24,
                   .line_bytes_per_s = 1 << 24,
                   .account_rate = 4,
                   .backlog_bytes = 1 << 20,
                   .backlog_ms = 60000,
                   .reply_bytes = 512 << 10,
                   .send_buffer_bytes = 64 << 10,
                   .vanished_ms = 120000,
                   .linger_ms = 5000},
        .farewell = farewell,
        .served = 1u << WIRE_PLAIN | 1u << WIRE_RELAY,
        .wake = on_wake,
        .wake_context = r,
    };
}

void rig_start(struct rig *r, const char *protocol)
{
    char uri[64];
    const char *why = "";
    struct listen_uri parsed;
    snprintf(uri, sizeof uri, "%s://127.0.0.1:0", protocol);
    check(listen_uri_parse(text_of(uri), &parsed, &why));
    r->net = net_create(&r->config);
    check_number(net_listen(r->net, &parsed), 0);
    net_start(r->net);
}

void rig_finish(struct rig *r)
{
    net_destroy(r->net);
    buf_finish(&r->told);
    close(r->woken);
}

int rig_connect(struct rig *r)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(net_listening_port(r->net, 0)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(client >= 0);
    check(connect(client, (struct sockaddr *)&to, sizeof to) == 0);
    return client;
}

static uint32_t number_of(const struct rig *r, struct handle h)
{
    for (uint32_t i = r->conns; i-- > 0;) {
        if (r->handles[i].index == h.index && r->handles[i].generation == h.generation) {
            return i;
        }
    }
    test_fail(__FILE__, __LINE__, "told of a connection that never opened");
}

static void on_opened(void *context, struct handle h, const struct peer *peer,
                      enum wire_protocol protocol)
{
    struct rig *r = context;
    check(r->conns < RIG_CONNS);
    r->handles[r->conns] = h;
    r->peer = *peer;
    snprintf(r->certificate, sizeof r->certificate, "%s",
             peer->certificate ? peer->certificate : "");
    r->peer.certificate = r->certificate;
    buf_printf(&r->told, "opened %u %s\n", r->conns++, wire_protocol_name(protocol));
}

static void on_line(void *context, struct handle h, struct text line, enum line_end end)
{
    static const char *const ends[] = {"whole", "paused", "too-long"};
    struct rig *r = context;
    buf_printf(&r->told, "line %u %s %.*s\n", number_of(r, h), ends[end], TEXT_ARG(line));
    if (r->credits) {
        net_credit(r->net, h, 1);
    }
}

static void on_ended(void *context, struct handle h, enum close_reason reason)
{
    struct rig *r = context;
    buf_printf(&r->told, "ended %u %s\n", number_of(r, h), close_reason_word(reason));
}

static void on_drained(void *context, struct handle h)
{
    struct rig *r = context;
    buf_printf(&r->told, "drained %u\n", number_of(r, h));
}

static void on_lagged(void *context, struct handle h, uint32_t feed, uint64_t from_line)
{
    struct rig *r = context;
    buf_printf(&r->told, "lagged %u %u %llu\n", number_of(r, h), feed,
               (unsigned long long)from_line);
}

static void on_status(void *context, struct handle h, const struct net_status *status)
{
    struct rig *r = context;
    r->status = *status;
    buf_printf(&r->told, "status %u %s\n", number_of(r, h), wire_protocol_name(status->protocol));
}

static void on_accepted(void *context, const struct peer *peer, enum close_reason reason)
{
    struct rig *r = context;
    (void)peer;
    r->accepted += reason == CLOSE_REASON_COUNT;
    r->refused += reason != CLOSE_REASON_COUNT;
    if (reason != CLOSE_REASON_COUNT) {
        r->refusal = reason;
    }
}

void rig_take(struct rig *r)
{
    const struct net_handler handler = {.context = r,
                                        .opened = on_opened,
                                        .line = on_line,
                                        .ended = on_ended,
                                        .drained = on_drained,
                                        .lagged = on_lagged,
                                        .status = on_status,
                                        .accepted = on_accepted};
    uint64_t count;
    (void)!read(r->woken, &count, sizeof count);
    net_take(r->net, &handler);
    net_publish(r->net);
}

static void wait_for(int descriptor, const char *what)
{
    struct pollfd one = {descriptor, POLLIN, 0};
    if (poll(&one, 1, RIG_WAIT_MS) != 1) {
        test_fail(__FILE__, __LINE__, "waited in vain for \"%s\"", what);
    }
}

// The next line that was told, which stays unread.
static struct text next_line(struct rig *r, const char *expected)
{
    rig_take(r);
    struct text told = text_skip(buf_text(&r->told), r->read);
    while (told.len == 0) {
        wait_for(r->woken, expected);
        rig_take(r);
        told = text_skip(buf_text(&r->told), r->read);
    }
    return text_head(told, text_find(told, '\n'));
}

void rig_expect(struct rig *r, const char *expected)
{
    struct text line = next_line(r, expected);
    check_text(line, expected);
    r->read += line.len + 1;
}

void rig_expect_past(struct rig *r, const char *passed, const char *expected)
{
    struct text line = next_line(r, expected);
    while (text_equal(line, text_of(passed))) {
        r->read += line.len + 1;
        line = next_line(r, expected);
    }
    rig_expect(r, expected);
}

void rig_expect_silence(struct rig *r, int ms)
{
    struct pollfd one = {r->woken, POLLIN, 0};
    rig_take(r);
    poll(&one, 1, ms);
    rig_take(r);
    check_text(text_skip(buf_text(&r->told), r->read), "");
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void rig_sync(struct rig *r)
{
    // A turn reads everything that is there when it accepts this one.
    unsigned accepted = r->accepted;
    size_t count = net_connections(r->net);
    int probe = rig_connect(r);
    if (r->proxied) {
        // Nothing is told of it before it has said for whom it comes.
        rig_expect_connections(r, count + 1);
    }
    while (!r->proxied && r->accepted == accepted) {
        wait_for(r->woken, "a connection");
        rig_take(r);
    }
    close(probe);
}

void rig_expect_connections(struct rig *r, size_t count)
{
    // The count is no event: it is looked at until it fits.
    for (int64_t end = now_ms() + RIG_WAIT_MS; net_connections(r->net) != count;) {
        struct pollfd one = {r->woken, POLLIN, 0};
        poll(&one, 1, 1);
        rig_take(r);
        if (now_ms() > end) {
            check_number(net_connections(r->net), count);
        }
    }
}

void rig_expect_refused(struct rig *r, unsigned count, enum close_reason reason)
{
    rig_take(r);
    while (r->refused < count) {
        wait_for(r->woken, close_reason_word(reason));
        rig_take(r);
    }
    check_number(r->refused, count);
    check_number(r->refusal, reason);
}

void rig_close(struct rig *r, uint32_t conn)
{
    net_close(r->net, r->handles[conn], CLOSE_QUIT);
    net_publish(r->net);
}

void rig_reply(struct rig *r, uint32_t conn, const char *text)
{
    net_reply(r->net, r->handles[conn], text_of(text));
    net_publish(r->net);
}

void rig_append(struct rig *r, uint32_t feed, const char *line, uint32_t session, uint64_t number)
{
    struct segment_line index = {.session = session};
    net_append(r->net, feed, segment_create(text_of(line), &index, 1, number));
}

size_t sanitizer_bytes(void) __asm__("__sanitizer_get_current_allocated_bytes")
    __attribute__((weak));

size_t rig_memory(void)
{
    // A sanitizer has an allocator of its own, of which mallinfo2() knows nothing.
    return sanitizer_bytes ? sanitizer_bytes() : mallinfo2().uordblks;
}

void client_send_bytes(int client, struct text bytes)
{
    while (bytes.len) {
        ssize_t sent = send(client, bytes.at, bytes.len, MSG_NOSIGNAL);
        check(sent > 0);
        bytes = text_skip(bytes, (size_t)sent);
    }
}

void client_send(int client, const char *text)
{
    client_send_bytes(client, text_of(text));
}

void client_expect(int client, const char *expected)
{
    char got[65536];
    size_t len = 0;
    size_t wanted = strlen(expected);
    check(wanted <= sizeof got);
    while (len < wanted) {
        wait_for(client, expected);
        ssize_t count = recv(client, got + len, wanted - len, 0);
        if (count <= 0) {
            test_fail(__FILE__, __LINE__, "the end came instead of \"%s\" after \"%.*s\"", expected,
                      (int)len, got);
        }
        len += (size_t)count;
    }
    check_text(((struct text){got, len}), expected);
}

void client_expect_unit(int client, const char *expected)
{
    char got[65536];
    wait_for(client, expected);
    ssize_t len = recv(client, got, sizeof got, 0);
    check(len >= 0);
    check_text(((struct text){got, (size_t)len}), expected);
}

void client_expect_end(int client)
{
    char got[256];
    wait_for(client, "the end");
    ssize_t len = recv(client, got, sizeof got, 0);
    check_text(((struct text){got, len > 0 ? (size_t)len : 0}), "");
}

void client_reset(int client)
{
    struct linger linger = {1, 0};
    setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(client);
}
