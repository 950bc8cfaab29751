#include "client/client.h"

#include "base/clock.h"
#include "base/must.h"
#include "client/connection.h"
#include "client/piped.h"
#include "client/session.h"
#include "client/state_file.h"
#include "client/terminal.h"
#include "client/tokens.h"
#include "client/trust.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

enum {
    EXIT_OUTPUT_GONE = 74, // sysexits.h: EX_IOERR
    EXIT_HANGUP = 128 + SIGHUP,
    SIGNALS_MAX = 5,
};

struct client {
    uv_loop_t loop;
    struct session session;
    struct connection *connection;
    struct trust trust;
    char *tokens;              // the file of tokens; NULL: nowhere
    bool exposed;              // this connection goes without TLS to another machine
    struct terminal *terminal; // or
    struct piped *piped;
    uv_poll_t keys; // watches the terminal's input
    uv_timer_t timer;
    uv_signal_t signals[SIGNALS_MAX];
    size_t signal_count;
    bool done;
    int status;
};

static void finish(void *context, int status)
{
    struct client *c = context;
    c->status = c->done ? c->status : status;
    c->done = true;
}

// What the session wants.

static void show(void *context, struct text line)
{
    struct client *c = context;
    if (c->terminal) {
        terminal_print(c->terminal, line);
        return;
    }
    fwrite(line.at, 1, line.len, stdout);
    putchar('\n');
}

static void tell(void *context, struct text sentence)
{
    struct client *c = context;
    if (c->terminal) {
        terminal_print(c->terminal, sentence);
        return;
    }
    fflush(stdout);
    fprintf(stderr, "%.*s\n", TEXT_ARG(sentence));
}

static void ask(void *context, enum session_prompt prompt)
{
    struct client *c = context;
    static const char *const prompts[] = {[SESSION_PROMPT_NAME] = "Enter your username: ",
                                          [SESSION_PROMPT_SECRET] = "Password: ",
                                          [SESSION_PROMPT_TALK] = "You: "};
    if (c->terminal) {
        terminal_prompt(c->terminal, prompts[prompt], prompt == SESSION_PROMPT_TALK);
        terminal_hide(c->terminal, prompt == SESSION_PROMPT_SECRET);
    } else if (prompt == SESSION_PROMPT_NAME) {
        fputs(prompts[prompt], stderr);
    }
}

static void connect_now(void *context)
{
    struct client *c = context;
    c->exposed = false;
    connection_open(c->connection);
}

static void disconnect(void *context)
{
    struct client *c = context;
    connection_drop(c->connection);
}

static int64_t now_ms(void *context)
{
    (void)context;
    return clock_now().mono_ms;
}

static unsigned random_number(void *context, unsigned below)
{
    (void)context;
    unsigned number = 0;
    return getrandom(&number, sizeof number, 0) == sizeof number ? number % below : below / 2;
}

static bool token_find(void *context, struct text name, struct buf *token)
{
    const struct client *c = context;
    return c->tokens && tokens_find(c->tokens, text_of(c->trust.where), name, token);
}

static void token_keep(void *context, struct text name, struct text token)
{
    struct client *c = context;
    int error = c->tokens ? tokens_put(c->tokens, text_of(c->trust.where), name, token) : 0;
    if (error) {
        char sentence[512];
        snprintf(sentence, sizeof sentence,
                 "%.300s cannot be written (%s), so the password will be asked for again.",
                 c->tokens, strerror(-error));
        tell(c, text_of(sentence));
    }
}

static const struct session_host session_host = {
    .show = show,
    .tell = tell,
    .ask = ask,
    .connect = connect_now,
    .disconnect = disconnect,
    .finish = finish,
    .now_ms = now_ms,
    .random = random_number,
    .token_find = token_find,
    .token_keep = token_keep,
};

// What the connection reports.

static void connected(void *context)
{
    struct client *c = context;
    session_connected(&c->session, c->exposed);
}

static bool secured(void *context, const struct tunnel_peer *peer)
{
    struct client *c = context;
    if (trust_accepts(&c->trust, peer)) {
        return true;
    }
    finish(c, SESSION_EXIT_NOT_TRUSTED);
    return false;
}

static bool insecure(void *context)
{
    struct client *c = context;
    if (trust_knows(&c->trust)) {
        return false;
    }
    c->exposed = true;
    tell(c, TEXT("The server does not speak TLS: what is said here can be read and changed on its "
                 "way."));
    return true;
}

static void unreachable(void *context, bool host_unknown, const char *why)
{
    session_unreachable(&((struct client *)context)->session, host_unknown, why);
}

static void closed(void *context, const char *why)
{
    session_closed(&((struct client *)context)->session, why);
}

static void received(void *context, struct text line)
{
    session_line(&((struct client *)context)->session, line);
}

static void received_too_long(void *context)
{
    session_line_too_long(&((struct client *)context)->session);
}

static struct text outgoing(void *context)
{
    return session_outgoing(&((struct client *)context)->session);
}

static void sent(void *context, size_t count)
{
    session_sent(&((struct client *)context)->session, count);
}

static const struct connection_handler connection_handler = {
    .connected = connected,
    .secured = secured,
    .insecure = insecure,
    .unreachable = unreachable,
    .closed = closed,
    .line = received,
    .line_too_long = received_too_long,
    .outgoing = outgoing,
    .sent = sent,
};

// What the pipe holds.

static bool wants_line(void *context)
{
    return session_wants_input(&((struct client *)context)->session);
}

static void piped_line(void *context, struct text line)
{
    session_typed(&((struct client *)context)->session, line);
}

static void piped_line_too_long(void *context)
{
    session_typed_too_long(&((struct client *)context)->session);
}

static void piped_ended(void *context)
{
    session_input_ended(&((struct client *)context)->session);
}

static const struct piped_handler piped_handler = {
    .wants = wants_line,
    .line = piped_line,
    .line_too_long = piped_line_too_long,
    .ended = piped_ended,
};

// The loop.

static void terminal_gone(struct client *c)
{
    connection_drop(c->connection);
    finish(c, EXIT_HANGUP);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct client *c = handle->data;
    switch (number) {
    case SIGHUP:
        terminal_gone(c);
        break;
    case SIGWINCH:
        terminal_resize(c->terminal);
        break;
    case SIGTSTP:
        terminal_suspend(c->terminal);
        break;
    default:
        session_interrupted(&c->session);
        break;
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct client *c = timer->data;
    session_tick(&c->session);
}

static void on_keys(uv_poll_t *poll, int status, int events)
{
    struct client *c = poll->data;
    (void)status;
    (void)events;
    if (!terminal_read(c->terminal)) {
        terminal_gone(c);
    }
}

static void set_timer(struct client *c)
{
    int64_t deadline_ms = session_deadline_ms(&c->session);
    if (deadline_ms < 0) {
        uv_timer_stop(&c->timer);
        return;
    }
    int64_t wait_ms = deadline_ms - clock_now().mono_ms;
    uv_timer_start(&c->timer, on_timer, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

// Makes the loop wait for what is wanted now. False if it must not wait: what was sent has made
// room for more lines.
static bool settle(struct client *c)
{
    if (c->piped) {
        piped_settle(c->piped);
    } else if (terminal_wants_keys(c->terminal)) {
        uv_poll_start(&c->keys, UV_READABLE, on_keys);
    } else {
        uv_poll_stop(&c->keys);
    }
    connection_push(c->connection);
    set_timer(c);
    return !c->piped || !piped_is_unsettled(c->piped);
}

static void flush(struct client *c)
{
    bool flushed = c->terminal ? terminal_flush(c->terminal) : fflush(stdout) == 0;
    if (!flushed && !c->done) {
        tell(c, TEXT("The output cannot be written any more, so hobnob leaves."));
        connection_drop(c->connection);
        finish(c, EXIT_OUTPUT_GONE);
    }
}

// Waits for something to happen and deals with it. False when all is over.
static bool turn(struct client *c)
{
    if (!c->done) {
        bool may_wait = settle(c);
        flush(c);
        uv_run(&c->loop, may_wait && !c->done ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    }
    return !c->done;
}

static bool turn_while_editing(void *context)
{
    struct client *c = context;
    return turn(c) && !c->session.leaving;
}

// A line that was edited may hold line ends, which were typed with Ctrl-V.
static void typed(struct client *c, struct text lines)
{
    do {
        size_t end = text_find(lines, '\n');
        session_typed(&c->session, text_head(lines, end));
        lines = text_skip(lines, end + 1);
    } while (lines.len);
}

static void talk(struct client *c)
{
    struct text line;
    while (!c->done && c->terminal && !c->session.leaving) {
        switch (terminal_edit(c->terminal, &line)) {
        case TERMINAL_LINE:
            typed(c, line);
            explicit_bzero((char *)(uintptr_t)line.at, line.len); // it may have been a secret
            break;
        case TERMINAL_END:
            session_input_ended(&c->session);
            break;
        case TERMINAL_STOPPED:
            break;
        }
    }
    while (turn(c)) {
    }
    flush(c);
}

// Start and end.

static void watch_signals(struct client *c)
{
    static const int numbers[SIGNALS_MAX] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP};
    signal(SIGPIPE, SIG_IGN);
    c->signal_count = c->terminal ? SIGNALS_MAX : 3;
    for (size_t i = 0; i < c->signal_count; i++) {
        uv_signal_init(&c->loop, &c->signals[i]);
        c->signals[i].data = c;
        uv_signal_start(&c->signals[i], on_signal, numbers[i]);
    }
}

static void open_terminal(struct client *c)
{
    struct terminal_handler handler = {.context = c, .turn = turn_while_editing};
    c->terminal = terminal_create(&handler);
    // libuv makes the terminal non-blocking, also for output and for the shell.
    int flags = fcntl(STDIN_FILENO, F_GETFL);
    int error = uv_poll_init(&c->loop, &c->keys, STDIN_FILENO);
    must(error == 0);
    fcntl(STDIN_FILENO, F_SETFL, flags);
    c->keys.data = c;
}

static void open_all(struct client *c, const struct options *options)
{
    uv_loop_init(&c->loop);
    uv_timer_init(&c->loop, &c->timer);
    c->timer.data = c;
    struct connection_handler on_connection = connection_handler;
    on_connection.context = c;
    struct connection_config config = {
        .host = options->host,
        .port = options->port,
        .may_pause = options->relay,
        // A relay would pass hello on to everybody.
        .tls = options->tls     ? CONNECTION_TLS
               : options->relay ? CONNECTION_PLAIN
                                : CONNECTION_TRIES_TLS,
    };
    c->connection = connection_create(&c->loop, &config, &on_connection);
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
        open_terminal(c);
    } else {
        struct piped_handler on_pipe = piped_handler;
        on_pipe.context = c;
        c->piped = piped_create(&c->loop, OUTBOX_LINE_MAX, &on_pipe);
    }
    watch_signals(c);
}

static void close_all(struct client *c)
{
    terminal_destroy(c->terminal);
    if (c->terminal) {
        uv_close((uv_handle_t *)&c->keys, NULL);
    }
    piped_destroy(c->piped);
    connection_destroy(c->connection);
    trust_finish(&c->trust);
    free(c->tokens);
    uv_close((uv_handle_t *)&c->timer, NULL);
    for (size_t i = 0; i < c->signal_count; i++) {
        uv_close((uv_handle_t *)&c->signals[i], NULL);
    }
    session_finish(&c->session);
    uv_run(&c->loop, UV_RUN_NOWAIT);
    if (uv_loop_close(&c->loop) != 0) {
        // The name service still searches, and exit() would wait for it.
        fflush(NULL);
        _exit(c->status);
    }
}

static void find_tokens(struct client *c)
{
    struct buf path;
    buf_init(&path, 4096);
    c->tokens = state_file_path("tokens", &path) ? text_copy(buf_text(&path)) : NULL;
    buf_finish(&path);
}

int client_run(const struct options *options)
{
    struct client c = {0};
    char where[OPTIONS_HOST_MAX + 16];
    bool bare_ipv6 = strchr(options->host, ':');
    snprintf(where, sizeof where, bare_ipv6 ? "[%s]:%u" : "%s:%u", options->host,
             (unsigned)options->port);
    if (!options->relay && !options->name[0] && !isatty(STDIN_FILENO)) {
        fputs("Standard input is no terminal, so nobody can be asked for a name: "
              "give one with --name.\n",
              stderr);
        return 2;
    }
    trust_init(&c.trust, where, options->trust_new, &c, tell);
    find_tokens(&c);
    open_all(&c, options);
    struct session_config config = {where, options->name, options->relay, c.piped != NULL};
    struct session_host host = session_host;
    host.context = &c;
    session_init(&c.session, &config, &host);
    session_start(&c.session);
    talk(&c);
    close_all(&c);
    return c.status;
}
