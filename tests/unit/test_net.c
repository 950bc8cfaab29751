#include "support/net_rig.h"
#include "support/test.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static void a_plain_line_comes_and_a_reply_goes(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "any");
    int client = rig_connect(&r);
    client_send(client, "Ann\r\nhello\n");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    rig_expect(&r, "line 0 whole hello");
    check_number(r.accepted, 1);
    check_text(text_of(r.peer.address), "127.0.0.1");
    check(r.peer.loopback && !r.peer.unlimited && r.peer.port != 0);
    check_number(r.peer.listener_port, net_listening_port(r.net, 0));
    rig_reply(&r, 0, "Welcome, Ann!\n");
    client_expect(client, "Welcome, Ann!\n");
    net_close(r.net, r.handles[0], CLOSE_QUIT);
    net_publish(r.net);
    client_expect_end(client);
    close(client);
    rig_expect_connections(&r, 0);
    rig_finish(&r);
}

static void members_get_what_is_appended_but_not_their_own(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "relay");
    int clients[3];
    for (uint32_t i = 0; i < 3; i++) {
        char opened[32];
        clients[i] = rig_connect(&r);
        snprintf(opened, sizeof opened, "opened %u relay", i);
        rig_expect(&r, opened);
        net_subscribe(r.net, r.handles[i], 7, 0, i + 1);
    }
    rig_append(&r, 7, "one\n", 1, 0);
    rig_append(&r, 8, "of another feed\n", 0, 0);
    rig_append(&r, 7, "two\n", 2, 1);
    net_publish(r.net);
    client_expect(clients[0], "two\n");
    client_expect(clients[1], "one\n");
    client_expect(clients[2], "one\ntwo\n");
    net_unsubscribe(r.net, r.handles[2], 7);
    rig_append(&r, 7, "three\n", 0, 2);
    net_close(r.net, r.handles[0], CLOSE_QUIT);
    rig_append(&r, 7, "four\n", 0, 3);
    rig_reply(&r, 2, "end\n");
    client_expect(clients[0], "three\n");
    client_expect_end(clients[0]);
    client_expect(clients[1], "three\nfour\n");
    client_expect(clients[2], "end\n");
    for (int i = 0; i < 3; i++) {
        close(clients[i]);
    }
    rig_expect(&r, "ended 1 eof");
    rig_expect(&r, "ended 2 eof");
    rig_finish(&r);
}

static void after_a_fin_the_lines_and_the_answer_still_pass(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "any");
    int client = rig_connect(&r);
    client_send(client, "Ann\nlast words");
    shutdown(client, SHUT_WR);
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    rig_expect(&r, "line 0 whole last words");
    rig_expect(&r, "ended 0 eof");
    rig_reply(&r, 0, "so long\n");
    net_close(r.net, r.handles[0], CLOSE_EOF);
    net_publish(r.net);
    client_expect(client, "so long\n");
    client_expect_end(client);
    close(client);
    rig_expect_connections(&r, 0);
    rig_finish(&r);
}

static void a_reset_is_told_after_the_lines_before_it(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "any");
    int client = rig_connect(&r);
    client_send(client, "Ann\n");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    client_send(client, "one\ntwo\n");
    client_reset(client);
    rig_expect(&r, "line 0 whole one");
    rig_expect(&r, "line 0 whole two");
    rig_expect(&r, "ended 0 lost");
    rig_expect_connections(&r, 0);
    rig_reply(&r, 0, "to nobody\n");
    rig_finish(&r);
}

static void f13_who_has_closed_before_we_answer_is_still_heard_out(void)
{
    struct rig r;
    rig_init(&r);
    r.config.limits.lines_burst = 3;
    r.config.limits.lines_per_s = 50;
    r.config.limits.linger_ms = 10;
    rig_start(&r, "relay");
    int client = rig_connect(&r);
    client_send(client, "0\n1\n2\n3\n4\n5\n6\n7\nlast words");
    close(client);
    rig_expect(&r, "opened 0 relay");
    for (int digit = '0'; digit < '8'; digit++) {
        char told[] = "line 0 whole ?";
        told[sizeof told - 2] = (char)digit;
        rig_expect(&r, told);
        // Nobody reads this: the answer is a RST.
        rig_reply(&r, 0, "an answer\n");
    }
    rig_expect(&r, "line 0 whole last words");
    rig_expect(&r, "ended 0 lost");
    rig_expect_connections(&r, 0);
    rig_finish(&r);
}

static void f13_ends_at_random_bytes_leave_nothing_behind(void)
{
    static const char talk[] = "Ann\nhello\nhow are you?\nbye";
    struct rig r;
    rig_init(&r);
    r.config.io_threads = 2;
    rig_start(&r, "any");
    for (int i = 0; i < 500; i++) {
        int client = rig_connect(&r);
        client_send_bytes(client, (struct text){talk, test_random(sizeof talk)});
        if (test_random(2)) {
            client_reset(client);
        } else {
            close(client);
        }
        rig_take(&r);
        net_subscribe(r.net, r.handles[r.conns ? r.conns - 1 : 0], 1, 0, 1);
        rig_append(&r, 1, "an event\n", 0, 0);
        rig_reply(&r, r.conns ? r.conns - 1 : 0, "an answer\n");
    }
    while (net_connections(r.net) > 0) {
        struct pollfd one = {r.woken, POLLIN, 0};
        for (uint32_t i = 0; i < r.conns; i++) {
            rig_close(&r, i);
        }
        poll(&one, 1, 5);
        rig_take(&r);
    }
    rig_finish(&r);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_plain_line_comes_and_a_reply_goes);
    TEST(members_get_what_is_appended_but_not_their_own);
    TEST(after_a_fin_the_lines_and_the_answer_still_pass);
    TEST(a_reset_is_told_after_the_lines_before_it);
    TEST(f13_who_has_closed_before_we_answer_is_still_heard_out);
    TEST(f13_ends_at_random_bytes_leave_nothing_behind);
    return test_end();
}
