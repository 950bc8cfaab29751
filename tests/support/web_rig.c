#include "support/web_rig.h"

#include "support/frames.h"
#include "support/test.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

void web_start(struct rig *r, const char *listener)
{
    r->config.served |= 1u << WIRE_IRC;
    rig_start(r, listener);
}

void web_finish(struct rig *r, int client)
{
    close(client);
    if (r->conns > 0) {
        rig_close(r, 0);
    }
    rig_expect_connections(r, 0);
    rig_finish(r);
}

void web_send(int client, unsigned first, const char *payload)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    frame_add(&out, first, text_of(payload));
    client_send_bytes(client, buf_text(&out));
    buf_finish(&out);
}

void web_say(int client, const char *line)
{
    web_send(client, FRAME_FIN | FRAME_TEXT, line);
}

void web_read(int client, char *to, size_t len)
{
    while (len > 0) {
        struct pollfd one = {client, POLLIN, 0};
        check_number(poll(&one, 1, RIG_WAIT_MS), 1);
        ssize_t got = recv(client, to, len, 0);
        check(got > 0);
        to += got;
        len -= (size_t)got;
    }
}

void web_expect_frame(int client, unsigned first, struct text payload)
{
    char got[65536];
    struct buf expected;
    buf_init(&expected, sizeof got);
    frame_add_header(&expected, first, 0, payload.len);
    buf_add(&expected, payload);
    web_read(client, got, expected.len);
    if (!text_equal((struct text){got, expected.len}, buf_text(&expected))) {
        test_fail(__FILE__, __LINE__, "got \"%.*s\", expected \"%.*s\"", (int)expected.len, got,
                  TEXT_ARG(buf_text(&expected)));
    }
    buf_finish(&expected);
}

void web_expect_line(int client, const char *line)
{
    web_expect_frame(client, FRAME_FIN | FRAME_TEXT, text_of(line));
}

void web_expect_close(int client, struct text body)
{
    web_expect_frame(client, FRAME_FIN | FRAME_CLOSE, body);
    client_expect_end(client);
}

int web_come_in(struct rig *r)
{
    int client = rig_connect(r);
    client_send(client, WEB_HEAD "\r\n");
    client_expect(client, WEB_ANSWER);
    rig_expect(r, "opened 0 irc");
    return client;
}
