// What comes in: detection, lines, pauses, the window and rates.
#include "support/net_rig.h"
#include "support/test.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t ms_since(struct timespec start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
}

// Sends the head, waits until the server has taken it, then the rest. False if this
// machine was so slow that it may have looked like a pause.
static bool send_split(struct rig *r, int client, struct text all, size_t at)
{
    static const int on = 1;
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    client_send_bytes(client, text_head(all, at));
    rig_sync(r);
    client_send_bytes(client, text_skip(all, at));
    return ms_since(start) < 20;
}

static void a_plain_opening_is_the_same_split_at_any_byte(void)
{
    static const char opening[] = "\xff\xfb\x01"
                                  "Ann B\xc3\xa4r\r\nhello\r\nworld\n";
    for (size_t at = 0; at < sizeof opening; at++) {
        struct rig r;
        rig_init(&r);
        rig_start(&r, "any");
        int client = rig_connect(&r);
        if (!send_split(&r, client, (struct text){opening, sizeof opening - 1}, at)) {
            close(client);
            rig_finish(&r);
            at--;
            continue;
        }
        rig_expect(&r, "opened 0 plain");
        rig_expect(&r, "line 0 whole Ann B\xc3\xa4r");
        rig_expect(&r, "line 0 whole hello");
        rig_expect(&r, "line 0 whole world");
        close(client);
        rig_expect(&r, "ended 0 eof");
        rig_finish(&r);
    }
}

static void check_farewell(const char *opening, size_t at, const char *farewell,
                           enum close_reason reason)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "any");
    int client = rig_connect(&r);
    send_split(&r, client, text_of(opening), at);
    client_expect(client, farewell);
    client_expect_end(client);
    rig_expect_refused(&r, 1, reason);
    check_number(r.conns, 0);
    close(client);
    rig_expect_connections(&r, 0);
    rig_finish(&r);
}

static void a54_protocols_that_are_not_served_get_a_farewell(void)
{
    static const char *const openings[][2] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "bye http unsupported\n"},
        {"NICK ann\r\nUSER a 0 * :a\r\n", "bye irc unsupported\n"},
        {"\x16\x03\x01\x02\x01\x01", "bye tls unsupported\n"}};
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        for (size_t at = 0; at <= strlen(openings[i][0]); at++) {
            check_farewell(openings[i][0], at, openings[i][1], CLOSE_UNSUPPORTED);
        }
    }
}

static void a54_listeners_of_what_is_not_served_let_nobody_in(void)
{
    struct rig r;
    rig_init(&r);
    r.config.served = 1u << WIRE_PLAIN;
    rig_start(&r, "relay");
    int client = rig_connect(&r);
    client_expect(client, "bye relay unsupported\n");
    client_expect_end(client);
    rig_expect_connections(&r, 0);
    rig_take(&r);
    check_number(r.conns, 0);
    close(client);
    rig_finish(&r);
}

static void a54_what_is_no_chat_is_closed_without_a_word(void)
{
    check_farewell("SSH-2.0-OpenSSH_9.2\r\n", 3, "", CLOSE_NOT_CHAT);
    check_farewell("EHLO example.org\r\n", 20, "", CLOSE_NOT_CHAT);
}

static void nothing_is_said_before_the_first_byte(void)
{
    struct rig r;
    rig_init(&r);
    r.config.limits.first_byte_decided_ms = 1;
    rig_start(&r, "any");
    int silent = rig_connect(&r);
    int other = rig_connect(&r);
    client_send(other, "Ann\n");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    struct pollfd one = {silent, POLLIN, 0};
    check_number(poll(&one, 1, 20), 0);
    close(silent);
    close(other);
    rig_expect(&r, "ended 0 eof");
    rig_close(&r, 0);
    rig_expect_connections(&r, 0);
    check_number(r.refused, 0);
    rig_finish(&r);
}

static void a_name_without_a_line_end_is_in_after_a_pause(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "any");
    int client = rig_connect(&r);
    client_send(client, "ann");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 paused ann");
    client_send(client, "first message");
    rig_expect(&r, "line 0 paused first message");
    client_send(client, "second, with an end\n");
    rig_expect(&r, "line 0 whole second, with an end");
    client_send(client, "no end");
    shutdown(client, SHUT_WR);
    rig_expect(&r, "line 0 whole no end");
    rig_expect(&r, "ended 0 eof");
    close(client);
    rig_finish(&r);
}

static void a_person_at_a_terminal_in_character_mode_is_waited_for(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "relay");
    int client = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    for (const char *c = "hello"; *c; c++) {
        client_send_bytes(client, (struct text){c, 1});
        struct pollfd one = {client, POLLIN, 0};
        check_number(poll(&one, 1, 40), 0); // longer than a pause
    }
    client_send(client, "\r\n");
    rig_expect(&r, "line 0 whole hello");
    close(client);
    rig_expect(&r, "ended 0 eof");
    rig_finish(&r);
}

static void telnet_is_told_that_its_interrupt_was_read(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "any");
    int client = rig_connect(&r);
    client_send(client, "\xff\xf4\xff\xfd\x06");
    rig_sync(&r);
    client_send(client, "Ann\r\n");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    client_expect(client, "\xff\xfc\x06");
    // Some mark the place with urgent data: IAC DATA-MARK.
    client_send(client, "ab\xff\xf4");
    check_number(send(client, "\xff\xf2", 2, MSG_OOB), 2);
    client_send(client, "\xff\xfd\x06\xff\xfd\x06"
                        "c\r\n");
    rig_expect(&r, "line 0 whole abc");
    client_expect(client, "\xff\xfc\x06\xff\xfc\x06");
    close(client);
    rig_expect(&r, "ended 0 eof");
    rig_finish(&r);
}

static void a_message_that_lost_its_connection_is_whole_if_the_peer_pauses(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "relay");
    int client = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    client_send(client, "bye");
    client_reset(client);
    rig_expect(&r, "line 0 paused bye");
    rig_expect(&r, "ended 0 lost");
    client = rig_connect(&r);
    rig_expect(&r, "opened 1 relay");
    client_send(client, "a line\nhalf a li");
    client_reset(client);
    rig_expect(&r, "line 1 whole a line");
    rig_expect(&r, "ended 1 lost");
    rig_finish(&r);
}

static void a03_a_line_too_long_is_reported_and_the_connection_lives(void)
{
    static char text[8192];
    struct rig r;
    rig_init(&r);
    r.config.limits.line_bytes = 100;
    rig_start(&r, "any");
    int client = rig_connect(&r);
    client_send(client, "Ann\n");
    memset(text, 'x', 5000);
    client_send(client, text);
    client_send(client, "\nnext\n");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    rig_expect(&r, "line 0 too-long ");
    rig_expect(&r, "line 0 whole next");
    close(client);
    rig_expect(&r, "ended 0 eof");
    rig_finish(&r);
}

static void a03_a_line_without_end_is_given_up(void)
{
    static char text[8193];
    struct rig r;
    rig_init(&r);
    r.config.limits.endless_bytes = 20000;
    rig_start(&r, "any");
    int client = rig_connect(&r);
    client_send(client, "Ann\n");
    memset(text, 'x', 8192);
    for (int i = 0; i < 3; i++) {
        client_send(client, text);
    }
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    rig_expect(&r, "ended 0 line_endless");
    client_expect(client, "bye plain line_endless\n");
    client_expect_end(client);
    close(client);
    rig_expect_connections(&r, 0);
    rig_finish(&r);
}

static void a03_an_opening_without_end_is_given_up(void)
{
    static char text[2049];
    struct rig r;
    rig_init(&r);
    r.config.limits.undecided_bytes = 2048;
    rig_start(&r, "any");
    int client = rig_connect(&r);
    memset(text, 'x', 2048);
    client_send(client, text);
    client_expect(client, "bye undecided opening_too_long\n");
    client_expect_end(client);
    rig_expect_refused(&r, 1, CLOSE_OPENING_TOO_LONG);
    close(client);
    rig_finish(&r);
}

static void a_nameless_peer_may_send_so_much(void)
{
    static char line[1001];
    static char told[1100];
    struct rig r;
    rig_init(&r);
    r.config.limits.opening_bytes = 2000;
    rig_start(&r, "relay");
    memset(line, 'x', 999);
    line[999] = '\n';
    for (unsigned i = 0; i < 2; i++) {
        int client = rig_connect(&r);
        snprintf(told, sizeof told, "opened %u relay", i);
        rig_expect(&r, told);
        if (i == 0) {
            net_named(r.net, r.handles[0]);
            net_publish(r.net);
        }
        snprintf(told, sizeof told, "line %u whole %.999s", i, line);
        for (int sent = 0; sent < 3; sent++) {
            client_send(client, line);
            rig_expect(&r, told);
        }
        if (i == 0) {
            client_send(client, "still there\n");
            rig_expect(&r, "line 0 whole still there");
            rig_close(&r, 0);
        } else {
            rig_expect(&r, "ended 1 opening_too_long");
            client_expect(client, "bye relay opening_too_long\n");
        }
        client_expect_end(client);
        close(client);
    }
    rig_expect_connections(&r, 0);
    rig_finish(&r);
}

static void deadlines_close_who_does_not_come_to_the_point(void)
{
    struct rig r;
    rig_init(&r);
    r.config.limits.first_byte_decided_ms = 50;
    r.config.limits.name_ms = 400;
    rig_start(&r, "any");
    int silent = rig_connect(&r);
    client_expect(silent, "bye undecided no_name\n");
    client_expect_end(silent);
    rig_expect_refused(&r, 1, CLOSE_NO_NAME);
    int slow = rig_connect(&r);
    client_send(slow, "GE");
    client_expect(slow, "bye undecided undecided\n");
    client_expect_end(slow);
    rig_expect_refused(&r, 2, CLOSE_UNDECIDED);
    int nameless = rig_connect(&r);
    client_send(nameless, "Ann\n");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Ann");
    rig_expect(&r, "ended 0 no_name");
    client_expect(nameless, "bye plain no_name\n");
    client_expect_end(nameless);
    int named = rig_connect(&r);
    client_send(named, "Bob\n");
    rig_expect(&r, "opened 1 plain");
    net_named(r.net, r.handles[1]);
    net_publish(r.net);
    rig_expect(&r, "line 1 whole Bob");
    struct pollfd one = {named, POLLIN, 0};
    check_number(poll(&one, 1, 500), 0);
    close(silent), close(slow), close(nameless), close(named);
    rig_expect(&r, "ended 1 eof");
    rig_close(&r, 1);
    rig_expect_connections(&r, 0);
    rig_finish(&r);
}

static void check_lines(struct rig *r, unsigned conn, unsigned from, unsigned count)
{
    for (unsigned i = from; i < from + count; i++) {
        char line[64];
        snprintf(line, sizeof line, "line %u whole %u", conn, i);
        rig_expect(r, line);
    }
}

static void send_numbers(int client, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char line[16];
        snprintf(line, sizeof line, "%u\n", i);
        client_send(client, line);
    }
}

static void a04_the_window_holds_64_lines(void)
{
    struct rig r;
    rig_init(&r);
    r.credits = false;
    rig_start(&r, "relay");
    int client = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    send_numbers(client, 200);
    check_lines(&r, 0, 0, 64);
    rig_expect_silence(&r, 20);
    net_credit(r.net, r.handles[0], 3);
    net_publish(r.net);
    check_lines(&r, 0, 64, 3);
    rig_expect_silence(&r, 20);
    net_credit(r.net, r.handles[0], 64);
    net_publish(r.net);
    check_lines(&r, 0, 67, 64);
    shutdown(client, SHUT_WR);
    net_credit(r.net, r.handles[0], 64);
    net_publish(r.net);
    check_lines(&r, 0, 131, 64);
    rig_expect_silence(&r, 20);
    net_credit(r.net, r.handles[0], 64);
    net_publish(r.net);
    check_lines(&r, 0, 195, 5);
    rig_expect(&r, "ended 0 eof");
    close(client);
    rig_finish(&r);
}

static void lines_come_at_their_rate_and_none_is_lost(void)
{
    struct rig r;
    struct timespec start;
    rig_init(&r);
    r.config.limits.lines_burst = 10;
    r.config.limits.lines_per_s = 100;
    rig_start(&r, "relay");
    int client = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    clock_gettime(CLOCK_MONOTONIC, &start);
    send_numbers(client, 30);
    check_lines(&r, 0, 0, 10);
    check_lines(&r, 0, 10, 20);
    check(ms_since(start) >= 190);
    close(client);
    rig_expect(&r, "ended 0 eof");
    rig_finish(&r);
}

static void bytes_come_at_their_rate_and_none_is_lost(void)
{
    static char line[1025];
    struct rig r;
    struct timespec start;
    rig_init(&r);
    r.config.limits.line_bytes_burst = 2048;
    r.config.limits.line_bytes_per_s = 20480;
    rig_start(&r, "relay");
    int client = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    clock_gettime(CLOCK_MONOTONIC, &start);
    memset(line, 'x', 1023);
    line[1023] = '\n';
    for (int i = 0; i < 6; i++) {
        client_send(client, line);
    }
    char expected[1100];
    snprintf(expected, sizeof expected, "line 0 whole %.1023s", line);
    for (int i = 0; i < 6; i++) {
        rig_expect(&r, expected);
    }
    check(ms_since(start) >= 190);
    close(client);
    rig_expect(&r, "ended 0 eof");
    rig_finish(&r);
}

// Milliseconds in which 30 lines come that a guest may send at 100 a second, without a burst.
static long thirty_lines_ms(struct rig *r, int client)
{
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    send_numbers(client, 30);
    check_lines(r, 0, 0, 30);
    return ms_since(start);
}

static void who_has_an_account_may_send_more(void)
{
    struct rig r;
    rig_init(&r);
    r.config.limits.lines_burst = 1;
    r.config.limits.lines_per_s = 100;
    r.config.limits.line_bytes_burst = 100;
    r.config.limits.line_bytes_per_s = 300;
    r.config.limits.account_rate = 1000;
    rig_start(&r, "any");
    int client = rig_connect(&r);
    client_send(client, "Alice\n");
    rig_expect(&r, "opened 0 plain");
    rig_expect(&r, "line 0 whole Alice");
    net_registered(r.net, r.handles[0], true);
    net_publish(r.net);
    rig_sync(&r);
    long registered_ms = thirty_lines_ms(&r, client);
    net_registered(r.net, r.handles[0], false);
    net_publish(r.net);
    rig_sync(&r);
    long guest_ms = thirty_lines_ms(&r, client);
    check(guest_ms >= 280);
    check(registered_ms < guest_ms / 2);
    close(client);
    rig_expect(&r, "ended 0 eof");
    rig_finish(&r);
}

static void a_long_message_is_not_cut_where_credit_ends(void)
{
    static char message[3001];
    struct rig r;
    rig_init(&r);
    r.config.limits.line_bytes_burst = 1000;
    r.config.limits.line_bytes_per_s = 4000;
    rig_start(&r, "relay");
    int client = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    memset(message, 'x', 3000);
    client_send(client, message);
    char expected[3100];
    snprintf(expected, sizeof expected, "line 0 paused %s", message);
    rig_expect(&r, expected);
    close(client);
    rig_expect(&r, "ended 0 eof");
    rig_finish(&r);
}

static void trusted_peers_have_no_rate(void)
{
    struct rig r;
    struct net_trust *all = net_trust_create();
    check(net_trust_add(all, TEXT("127.0.0.0/8")));
    rig_init(&r);
    r.config.limits.lines_burst = 1;
    r.config.limits.lines_per_s = 0;
    r.config.limits.line_bytes_burst = 1;
    r.config.limits.line_bytes_per_s = 0;
    r.config.unlimited = all;
    rig_start(&r, "relay");
    net_trust_destroy(all);
    int client = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    check(r.peer.unlimited);
    send_numbers(client, 500);
    check_lines(&r, 0, 0, 500);
    close(client);
    rig_expect(&r, "ended 0 eof");
    rig_finish(&r);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_plain_opening_is_the_same_split_at_any_byte);
    TEST(a54_protocols_that_are_not_served_get_a_farewell);
    TEST(a54_listeners_of_what_is_not_served_let_nobody_in);
    TEST(a54_what_is_no_chat_is_closed_without_a_word);
    TEST(nothing_is_said_before_the_first_byte);
    TEST(a_name_without_a_line_end_is_in_after_a_pause);
    TEST(a_person_at_a_terminal_in_character_mode_is_waited_for);
    TEST(telnet_is_told_that_its_interrupt_was_read);
    TEST(a_message_that_lost_its_connection_is_whole_if_the_peer_pauses);
    TEST(a03_a_line_too_long_is_reported_and_the_connection_lives);
    TEST(a03_a_line_without_end_is_given_up);
    TEST(a03_an_opening_without_end_is_given_up);
    TEST(a_nameless_peer_may_send_so_much);
    TEST(deadlines_close_who_does_not_come_to_the_point);
    TEST(a04_the_window_holds_64_lines);
    TEST(lines_come_at_their_rate_and_none_is_lost);
    TEST(bytes_come_at_their_rate_and_none_is_lost);
    TEST(who_has_an_account_may_send_more);
    TEST(a_long_message_is_not_cut_where_credit_ends);
    TEST(trusted_peers_have_no_rate);
    return test_end();
}
