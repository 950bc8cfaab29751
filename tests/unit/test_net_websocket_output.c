// What a web client is sent: when it reads slowly, when it asks without an end, and in TLS.
#include "net/certificate.h"
#include "net/tls.h"
#include "support/frames.h"
#include "support/test.h"
#include "support/tls_client.h"
#include "support/web_rig.h"

#include <sys/socket.h>

enum { FEED = 3, LINE_BYTES = 1000, FULL = 20000 };

static void long_line(char line[LINE_BYTES + 1], unsigned number)
{
    snprintf(line, LINE_BYTES + 1, ":x PRIVMSG #a :%0*u\r\n", LINE_BYTES - 17, number);
}

// Reads frames of long_line() from number `from` on, until something else comes; returns the number
// that comes next, and what came instead.
static unsigned read_long(int client, unsigned from, char instead[LINE_BYTES])
{
    for (;;) {
        char line[LINE_BYTES + 1];
        char header[4];
        web_read(client, header, 2);
        size_t len = (unsigned char)header[1];
        if (len == 126) {
            web_read(client, header + 2, 2);
            len = (size_t)(unsigned char)header[2] << 8 | (unsigned char)header[3];
        }
        check((unsigned char)header[0] == (FRAME_FIN | FRAME_TEXT) && len < LINE_BYTES);
        web_read(client, instead, len);
        instead[len] = '\0';
        long_line(line, from);
        line[LINE_BYTES - 2] = '\0';
        if (strcmp(instead, line) != 0) {
            return from;
        }
        from++;
    }
}

static void a_slow_reader_gets_whole_messages_up_to_the_gap(void)
{
    struct rig r;
    char line[LINE_BYTES + 1];
    unsigned missed = 0;
    rig_init(&r);
    r.config.limits.backlog_bytes = 50 * LINE_BYTES;
    r.config.limits.send_buffer_bytes = 4096;
    web_start(&r, "any");
    int client = web_come_in(&r);
    net_subscribe(r.net, r.handles[0], FEED, 0, 1);
    for (unsigned i = 0; missed == 0; i++) {
        check(i < FULL);
        long_line(line, i);
        rig_append(&r, FEED, line, 0, i);
        net_publish(r.net);
        rig_sync(&r);
        sscanf(r.told.at + r.read, "lagged 0 3 %u", &missed);
    }
    snprintf(line, sizeof line, "lagged 0 3 %u", missed);
    rig_expect(&r, line);
    rig_reply(&r, 0, "after the gap\r\n");
    char instead[LINE_BYTES];
    check_number(read_long(client, 0, instead), missed);
    check_text(text_of(instead), "after the gap");
    rig_expect(&r, "drained 0");
    web_finish(&r, client);
}

static void too_many_replies_unread_end_it(void)
{
    struct rig r;
    char line[LINE_BYTES + 1];
    rig_init(&r);
    r.config.limits.reply_bytes = 20 * LINE_BYTES;
    r.config.limits.send_buffer_bytes = 4096;
    web_start(&r, "any");
    int client = web_come_in(&r);
    unsigned sent = 0;
    while (rig_take(&r), r.told.len == r.read) {
        check(sent < FULL);
        long_line(line, sent++);
        rig_reply(&r, 0, line);
    }
    rig_expect(&r, "ended 0 slow");
    char instead[LINE_BYTES];
    check(read_long(client, 0, instead) < sent);
    check_text(text_of(instead), "bye irc slow");
    web_expect_close(client, TEXT("\x03\xf0More waits to be read than the server keeps for one "
                                  "connection."));
    web_finish(&r, client);
}

// While nothing can be sent, all that is kept of them is the last one.
static void a50_a_flood_of_pings_costs_nothing(void)
{
    struct rig r;
    struct buf pings;
    rig_init(&r);
    r.config.limits.send_buffer_bytes = 4096;
    r.config.limits.reply_bytes = 64 << 20;
    r.config.limits.opening_bytes = 64 << 20;
    web_start(&r, "any");
    int client = web_come_in(&r);
    buf_init(&pings, 1 << 20);
    while (pings.len < 60000) {
        frame_add(&pings, FRAME_FIN | FRAME_PING, TEXT("flood"));
    }
    char line[LINE_BYTES + 1];
    for (unsigned i = 0; i < 8000; i++) { // more than any buffer of the kernel takes
        long_line(line, i);
        rig_reply(&r, 0, line);
    }
    client_send_bytes(client, buf_text(&pings));
    rig_sync(&r);
    size_t before = rig_memory();
    for (int i = 0; i < 50; i++) {
        client_send_bytes(client, buf_text(&pings));
    }
    rig_sync(&r);
    check(rig_memory() < before + 50 * pings.len / 10);
    web_say(client, "NICK ann");
    rig_expect(&r, "line 0 whole NICK ann");
    buf_finish(&pings);
    web_finish(&r, client);
}

static struct tls_client *tls_connect(struct rig *r, const char *alpn, int *client)
{
    struct buf why;
    rig_init(r);
    buf_init(&why, 4096);
    struct certificate *own = certificate_make("hobnob");
    check(own != NULL);
    r->config.tls = tls_context_create(own, &why);
    check(r->config.tls != NULL);
    certificate_destroy(own);
    web_start(r, "any");
    *client = rig_connect(r);
    struct tls_client *tls = tls_client_connect(*client, &(struct tls_client_wish){.alpn = alpn});
    check(tls != NULL);
    check_text(tls_client_alpn(tls), alpn);
    tls_client_send(tls, TEXT(WEB_HEAD "\r\n"));
    rig_expect(r, "opened 0 irc");
    return tls;
}

static void tls_finish(struct rig *r, struct tls_client *tls, int client)
{
    struct tls_context *context = r->config.tls;
    tls_client_destroy(tls);
    web_finish(r, client);
    tls_context_unref(context);
}

static void tls_and_websocket_stand_one_in_the_other(void)
{
    enum { LINES = 100 }; // more than one record has room for
    char line[LINE_BYTES + 1];
    struct rig r;
    struct buf out;
    int client;
    buf_init(&out, 1 << 20);
    struct tls_client *tls = tls_connect(&r, "http/1.1", &client);
    check(r.peer.secure);
    tls_client_expect(tls, WEB_ANSWER);
    frame_add(&out, FRAME_FIN | FRAME_TEXT, TEXT("NICK ann"));
    frame_add(&out, FRAME_FIN | FRAME_PING, TEXT("?"));
    tls_client_send(tls, buf_text(&out));
    rig_expect(&r, "line 0 whole NICK ann");
    tls_client_expect(tls, "\x8a\x01?");
    buf_reset(&out);
    for (unsigned i = 0; i < LINES; i++) {
        long_line(line, i);
        buf_add(&out, text_of(line));
    }
    net_reply(r.net, r.handles[0], buf_text(&out));
    rig_close(&r, 0);
    for (unsigned i = 0; i < LINES; i++) {
        long_line(line, i);
        line[LINE_BYTES - 2] = '\0';
        tls_client_expect(tls, "\x81\x7e\x03\xe6");
        tls_client_expect(tls, line);
    }
    tls_client_expect(tls, "\x88\x0a\x03\xe8Goodbye.");
    check(tls_client_ends(tls));
    tls_finish(&r, tls, client);
    buf_finish(&out);
}

// What ALPN has bound to IRC is no browser.
static void a54_alpn_irc_leads_to_no_websocket(void)
{
    struct rig r;
    int client;
    struct tls_client *tls = tls_connect(&r, "irc", &client);
    rig_expect(&r, "line 0 whole GET /irc HTTP/1.1");
    tls_finish(&r, tls, client);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_slow_reader_gets_whole_messages_up_to_the_gap);
    TEST(too_many_replies_unread_end_it);
    TEST(a50_a_flood_of_pings_costs_nothing);
    TEST(tls_and_websocket_stand_one_in_the_other);
    TEST(a54_alpn_irc_leads_to_no_websocket);
    return test_end();
}
