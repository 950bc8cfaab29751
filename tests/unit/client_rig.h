// A client's session without terminal and socket: what it wants done is written down, the clock
// and the luck are the test's. The client's names
// are those of other layers, so it is no part of the archive of test support.
#pragma once
#include "client/session.h"
#include "support/test.h"

#define RULE "=================================================="

static struct session rig_session;
static struct buf rig_events; // what the session wanted done, a line each
static int64_t rig_now;
static const char *rig_token; // that is kept for Ann; NULL: none
static unsigned rig_luck;     // what random() gives, modulo what is asked for

static void on_show(void *context, struct text line)
{
    (void)context;
    buf_printf(&rig_events, "show %.*s\n", TEXT_ARG(line));
}

static void on_tell(void *context, struct text sentence)
{
    (void)context;
    buf_printf(&rig_events, "tell %.*s\n", TEXT_ARG(sentence));
}

static void on_ask(void *context, enum session_prompt prompt)
{
    (void)context;
    static const char *const what[] = {[SESSION_PROMPT_NAME] = "name",
                                       [SESSION_PROMPT_SECRET] = "secret",
                                       [SESSION_PROMPT_TALK] = "talk"};
    buf_printf(&rig_events, "ask %s\n", what[prompt]);
}

static void on_connect(void *context)
{
    (void)context;
    buf_printf(&rig_events, "connect\n");
}

static void on_disconnect(void *context)
{
    (void)context;
    buf_printf(&rig_events, "disconnect\n");
}

static void on_finish(void *context, int status)
{
    (void)context;
    buf_printf(&rig_events, "finish %d\n", status);
}

static int64_t on_now(void *context)
{
    (void)context;
    return rig_now;
}

static unsigned on_random(void *context, unsigned below)
{
    (void)context;
    return rig_luck % below;
}

static bool on_token_find(void *context, struct text name, struct buf *token)
{
    (void)context;
    return text_equal(name, TEXT("Ann")) && rig_token && buf_add(token, text_of(rig_token));
}

static void on_token_keep(void *context, struct text name, struct text token)
{
    (void)context;
    rig_token = NULL;
    buf_printf(&rig_events, "keep %.*s %.*s\n", TEXT_ARG(name), TEXT_ARG(token));
}

static const struct session_host host = {
    NULL,      on_show, on_tell,   on_ask,        on_connect,    on_disconnect,
    on_finish, on_now,  on_random, on_token_find, on_token_keep,
};

static inline void rig_begin(const char *name, bool relay, bool piped)
{
    session_finish(&rig_session);
    buf_finish(&rig_events);
    buf_init(&rig_events, 1 << 20);
    rig_now = 1000000;
    rig_token = NULL;
    rig_luck = 250; // the first wait is then 1,000 ms
    struct session_config config = {"host:5000", name, relay, piped};
    session_init(&rig_session, &config, &host);
    session_start(&rig_session);
}

// Compares what was wanted since the last time.
static inline void rig_expect(const char *expected)
{
    check_text(buf_text(&rig_events), expected);
    buf_reset(&rig_events);
}

static inline bool rig_was(const char *part)
{
    bool found = rig_events.len && memmem(rig_events.at, rig_events.len, part, strlen(part));
    return found;
}

static inline void rig_forget(void)
{
    buf_reset(&rig_events);
}

// Sends all that is ready and compares it.
static inline void rig_expect_sent(const char *expected)
{
    struct buf all;
    buf_init(&all, 1 << 20);
    struct text rest = session_outgoing(&rig_session);
    while (rest.len) {
        size_t part = 1 + test_random((unsigned)rest.len);
        buf_add(&all, text_head(rest, part));
        session_sent(&rig_session, part);
        rest = session_outgoing(&rig_session);
    }
    check_text(buf_text(&all), expected);
    buf_finish(&all);
}

static inline void rig_line(const char *text)
{
    session_line(&rig_session, text_of(text));
}

static inline void rig_type(const char *text)
{
    session_typed(&rig_session, text_of(text));
}

static inline void rig_get_in(const char *name)
{
    session_connected(&rig_session, false);
    rig_expect_sent(name);
    rig_line(RULE);
    rig_forget();
}

static inline void rig_begin_talk(bool piped)
{
    rig_begin("Ann", false, piped);
    rig_get_in("Ann\n");
}

// Lets the wait for the next connection pass.
static inline void rig_wait_for_connect(void)
{
    check(session_deadline_ms(&rig_session) >= rig_now);
    rig_now = session_deadline_ms(&rig_session);
    session_tick(&rig_session);
    check(rig_was("connect\n"));
    check_number(session_deadline_ms(&rig_session), -1);
    rig_forget();
}
