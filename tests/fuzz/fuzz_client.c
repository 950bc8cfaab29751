// The client between a hostile server and a person: each line of input is a step, chosen by its
// first byte. What reaches the terminal is text without control characters, what leaves is bounded,
// and the session never asks for two connections.
#include "base/must.h"
#include "base/utf8.h"
#include "client/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { OUTGOING_MAX = 4 * 1024 * 1024 };

static struct world {
    struct session session;
    bool connecting;
    bool connected;
    bool finished;
    size_t sent;
    int64_t now_ms;
} w;

static void check_visible(struct text shown)
{
    must(utf8_valid(shown));
    for (size_t i = 0; i < shown.len; i++) {
        unsigned char byte = (unsigned char)shown.at[i];
        must(byte == '\t' || (byte >= ' ' && byte != 0x7f));
        must(byte != 0xc2 || (unsigned char)shown.at[i + 1] >= 0xa0);
    }
}

static void on_show(void *context, struct text line)
{
    (void)context;
    check_visible(line);
}

static void on_ask(void *context, enum session_prompt prompt)
{
    (void)context, (void)prompt;
}

static void on_connect(void *context)
{
    (void)context;
    must(!w.connecting && !w.connected && !w.finished);
    w.connecting = true;
}

static void on_disconnect(void *context)
{
    (void)context;
    w.connecting = w.connected = false;
}

static void on_finish(void *context, int status)
{
    (void)context, (void)status;
    must(!w.finished);
    w.finished = true;
}

static int64_t on_now(void *context)
{
    (void)context;
    return w.now_ms;
}

static unsigned on_random(void *context, unsigned below)
{
    (void)context;
    return below / 2;
}

static bool on_token_find(void *context, struct text name, struct buf *token)
{
    (void)context;
    return name.len % 2 && buf_add(token, TEXT("token"));
}

static void on_token_keep(void *context, struct text name, struct text token)
{
    (void)context, (void)name, (void)token;
}

static void send_some(size_t most)
{
    struct text out = session_outgoing(&w.session);
    if (!w.connected || out.len == 0) {
        return;
    }
    struct text part = text_head(out, most);
    w.sent += part.len;
    must(w.sent <= OUTGOING_MAX);
    session_sent(&w.session, part.len);
}

static void end_connection(const char *why)
{
    if (w.connected) {
        w.connected = false;
        session_closed(&w.session, why);
    }
}

static void connect_or_not(bool reached, bool exposed)
{
    if (!w.connecting) {
        return;
    }
    w.connecting = false;
    if (reached) {
        w.connected = true;
        session_connected(&w.session, exposed);
    } else {
        session_unreachable(&w.session, exposed, "connection refused");
    }
}

static void pass_time(void)
{
    int64_t deadline_ms = session_deadline_ms(&w.session);
    if (deadline_ms >= 0) {
        w.now_ms = deadline_ms > w.now_ms ? deadline_ms : w.now_ms;
        session_tick(&w.session);
    }
}

static void step(char choice, struct text line)
{
    switch (choice) {
    case '<':
        if (w.connected) {
            session_line(&w.session, line);
        }
        break;
    case '>':
        if (session_wants_input(&w.session)) {
            session_typed(&w.session, line);
        }
        break;
    case 'c':
        connect_or_not(true, line.len);
        break;
    case 'u':
        connect_or_not(false, line.len);
        break;
    case 'e':
        end_connection(line.len ? "connection reset" : NULL);
        break;
    case 's':
        send_some(line.len ? (unsigned char)*line.at : SIZE_MAX);
        break;
    case 't':
        pass_time();
        break;
    case 'l':
        session_typed_too_long(&w.session);
        break;
    case 'L':
        if (w.connected) {
            session_line_too_long(&w.session);
        }
        break;
    case 'i':
        session_interrupted(&w.session);
        break;
    case 'E':
        session_input_ended(&w.session);
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct session_host host = {
        NULL,      on_show, on_show,   on_ask,        on_connect,    on_disconnect,
        on_finish, on_now,  on_random, on_token_find, on_token_keep,
    };
    struct text input = {(const char *)bytes, len};
    unsigned kind = len ? *bytes : 0;
    struct session_config config = {"host:5000", kind & 1 ? "Ann" : NULL, kind & 2, kind & 4};
    w = (struct world){.now_ms = 1000000};
    session_init(&w.session, &config, &host);
    session_start(&w.session);
    input = text_skip(input, 1);
    while (input.len && !w.finished) {
        struct text line = text_head(input, text_find(input, '\n'));
        input = text_skip(input, line.len + 1);
        if (line.len) {
            step(*line.at, text_skip(line, 1));
        }
    }
    session_finish(&w.session);
    return 0;
}
