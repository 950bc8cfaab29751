#include "client/session.h"
#include "support/test.h"

#define RULE "=================================================="

static struct session session;
static struct buf events; // what the session wanted done, a line each
static int64_t now;
static unsigned luck; // what random() gives, modulo what is asked for

static void on_show(void *context, struct text line)
{
    (void)context;
    buf_printf(&events, "show %.*s\n", TEXT_ARG(line));
}

static void on_tell(void *context, struct text sentence)
{
    (void)context;
    buf_printf(&events, "tell %.*s\n", TEXT_ARG(sentence));
}

static void on_ask(void *context, enum session_prompt prompt)
{
    (void)context;
    buf_printf(&events, "ask %s\n", prompt == SESSION_PROMPT_NAME ? "name" : "talk");
}

static void on_connect(void *context)
{
    (void)context;
    buf_printf(&events, "connect\n");
}

static void on_disconnect(void *context)
{
    (void)context;
    buf_printf(&events, "disconnect\n");
}

static void on_finish(void *context, int status)
{
    (void)context;
    buf_printf(&events, "finish %d\n", status);
}

static int64_t on_now(void *context)
{
    (void)context;
    return now;
}

static unsigned on_random(void *context, unsigned below)
{
    (void)context;
    return luck % below;
}

static const struct session_host host = {
    NULL, on_show, on_tell, on_ask, on_connect, on_disconnect, on_finish, on_now, on_random,
};

static void begin(const char *name, bool relay, bool piped)
{
    session_finish(&session);
    buf_finish(&events);
    buf_init(&events, 1 << 20);
    now = 1000000;
    luck = 250; // the first wait is then 1,000 ms
    struct session_config config = {"host:5000", name, relay, piped};
    session_init(&session, &config, &host);
    session_start(&session);
}

// Compares what was wanted since the last time.
static void expect(const char *expected)
{
    check_text(buf_text(&events), expected);
    buf_reset(&events);
}

static bool was(const char *part)
{
    bool found = events.len && memmem(events.at, events.len, part, strlen(part));
    return found;
}

static void forget(void)
{
    buf_reset(&events);
}

// Sends all that is ready and compares it.
static void expect_sent(const char *expected)
{
    struct buf all;
    buf_init(&all, 1 << 20);
    struct text rest = session_outgoing(&session);
    while (rest.len) {
        size_t part = 1 + test_random((unsigned)rest.len);
        buf_add(&all, text_head(rest, part));
        session_sent(&session, part);
        rest = session_outgoing(&session);
    }
    check_text(buf_text(&all), expected);
    buf_finish(&all);
}

static void line(const char *text)
{
    session_line(&session, text_of(text));
}

static void type(const char *text)
{
    session_typed(&session, text_of(text));
}

static void get_in(const char *name)
{
    session_connected(&session);
    expect_sent(name);
    line(RULE);
    forget();
}

static void begin_talk(bool piped)
{
    begin("Ann", false, piped);
    get_in("Ann\n");
}

// Lets the wait for the next connection pass.
static void wait_for_connect(void)
{
    check(session_deadline_ms(&session) >= now);
    now = session_deadline_ms(&session);
    session_tick(&session);
    check(was("connect\n"));
    check_number(session_deadline_ms(&session), -1);
    forget();
}

static void asks_for_a_name_and_talks(void)
{
    begin("", false, false);
    expect("ask name\n");
    type("  ");
    expect("");
    type(" Ann ");
    expect("ask talk\ntell Connecting to host:5000…\nconnect\n");
    session_connected(&session);
    expect("tell ✓ Connected successfully!\n");
    expect_sent("Ann\n");
    type("hello");
    expect_sent("");
    line(RULE);
    line("Welcome to x, Ann!");
    expect("show " RULE "\nshow Welcome to x, Ann!\n");
    expect_sent("hello\n");
    type("/quit bye");
    expect_sent("/quit bye\n");
    check(!session_wants_input(&session));
    line("[SYSTEM] Goodbye.");
    session_closed(&session, NULL);
    expect("show [SYSTEM] Goodbye.\ntell Disconnected from chat server.\nfinish 0\n");
}

static void a_name_that_cannot_be_sent_is_asked_again(void)
{
    begin("", false, false);
    forget();
    type("a\x1b[2J");
    expect("tell A name is UTF-8 text without control characters.\n");
    type("Ann");
    check(was("connect\n"));
}

static void relay_talks_at_once_and_exit_leaves(void)
{
    begin("", true, false);
    expect("ask talk\ntell Connecting to host:5000…\nconnect\n");
    session_connected(&session);
    expect("tell Connected to chat server. Type 'exit' to leave.\n");
    type("hi");
    type("/quit");
    expect_sent("hi\n/quit\n");
    type(" Exit ");
    expect_sent(" Exit \n");
    session_closed(&session, NULL);
    expect("tell Disconnected from chat server.\nfinish 0\n");
}

static void only_what_the_server_takes_for_leaving_leaves(void)
{
    static const char *const messages[] = {" /quit", "quit",     "exit",
                                           "//quit", "/quitter", "/quit \xff"};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        begin_talk(false);
        type(messages[i]);
        check(!session.leaving);
    }
    static const char *const leaving[] = {"/quit", "/QUIT", "/exit", "/quit see you", "/quit "};
    for (size_t i = 0; i < sizeof leaving / sizeof *leaving; i++) {
        begin_talk(false);
        type(leaving[i]);
        check(session.leaving);
    }
}

static void a_refused_name_is_asked_again(void)
{
    begin("Bob", false, false);
    session_connected(&session);
    type("waits");
    expect_sent("Bob\n");
    forget();
    line("[SYSTEM] The name \"Bob\" is taken. Choose another:");
    expect("show [SYSTEM] The name \"Bob\" is taken. Choose another:\nask name\n");
    expect_sent("");
    type("Bea");
    expect("ask talk\n");
    expect_sent("Bea\n");
    line("[SYSTEM] A name cannot contain spaces. Choose another:");
    check(was("ask name\n"));
    type("Cleo");
    expect_sent("Cleo\n");
    line(RULE);
    expect_sent("waits\n");
}

static void too_many_refused_names_end_with_77(void)
{
    begin("Bob", false, false);
    session_connected(&session);
    expect_sent("Bob\n");
    line("[SYSTEM] That were too many tries. Connect again with a free name.");
    check(!was("ask name\n"));
    session_closed(&session, NULL);
    check(was("finish 77\n"));
}

static void a_pipe_leaves_with_77_when_its_name_is_refused(void)
{
    begin("Bob", false, true);
    session_connected(&session);
    expect_sent("Bob\n");
    forget();
    type("hi");
    line("[SYSTEM] The name \"Bob\" is taken. Choose another:");
    expect("tell The name \"Bob\" is taken. Choose another with --name.\ndisconnect\nfinish 77\n");
    expect_sent("");
}

static void a_pipe_says_its_lines_and_leaves(void)
{
    begin("bot", false, true);
    forget();
    type("hi");
    type("");
    session_input_ended(&session);
    check(!session_wants_input(&session));
    session_connected(&session);
    expect_sent("bot\n");
    line(RULE);
    expect_sent("hi\n/quit\n");
    forget();
    session_closed(&session, NULL);
    expect("tell Disconnected from chat server.\nfinish 0\n");
}

static void a_pipe_is_read_only_as_fast_as_it_is_sent(void)
{
    begin_talk(true);
    unsigned lines = 0;
    while (session_wants_input(&session)) {
        type("0123456789");
        lines++;
    }
    check(lines * 11 > OUTBOX_MAX / 2);
    check(session.outbox.lines.len <= OUTBOX_MAX);
    session_sent(&session, OUTBOX_MAX / 2);
    check(session_wants_input(&session));
    check_number(events.len, 0);
}

static void connections_that_fail_at_first_end_it(void)
{
    begin("Ann", false, false);
    forget();
    session_unreachable(&session, false, "connection refused");
    check(was("No chat server answers at host:5000 (connection refused)."));
    check(was("finish 69\n"));
    begin("Ann", false, false);
    session_unreachable(&session, true, "unknown");
    check(was("is not found"));
    check(was("finish 68\n"));
    begin("Ann", false, false);
    session_connected(&session);
    session_closed(&session, NULL);
    check(was("closed the connection before the talk began"));
    check(was("finish 69\n"));
}

static void a_lost_connection_comes_back_with_name_and_lines(void)
{
    begin_talk(false);
    type("one");
    type("two");
    session_sent(&session, 6); // "one" and a part of "two"
    session_closed(&session, "the connection broke");
    expect(
        "tell Disconnected: the connection broke. Trying again in 1 s; what you type is kept.\n");
    check_number(session_deadline_ms(&session), now + 1000);
    type("three");
    expect("");
    expect_sent("");
    now += 999;
    session_tick(&session);
    expect("");
    now += 1;
    session_tick(&session);
    expect("connect\n");
    session_connected(&session);
    expect("tell ✓ Connected again.\n");
    expect_sent("Ann\n");
    line(RULE);
    expect_sent("two\nthree\n");
}

static void waits_double_up_to_30_s_with_jitter(void)
{
    static const int64_t waits_ms[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    begin_talk(false);
    session_closed(&session, NULL);
    for (size_t i = 0; i < sizeof waits_ms / sizeof *waits_ms; i++) {
        int64_t wait_ms = session_deadline_ms(&session) - now;
        check(wait_ms >= waits_ms[i] * 3 / 4 && wait_ms <= waits_ms[i] * 5 / 4);
        luck = test_random(1000000);
        wait_for_connect();
        session_unreachable(&session, false, "connection refused");
    }
    // Somebody who is away for a night does not come back to a thousand lines.
    check(!was("tell"));
}

static void only_a_connection_that_lasts_starts_the_waits_again(void)
{
    begin_talk(false);
    for (int i = 0; i < 4; i++) {
        session_closed(&session, NULL);
        wait_for_connect();
        get_in("Ann\n");
    }
    session_closed(&session, NULL);
    check(session_deadline_ms(&session) - now > 10 * 1000);
    wait_for_connect();
    get_in("Ann\n");
    now += 61 * 1000;
    session_closed(&session, NULL);
    check(session_deadline_ms(&session) - now < 2 * 1000);
}

static void refuse_own_name(void)
{
    session_connected(&session);
    expect_sent("Ann\n");
    line("[SYSTEM] The name \"Ann\" is taken. Choose another:");
}

static void a_name_held_by_the_lost_connection_is_tried_for_3_minutes(void)
{
    begin_talk(false);
    session_closed(&session, "the connection broke");
    int64_t start = now;
    wait_for_connect();
    refuse_own_name();
    check(was("still held by the lost connection"));
    check(was("disconnect\n"));
    check(!was("ask name\n"));
    unsigned tries = 0;
    while (!was("ask name\n") && tries < 100) {
        wait_for_connect();
        refuse_own_name();
        check(!was("still held"));
        tries++;
    }
    check(now - start >= 3 * 60 * 1000 && now - start < 4 * 60 * 1000);
    check(tries > 5);
    type("Bea");
    expect_sent("Bea\n");
}

static void a_name_that_gets_free_again_is_taken_up(void)
{
    begin_talk(true);
    session_closed(&session, "the connection broke");
    wait_for_connect();
    refuse_own_name();
    wait_for_connect();
    type("hi");
    get_in("Ann\n");
    expect_sent("hi\n");
}

static void a_new_name_is_used_after_a_lost_connection(void)
{
    begin_talk(false);
    type("/nick Bea");
    line("[SYSTEM] You are now known as Bea.");
    line("[14:30:00] Bob: [SYSTEM] You are now known as Mallory.");
    session_closed(&session, NULL);
    wait_for_connect();
    session_connected(&session);
    expect_sent("Bea\n");
}

static void lose_and_come_back(void)
{
    session_closed(&session, "the connection broke");
    wait_for_connect();
}

static void kept_lines_go_to_the_room_of_before_alone(void)
{
    begin_talk(false);
    type("/join #Dev a secret");
    type("/join #ops");
    type("/room #dev");
    expect_sent("/join #Dev a secret\n/join #ops\n/room #dev\n");
    line("[SYSTEM] You are in #dev now, with 2 here. The topic is: You are in #x now, with 1");
    line("[SYSTEM] You are in #ops now, with 1 here.");
    line("[14:30:00] Bob: [SYSTEM] What you say goes to #bob now.");
    line("[SYSTEM] What you say goes to #dev now.");
    session_closed(&session, "the connection broke");
    type("for dev");
    wait_for_connect();
    get_in("Ann\n");
    expect_sent("/join #ops\n/join #Dev a secret\n");
    line("[SYSTEM] You are in #ops now, with 1 here.");
    expect_sent("");
    line("[SYSTEM] You are in #dev now, with 2 here.");
    expect_sent("for dev\n");
    check_number(session_deadline_ms(&session), -1);
}

static void kept_lines_are_shown_when_their_room_refuses(void)
{
    begin_talk(false);
    line("[SYSTEM] You are in #dev now, with 2 here.");
    session_closed(&session, "the connection broke");
    type("one");
    type("two\x1b");
    wait_for_connect();
    get_in("Ann\n");
    expect_sent("/join #dev\n");
    line("[SYSTEM] You cannot join #dev: you are banned.");
    expect("show [SYSTEM] You cannot join #dev: you are banned.\n"
           "tell You are not in #dev any more, so what you typed was not sent to any room:\n"
           "tell one\ntell two\\x1b\n");
    expect_sent("/room #lobby\n");
    line("[SYSTEM] What you say goes to #lobby now.");
    type("three");
    expect_sent("three\n");
    lose_and_come_back();
    get_in("Ann\n");
    expect_sent("");
}

static void a_pipe_ends_when_its_room_refuses(void)
{
    begin_talk(true);
    line("[SYSTEM] You are in #dev now, with 2 here.");
    session_closed(&session, "the connection broke");
    type("one");
    session_input_ended(&session);
    wait_for_connect();
    get_in("Ann\n");
    expect_sent("/join #dev\n");
    line("[SYSTEM] You cannot join #dev: you are banned.");
    check(was("tell one\ndisconnect\n"));
    check(was("1 line was not sent.\nfinish 69\n"));
    expect_sent("");
}

static void a_room_that_does_not_answer_gets_nothing(void)
{
    begin_talk(false);
    line("[SYSTEM] You are in #dev now, with 2 here.");
    session_closed(&session, "the connection broke");
    type("one");
    wait_for_connect();
    get_in("Ann\n");
    expect_sent("/join #dev\n");
    now = session_deadline_ms(&session);
    session_tick(&session);
    check(was("tell one\n"));
    expect_sent("/room #lobby\n");
}

static void rooms_that_were_left_are_not_entered_again(void)
{
    begin_talk(false);
    line("[SYSTEM] You are in #dev now, with 2 here.");
    line("[SYSTEM] You are in #ops now, with 2 here.");
    line("[SYSTEM] You have left #ops. What you say goes to #dev now.");
    line("[SYSTEM] You have left #lobby. What you say goes to #dev now.");
    lose_and_come_back();
    get_in("Ann\n");
    expect_sent("/part #lobby\n/join #dev\n");
    line("[SYSTEM] You have left #lobby and are in no room. Type /join #lobby to talk.");
    line("[SYSTEM] You are in #dev now, with 2 here.");
    line("[SYSTEM] You are not in #dev any more. Type /join #lobby to talk elsewhere.");
    session_closed(&session, "the connection broke");
    type("nowhere");
    wait_for_connect();
    session_connected(&session);
    expect_sent("Ann\n");
    line(RULE);
    check(was("tell You were in no room"));
    check(was("tell nowhere\n"));
    expect_sent("/room #lobby\n");
}

static void a_join_without_answer_counts(void)
{
    begin_talk(false);
    type("/join #dev pw");
    expect_sent("/join #dev pw\n");
    type("for dev");
    lose_and_come_back();
    get_in("Ann\n");
    expect_sent("/join #dev pw\n");
    line("[SYSTEM] You are in #dev now, with 2 here.");
    expect_sent("for dev\n");
}

static void a_connection_lost_on_the_way_back_starts_it_again(void)
{
    begin_talk(false);
    line("[SYSTEM] You are in #dev now, with 2 here.");
    lose_and_come_back();
    get_in("Ann\n");
    session_sent(&session, 5);
    lose_and_come_back();
    get_in("Ann\n");
    expect_sent("/join #dev\n");
}

static void lines_that_cannot_be_kept_are_named(void)
{
    begin_talk(false);
    session_closed(&session, NULL);
    forget();
    char text[1000] = {0};
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 65; i++) {
        type(text);
    }
    expect("");
    type(text);
    check(was("tell Too many lines wait"));
    check(session.outbox.lines.len <= OUTBOX_MAX);
}

static void lines_over_4096_bytes_are_never_sent(void)
{
    char text[OUTBOX_LINE_MAX + 2] = {0};
    memset(text, 'x', OUTBOX_LINE_MAX);
    begin_talk(true);
    type(text);
    check_number(session_outgoing(&session).len, OUTBOX_LINE_MAX + 1);
    session_sent(&session, OUTBOX_LINE_MAX + 1);
    check_number(events.len, 0);
    text[OUTBOX_LINE_MAX] = 'x';
    type(text);
    check(was("tell That line was not sent: a line may have 4096 bytes."));
    session_input_ended(&session);
    expect_sent("/quit\n");
    session_closed(&session, NULL);
    check(was("finish 65\n"));
}

static void leaving_without_a_connection_is_at_once(void)
{
    begin("", false, false);
    session_input_ended(&session);
    check(was("finish 0\n"));

    begin("Ann", false, false);
    session_interrupted(&session);
    check(was("disconnect\n"));
    check(was("finish 0\n"));

    begin_talk(false);
    session_closed(&session, NULL);
    forget();
    type("/quit");
    expect("disconnect\ntell Disconnected from chat server.\nfinish 0\n");
}

static void leaving_names_the_lines_that_were_not_sent(void)
{
    begin_talk(false);
    session_closed(&session, NULL);
    type("one");
    type("two");
    forget();
    session_interrupted(&session);
    expect("disconnect\ntell Disconnected from chat server; 2 lines were not sent.\nfinish 69\n");

    begin_talk(false);
    type("one");
    type("/quit");
    session_closed(&session, "the connection broke");
    expect("tell Disconnected from chat server; 1 line was not sent.\nfinish 69\n");
}

static void the_second_interrupt_leaves_at_once(void)
{
    begin_talk(false);
    session_interrupted(&session);
    expect("");
    expect_sent("/quit\n");
    session_interrupted(&session);
    expect("disconnect\ntell Disconnected from chat server.\nfinish 0\n");
    session_interrupted(&session);
    session_input_ended(&session);
    type("x");
    expect("");
}

static void a_pipe_that_is_lost_before_its_end_comes_back(void)
{
    begin_talk(true);
    type("hi");
    session_input_ended(&session);
    session_closed(&session, "the connection broke");
    check(!was("finish"));
    wait_for_connect();
    get_in("Ann\n");
    expect_sent("hi\n/quit\n");
    session_closed(&session, NULL);
    check(was("finish 0\n"));
}

static void an_end_that_the_server_did_not_confirm_is_no_success(void)
{
    begin_talk(true);
    type("hi");
    session_input_ended(&session);
    expect_sent("hi\n/quit\n");
    session_closed(&session, "the connection broke");
    check(was("may be lost"));
    check(was("finish 69\n"));

    begin_talk(true);
    type("hi");
    session_input_ended(&session);
    expect_sent("hi\n/quit\n");
    line("[14:40:00] [SYSTEM] The server is shutting down");
    session_closed(&session, NULL);
    check(was("finish 69\n"));
}

static void a70_nothing_from_the_server_reaches_the_terminal_raw(void)
{
    begin_talk(false);
    for (unsigned byte = 0; byte < 256; byte++) {
        char raw[] = {'a', (char)byte, 'b', (char)0xC2, (char)byte, 'c'};
        session_line(&session, (struct text){raw, sizeof raw});
    }
    line("\x1b]0;title\x07\x1b]52;c;aGk=\x07\x1bP+q\x1b\\\xc2\x9b"
         "2J\x1b[201~\xe2\x80\xae");
    for (size_t i = 0; i < events.len; i++) {
        unsigned char byte = (unsigned char)events.at[i];
        check(byte >= 0x20 || byte == '\n' || byte == '\t');
        check(byte != 0x7F);
        check(byte != 0xC2 || (unsigned char)events.at[i + 1] >= 0xA0);
    }
    check(was("\\x1b]0;title\\x07"));
    check(was("\\x9b2J"));
    check(was("\\u{202e}"));
    check(was("a\\xffb"));
}

static void a70_refusals_and_farewells_are_made_visible_too(void)
{
    begin("Bob", false, true);
    session_connected(&session);
    expect_sent("Bob\n");
    line("[SYSTEM] \x1b[2J\xff");
    check(was("tell \\x1b[2J\\xff Choose another"));
    check(!was("\x1b"));
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(asks_for_a_name_and_talks);
    TEST(a_name_that_cannot_be_sent_is_asked_again);
    TEST(relay_talks_at_once_and_exit_leaves);
    TEST(only_what_the_server_takes_for_leaving_leaves);
    TEST(a_refused_name_is_asked_again);
    TEST(too_many_refused_names_end_with_77);
    TEST(a_pipe_leaves_with_77_when_its_name_is_refused);
    TEST(a_pipe_says_its_lines_and_leaves);
    TEST(a_pipe_is_read_only_as_fast_as_it_is_sent);
    TEST(connections_that_fail_at_first_end_it);
    TEST(a_lost_connection_comes_back_with_name_and_lines);
    TEST(waits_double_up_to_30_s_with_jitter);
    TEST(only_a_connection_that_lasts_starts_the_waits_again);
    TEST(a_name_held_by_the_lost_connection_is_tried_for_3_minutes);
    TEST(a_name_that_gets_free_again_is_taken_up);
    TEST(a_new_name_is_used_after_a_lost_connection);
    TEST(kept_lines_go_to_the_room_of_before_alone);
    TEST(kept_lines_are_shown_when_their_room_refuses);
    TEST(a_pipe_ends_when_its_room_refuses);
    TEST(a_room_that_does_not_answer_gets_nothing);
    TEST(rooms_that_were_left_are_not_entered_again);
    TEST(a_join_without_answer_counts);
    TEST(a_connection_lost_on_the_way_back_starts_it_again);
    TEST(lines_that_cannot_be_kept_are_named);
    TEST(lines_over_4096_bytes_are_never_sent);
    TEST(leaving_without_a_connection_is_at_once);
    TEST(leaving_names_the_lines_that_were_not_sent);
    TEST(the_second_interrupt_leaves_at_once);
    TEST(a_pipe_that_is_lost_before_its_end_comes_back);
    TEST(an_end_that_the_server_did_not_confirm_is_no_success);
    TEST(a70_nothing_from_the_server_reaches_the_terminal_raw);
    TEST(a70_refusals_and_farewells_are_made_visible_too);
    session_finish(&session);
    buf_finish(&events);
    return test_end();
}
