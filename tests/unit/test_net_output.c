// What goes out: order, slow readers, peers that send by pausing, the end.
#include "support/net_rig.h"
#include "support/test.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FEED = 3, LINE_BYTES = 1000 };

static int relay_client(struct rig *r)
{
    char told[32];
    int client = rig_connect(r);
    snprintf(told, sizeof told, "opened %u relay", r->conns);
    rig_expect(r, told);
    return client;
}

static void numbered_line(char *line, unsigned number)
{
    int len = snprintf(line, LINE_BYTES + 1, "%u ", number);
    memset(line + len, 'x', LINE_BYTES - (size_t)len - 1);
    line[LINE_BYTES - 1] = '\n';
    line[LINE_BYTES] = '\0';
}

static void replies_and_feeds_keep_their_order(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "relay");
    int client = relay_client(&r);
    rig_append(&r, FEED, "too early\n", 0, 0);
    rig_reply(&r, 0, "a\n");
    net_subscribe(r.net, r.handles[0], FEED, 0, 1);
    rig_append(&r, FEED, "b\n", 0, 1);
    net_reply(r.net, r.handles[0], TEXT("c\n"));
    rig_append(&r, FEED, "mine\n", 1, 2);
    rig_append(&r, FEED, "d\n", 2, 3);
    net_reply(r.net, r.handles[0], TEXT("e\n"));
    net_unsubscribe(r.net, r.handles[0], FEED);
    rig_append(&r, FEED, "too late\n", 0, 4);
    net_reply(r.net, r.handles[0], TEXT("f\n"));
    net_watch(r.net, r.handles[0]);
    net_publish(r.net);
    client_expect(client, "a\nb\nc\nd\ne\nf\n");
    rig_expect(&r, "drained 0");
    close(client);
    rig_expect(&r, "ended 0 eof");
    rig_finish(&r);
}

static void ignored_users_and_told_once_are_left_out(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "relay");
    int client = relay_client(&r);
    net_subscribe(r.net, r.handles[0], 1, 0, 1);
    net_subscribe(r.net, r.handles[0], 2, 0, 1);
    net_ignore(r.net, r.handles[0], 9, true);
    const struct segment_line lines[] = {{.at = 0, .user = 9}, {.at = 8, .user = 8}};
    net_append(r.net, 1, segment_create(TEXT("ignored\nheard\n"), lines, 2, 0));
    const struct segment_line once = {.once = 5};
    net_append(r.net, 1, segment_create(TEXT("quit\n"), &once, 1, 2));
    net_append(r.net, 2, segment_create(TEXT("quit\n"), &once, 1, 0));
    net_publish(r.net);
    net_ignore(r.net, r.handles[0], 9, false);
    net_append(r.net, 1, segment_create(TEXT("no more\n"), lines, 1, 3));
    net_publish(r.net);
    client_expect(client, "heard\nquit\nno more\n");
    close(client);
    rig_expect(&r, "ended 0 eof");
    rig_finish(&r);
}

static unsigned data_segments(int client)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    check(getsockopt(client, IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
    return info.tcpi_data_segs_in;
}

static void all_that_one_turn_said_is_one_send(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "relay");
    int client = relay_client(&r);
    for (uint32_t feed = 1; feed <= 5; feed++) {
        net_subscribe(r.net, r.handles[0], feed, 0, 1);
    }
    for (uint32_t i = 0; i < 20; i++) {
        rig_append(&r, 1 + i % 5, "a line\n", 1 + i % 2, i);
    }
    rig_reply(&r, 0, "end\n");
    for (int i = 0; i < 10; i++) {
        client_expect(client, "a line\n");
    }
    client_expect(client, "end\n");
    check_number(data_segments(client), 1);
    close(client);
    rig_finish(&r);
}

// Reads lines of numbered_line() from `from` on until `wanted` bytes have come.
static unsigned read_numbered(int client, unsigned from, unsigned until)
{
    char expected[LINE_BYTES + 1];
    for (; from < until; from++) {
        numbered_line(expected, from);
        client_expect(client, expected);
    }
    return from;
}

static void a_slow_reader_is_told_what_it_missed(void)
{
    struct rig r;
    char line[LINE_BYTES + 1];
    unsigned missed = 0;
    rig_init(&r);
    r.config.limits.backlog_bytes = 50 * LINE_BYTES;
    r.config.limits.send_buffer_bytes = 4096;
    rig_start(&r, "relay");
    int slow = relay_client(&r);
    int quick = relay_client(&r);
    net_subscribe(r.net, r.handles[0], FEED, 0, 1);
    net_subscribe(r.net, r.handles[1], FEED, 0, 2);
    for (unsigned i = 0; missed == 0 && i < 20000; i++) {
        numbered_line(line, i);
        rig_append(&r, FEED, line, 0, i);
        rig_reply(&r, 1, "");
        net_publish(r.net);
        read_numbered(quick, i, i + 1);
        rig_take(&r);
        sscanf(r.told.at + r.read, "lagged 0 3 %u", &missed);
    }
    check(missed > 0);
    snprintf(line, sizeof line, "lagged 0 3 %u", missed);
    rig_expect(&r, line);
    // It reads again: whole lines up to the gap, and what is said from then on.
    read_numbered(slow, 0, missed);
    rig_expect(&r, "drained 0");
    net_subscribe(r.net, r.handles[0], FEED, 0, 1);
    rig_append(&r, FEED, "after the gap\n", 0, 100000);
    net_publish(r.net);
    client_expect(slow, "after the gap\n");
    rig_expect_silence(&r, 10);
    close(slow);
    close(quick);
    rig_finish(&r);
}

static void a_slow_reader_may_wait_only_so_long(void)
{
    struct rig r;
    char line[LINE_BYTES + 1];
    rig_init(&r);
    r.config.limits.backlog_ms = 50;
    r.config.limits.backlog_bytes = 1 << 30;
    r.config.limits.send_buffer_bytes = 4096;
    rig_start(&r, "relay");
    int slow = relay_client(&r);
    net_subscribe(r.net, r.handles[0], FEED, 0, 1);
    for (unsigned i = 0; i < 9000; i++) {
        numbered_line(line, i);
        rig_append(&r, FEED, line, 0, i);
    }
    net_publish(r.net);
    while (r.told.len == r.read) {
        struct pollfd one = {r.woken, POLLIN, 0};
        check_number(poll(&one, 1, RIG_WAIT_MS), 1);
        rig_take(&r);
    }
    check(text_starts(text_skip(buf_text(&r.told), r.read), TEXT("lagged 0 3 ")));
    close(slow);
    rig_finish(&r);
}

static void too_many_replies_unread_end_the_connection(void)
{
    struct rig r;
    char line[LINE_BYTES + 1];
    rig_init(&r);
    r.config.limits.reply_bytes = 20 * LINE_BYTES;
    r.config.limits.send_buffer_bytes = 4096;
    rig_start(&r, "relay");
    int client = relay_client(&r);
    unsigned sent = 0;
    while (rig_take(&r), r.told.len == r.read) {
        check(sent < 20000);
        numbered_line(line, sent++);
        rig_reply(&r, 0, line);
    }
    rig_expect(&r, "ended 0 slow");
    // What had been sent in part is completed, and the reason follows.
    unsigned read = 0;
    char got;
    while (recv(client, &got, 1, MSG_PEEK) == 1 && got != 'b') {
        check(read < sent);
        read = read_numbered(client, read, read + 1);
    }
    client_expect(client, "bye relay slow\n");
    client_expect_end(client);
    check(read < sent);
    close(client);
    rig_expect_connections(&r, 0);
    rig_finish(&r);
}

static void a_closing_connection_is_not_waited_for_longer_than_it_lingers(void)
{
    struct rig r;
    char line[LINE_BYTES + 1];
    rig_init(&r);
    r.config.limits.reply_bytes = 1 << 30;
    r.config.limits.linger_ms = 50;
    rig_start(&r, "relay");
    int client = relay_client(&r);
    for (unsigned i = 0; i < 9000; i++) {
        numbered_line(line, i);
        net_reply(r.net, r.handles[0], text_of(line));
    }
    net_publish(r.net);
    rig_close(&r, 0);
    rig_expect_connections(&r, 0);
    close(client);
    rig_finish(&r);
}

static void a_pausing_peer_gets_one_message_a_write(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "relay");
    int client = relay_client(&r);
    net_subscribe(r.net, r.handles[0], FEED, 0, 1);
    rig_append(&r, FEED, "lines before it has spoken\n", 0, 0);
    net_publish(r.net);
    client_expect_unit(client, "lines before it has spoken\n");
    client_send(client, "hello");
    rig_expect(&r, "line 0 paused hello");
    rig_reply(&r, 0, "a block\r\nof two lines\r\n");
    client_expect_unit(client, "a block\r\nof two lines");
    struct pollfd one = {client, POLLIN, 0};
    check_number(poll(&one, 1, 60), 0); // so that the next write does not follow closely
    rig_append(&r, FEED, "alone\n", 0, 1);
    net_publish(r.net);
    client_expect_unit(client, "alone");
    check_number(poll(&one, 1, 60), 0);
    const struct segment_line lines[] = {{.at = 0}, {.at = 4}, {.at = 8}};
    net_append(r.net, FEED, segment_create(TEXT("one\ntwo\nthree\n"), lines, 3, 2));
    net_publish(r.net);
    client_expect(client, "one\ntwo\nthree");
    check_number(poll(&one, 1, 60), 0);
    client_send(client, "now with an end\n");
    rig_expect(&r, "line 0 whole now with an end");
    rig_reply(&r, 0, "and so line by line\n");
    client_expect_unit(client, "and so line by line\n");
    close(client);
    rig_expect(&r, "ended 0 eof");
    rig_finish(&r);
}

static void each_message_to_a_pausing_peer_is_a_write(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "relay");
    int client = relay_client(&r);
    client_send(client, "hello");
    rig_expect(&r, "line 0 paused hello");
    net_reply(r.net, r.handles[0], TEXT("one\n"));
    net_reply(r.net, r.handles[0], TEXT("two\n"));
    net_watch(r.net, r.handles[0]);
    net_publish(r.net);
    rig_expect(&r, "drained 0");
    client_expect(client, "one\ntwo");
    close(client);
    rig_expect(&r, "ended 0 eof");
    rig_finish(&r);
}

static void status_shows_what_waits(void)
{
    struct rig r;
    char line[LINE_BYTES + 1];
    rig_init(&r);
    r.config.limits.backlog_bytes = 1 << 30;
    r.config.limits.reply_bytes = 1 << 30;
    r.config.limits.send_buffer_bytes = 4096;
    rig_start(&r, "relay");
    int client = relay_client(&r);
    net_ask_status(r.net);
    net_publish(r.net);
    rig_expect(&r, "status 0 relay");
    check_number(r.status.lag_bytes + r.status.buffered_bytes, 0);
    net_subscribe(r.net, r.handles[0], FEED, 0, 1);
    for (unsigned i = 0; i < 9000; i++) {
        numbered_line(line, i);
        rig_append(&r, FEED, line, 0, i);
    }
    net_reply(r.net, r.handles[0], TEXT("reply\n"));
    net_publish(r.net);
    net_ask_status(r.net);
    net_publish(r.net);
    rig_expect(&r, "status 0 relay");
    check(r.status.lag_bytes > 0);
    check_number(r.status.buffered_bytes, 6);
    close(client);
    rig_finish(&r);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(replies_and_feeds_keep_their_order);
    TEST(ignored_users_and_told_once_are_left_out);
    TEST(all_that_one_turn_said_is_one_send);
    TEST(a_slow_reader_is_told_what_it_missed);
    TEST(a_slow_reader_may_wait_only_so_long);
    TEST(too_many_replies_unread_end_the_connection);
    TEST(a_closing_connection_is_not_waited_for_longer_than_it_lingers);
    TEST(a_pausing_peer_gets_one_message_a_write);
    TEST(each_message_to_a_pausing_peer_is_a_write);
    TEST(status_shows_what_waits);
    return test_end();
}
