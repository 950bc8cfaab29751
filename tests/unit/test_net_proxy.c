// PROXY headers, and limits per address: on loopback only they bring another address.
#include "support/net_rig.h"
#include "support/test.h"

#include <unistd.h>

static struct net_trust *loopback(void)
{
    struct net_trust *trust = net_trust_create();
    check(net_trust_add(trust, TEXT("127.0.0.0/8")));
    return trust;
}

static void start_behind_proxy(struct rig *r, const char *protocol)
{
    struct net_trust *proxies = loopback();
    r->config.proxy_from = proxies;
    rig_start(r, protocol);
    net_trust_destroy(proxies);
    r->config.proxy_from = NULL;
    r->proxied = true;
}

static void a_proxy_header_gives_the_real_address(void)
{
    static const char header[] = "PROXY TCP4 192.0.2.7 192.0.2.1 4711 5000\r\n";
    for (size_t at = 0; at < sizeof header; at += 3) {
        struct rig r;
        rig_init(&r);
        start_behind_proxy(&r, "any");
        int client = rig_connect(&r);
        rig_expect_connections(&r, 1);
        client_send_bytes(client, (struct text){header, at});
        rig_sync(&r);
        client_send(client, header + at);
        client_send(client, "Ann\nhello\n");
        rig_expect(&r, "opened 0 plain");
        check_text(text_of(r.peer.address), "192.0.2.7");
        check(r.peer.port == 4711 && !r.peer.loopback);
        rig_expect(&r, "line 0 whole Ann");
        rig_expect(&r, "line 0 whole hello");
        close(client);
        rig_finish(&r);
    }
}

static void a_second_version_header_is_read_on_a_pinned_listener(void)
{
    static const char header[] = "\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24"
                                 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
                                 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x12\x67\x13\x88";
    struct rig r;
    rig_init(&r);
    start_behind_proxy(&r, "relay");
    int client = rig_connect(&r);
    client_send_bytes(client, (struct text){header, sizeof header - 1});
    rig_expect(&r, "opened 0 relay");
    check_text(text_of(r.peer.address), "2001:db8::7");
    check_number(r.peer.port, 4711);
    close(client);
    rig_finish(&r);
}

static void without_a_header_the_proxy_itself_is_the_peer(void)
{
    struct rig r;
    rig_init(&r);
    start_behind_proxy(&r, "any");
    int client = rig_connect(&r);
    client_send(client, "PROXima\n");
    rig_expect(&r, "opened 0 plain");
    check_text(text_of(r.peer.address), "127.0.0.1");
    rig_expect(&r, "line 0 whole PROXima");
    int pausing = rig_connect(&r);
    client_send(pausing, "PRO");
    rig_expect(&r, "opened 1 plain");
    rig_expect(&r, "line 1 paused PRO");
    close(client), close(pausing);
    rig_finish(&r);
}

static void a_broken_header_is_refused(void)
{
    struct rig r;
    rig_init(&r);
    start_behind_proxy(&r, "any");
    int client = rig_connect(&r);
    client_send(client, "PROXY TCP4 nonsense\r\nAnn\n");
    client_expect(client, "bye undecided proxy_bad\n");
    client_expect_end(client);
    rig_expect_refused(&r, 1, CLOSE_PROXY_BAD);
    close(client);
    rig_finish(&r);
}

static void others_may_not_say_who_they_are(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "any");
    int client = rig_connect(&r);
    client_send(client, "PROXY TCP4 192.0.2.7 192.0.2.1 4711 5000\r\n");
    rig_expect(&r, "opened 0 plain");
    check_text(text_of(r.peer.address), "127.0.0.1");
    close(client);
    rig_finish(&r);
}

static int connect_from(struct rig *r, const char *address)
{
    char header[128];
    int client = rig_connect(r);
    snprintf(header, sizeof header, "PROXY TCP4 %s 192.0.2.1 4711 5000\r\n", address);
    client_send(client, header);
    return client;
}

static void one_address_has_so_many_connections(void)
{
    struct rig r;
    rig_init(&r);
    r.config.limits.connections_per_address = 2;
    start_behind_proxy(&r, "relay");
    int first = connect_from(&r, "192.0.2.7");
    rig_expect(&r, "opened 0 relay");
    int second = connect_from(&r, "192.0.2.7");
    rig_expect(&r, "opened 1 relay");
    int third = connect_from(&r, "192.0.2.7");
    client_expect(third, "bye relay too_many\n");
    client_expect_end(third);
    rig_expect_refused(&r, 1, CLOSE_TOO_MANY);
    int other = connect_from(&r, "192.0.2.8");
    rig_expect(&r, "opened 2 relay");
    close(third);
    client_reset(first);
    rig_expect(&r, "ended 0 lost");
    rig_expect_connections(&r, 2);
    int again = connect_from(&r, "192.0.2.7");
    rig_expect(&r, "opened 3 relay");
    close(second), close(other), close(again);
    rig_finish(&r);
}

static void new_connections_of_an_address_come_at_a_rate(void)
{
    struct rig r;
    rig_init(&r);
    r.config.limits.connects_burst = 2;
    r.config.limits.connects_per_s = 0;
    start_behind_proxy(&r, "relay");
    int clients[3];
    for (int i = 0; i < 3; i++) {
        clients[i] = connect_from(&r, "192.0.2.7");
    }
    client_expect(clients[2], "bye relay too_fast\n");
    client_expect_end(clients[2]);
    rig_expect_refused(&r, 1, CLOSE_TOO_FAST);
    for (int i = 0; i < 3; i++) {
        close(clients[i]);
    }
    rig_finish(&r);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_proxy_header_gives_the_real_address);
    TEST(a_second_version_header_is_read_on_a_pinned_listener);
    TEST(without_a_header_the_proxy_itself_is_the_peer);
    TEST(a_broken_header_is_refused);
    TEST(others_may_not_say_who_they_are);
    TEST(one_address_has_so_many_connections);
    TEST(new_connections_of_an_address_come_at_a_rate);
    return test_end();
}
