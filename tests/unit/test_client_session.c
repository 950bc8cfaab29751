#include "client/session.h"
#include "support/test.h"
#include "unit/client_rig.h"

static void asks_for_a_name_and_talks(void)
{
    rig_begin("", false, false);
    rig_expect("ask name\n");
    rig_type("  ");
    rig_expect("");
    rig_type(" Ann ");
    rig_expect("ask talk\ntell Connecting to host:5000…\nconnect\n");
    session_connected(&rig_session, false);
    rig_expect("tell ✓ Connected successfully!\n");
    rig_expect_sent("Ann\n");
    rig_type("hello");
    rig_expect_sent("");
    rig_line(RULE);
    rig_line("Welcome to x, Ann!");
    rig_expect("show " RULE "\nshow Welcome to x, Ann!\n");
    rig_expect_sent("hello\n");
    rig_type("/quit bye");
    rig_expect_sent("/quit bye\n");
    check(!session_wants_input(&rig_session));
    rig_line("[SYSTEM] Goodbye.");
    session_closed(&rig_session, NULL);
    rig_expect("show [SYSTEM] Goodbye.\ntell Disconnected from chat server.\nfinish 0\n");
}

static void a_name_that_cannot_be_sent_is_asked_again(void)
{
    rig_begin("", false, false);
    rig_forget();
    rig_type("a\x1b[2J");
    rig_expect("tell A name is UTF-8 text without control characters.\n");
    rig_type("Ann");
    check(rig_was("connect\n"));
}

static void relay_talks_at_once_and_exit_leaves(void)
{
    rig_begin("", true, false);
    rig_expect("ask talk\ntell Connecting to host:5000…\nconnect\n");
    session_connected(&rig_session, false);
    rig_expect("tell Connected to chat server. Type 'exit' to leave.\n");
    rig_type("hi");
    rig_type("/quit");
    rig_expect_sent("hi\n/quit\n");
    rig_type(" Exit ");
    rig_expect_sent(" Exit \n");
    session_closed(&rig_session, NULL);
    rig_expect("tell Disconnected from chat server.\nfinish 0\n");
}

static void only_what_the_server_takes_for_leaving_leaves(void)
{
    static const char *const messages[] = {" /quit", "quit",     "exit",
                                           "//quit", "/quitter", "/quit \xff"};
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        rig_begin_talk(false);
        rig_type(messages[i]);
        check(!rig_session.leaving);
    }
    static const char *const leaving[] = {"/quit", "/QUIT", "/exit", "/quit see you", "/quit "};
    for (size_t i = 0; i < sizeof leaving / sizeof *leaving; i++) {
        rig_begin_talk(false);
        rig_type(leaving[i]);
        check(rig_session.leaving);
    }
}

static void a_refused_name_is_asked_again(void)
{
    rig_begin("Bob", false, false);
    session_connected(&rig_session, false);
    rig_type("waits");
    rig_expect_sent("Bob\n");
    rig_forget();
    rig_line("[SYSTEM] The name \"Bob\" is taken. Choose another:");
    rig_expect("show [SYSTEM] The name \"Bob\" is taken. Choose another:\nask name\n");
    rig_expect_sent("");
    rig_type("Bea");
    rig_expect("ask talk\n");
    rig_expect_sent("Bea\n");
    rig_line("[SYSTEM] A name cannot contain spaces. Choose another:");
    check(rig_was("ask name\n"));
    rig_type("Cleo");
    rig_expect_sent("Cleo\n");
    rig_line(RULE);
    rig_expect_sent("waits\n");
}

static void too_many_refused_names_end_with_77(void)
{
    rig_begin("Bob", false, false);
    session_connected(&rig_session, false);
    rig_expect_sent("Bob\n");
    rig_line("[SYSTEM] Those were too many tries. Connect again with a free name.");
    check(!rig_was("ask name\n"));
    session_closed(&rig_session, NULL);
    check(rig_was("finish 77\n"));
}

static void a_pipe_leaves_with_77_when_its_name_is_refused(void)
{
    rig_begin("Bob", false, true);
    session_connected(&rig_session, false);
    rig_expect_sent("Bob\n");
    rig_forget();
    rig_type("hi");
    rig_line("[SYSTEM] The name \"Bob\" is taken. Choose another:");
    rig_expect(
        "tell The name \"Bob\" is taken. Choose another with --name.\ndisconnect\nfinish 77\n");
    rig_expect_sent("");
}

static void a_pipe_says_its_lines_and_leaves(void)
{
    rig_begin("bot", false, true);
    rig_forget();
    rig_type("hi");
    rig_type("");
    session_input_ended(&rig_session);
    check(!session_wants_input(&rig_session));
    session_connected(&rig_session, false);
    rig_expect_sent("bot\n");
    rig_line(RULE);
    rig_expect_sent("hi\n/quit\n");
    rig_forget();
    session_closed(&rig_session, NULL);
    rig_expect("tell Disconnected from chat server.\nfinish 0\n");
}

static void a_pipe_is_read_only_as_fast_as_it_is_sent(void)
{
    rig_begin_talk(true);
    unsigned lines = 0;
    while (session_wants_input(&rig_session)) {
        rig_type("0123456789");
        lines++;
    }
    check(lines * 11 > OUTBOX_MAX / 2);
    check(rig_session.outbox.lines.len <= OUTBOX_MAX);
    session_sent(&rig_session, OUTBOX_MAX / 2);
    check(session_wants_input(&rig_session));
    check_number(rig_events.len, 0);
}

static void connections_that_fail_at_first_end_it(void)
{
    rig_begin("Ann", false, false);
    rig_forget();
    session_unreachable(&rig_session, false, "connection refused");
    check(rig_was("No chat server answers at host:5000 (connection refused)."));
    check(rig_was("finish 69\n"));
    rig_begin("Ann", false, false);
    session_unreachable(&rig_session, true, "unknown");
    check(rig_was("is not found"));
    check(rig_was("finish 68\n"));
    rig_begin("Ann", false, false);
    session_connected(&rig_session, false);
    session_closed(&rig_session, NULL);
    check(rig_was("closed the connection before the talk began"));
    check(rig_was("finish 69\n"));
}

static void a_lost_connection_comes_back_with_name_and_lines(void)
{
    rig_begin_talk(false);
    rig_type("one");
    rig_type("two");
    session_sent(&rig_session, 6); // "one" and a part of "two"
    session_closed(&rig_session, "the connection broke");
    rig_expect(
        "tell Disconnected: the connection broke. Trying again in 1 s; what you type is kept.\n");
    check_number(session_deadline_ms(&rig_session), rig_now + 1000);
    rig_type("three");
    rig_expect("");
    rig_expect_sent("");
    rig_now += 999;
    session_tick(&rig_session);
    rig_expect("");
    rig_now += 1;
    session_tick(&rig_session);
    rig_expect("connect\n");
    session_connected(&rig_session, false);
    rig_expect("tell ✓ Connected again.\n");
    rig_expect_sent("Ann\n");
    rig_line(RULE);
    rig_expect_sent("two\nthree\n");
}

static void waits_double_up_to_30_s_with_jitter(void)
{
    static const int64_t waits_ms[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    rig_begin_talk(false);
    session_closed(&rig_session, NULL);
    for (size_t i = 0; i < sizeof waits_ms / sizeof *waits_ms; i++) {
        int64_t wait_ms = session_deadline_ms(&rig_session) - rig_now;
        check(wait_ms >= waits_ms[i] * 3 / 4 && wait_ms <= waits_ms[i] * 5 / 4);
        rig_luck = test_random(1000000);
        rig_wait_for_connect();
        session_unreachable(&rig_session, false, "connection refused");
    }
    // Somebody who is away for a night does not come back to a thousand lines.
    check(!rig_was("tell"));
}

static void only_a_connection_that_lasts_starts_the_waits_again(void)
{
    rig_begin_talk(false);
    for (int i = 0; i < 4; i++) {
        session_closed(&rig_session, NULL);
        rig_wait_for_connect();
        rig_get_in("Ann\n");
    }
    session_closed(&rig_session, NULL);
    check(session_deadline_ms(&rig_session) - rig_now > 10 * 1000);
    rig_wait_for_connect();
    rig_get_in("Ann\n");
    rig_now += 61 * 1000;
    session_closed(&rig_session, NULL);
    check(session_deadline_ms(&rig_session) - rig_now < 2 * 1000);
}

static void refuse_own_name(void)
{
    session_connected(&rig_session, false);
    rig_expect_sent("Ann\n");
    rig_line("[SYSTEM] The name \"Ann\" is taken. Choose another:");
}

static void a_name_held_by_the_lost_connection_is_tried_for_3_minutes(void)
{
    rig_begin_talk(false);
    session_closed(&rig_session, "the connection broke");
    int64_t start = rig_now;
    rig_wait_for_connect();
    refuse_own_name();
    check(rig_was("still held by the lost connection"));
    check(rig_was("disconnect\n"));
    check(!rig_was("ask name\n"));
    unsigned tries = 0;
    while (!rig_was("ask name\n") && tries < 100) {
        rig_wait_for_connect();
        refuse_own_name();
        check(!rig_was("still held"));
        tries++;
    }
    check(rig_now - start >= 3 * 60 * 1000 && rig_now - start < 4 * 60 * 1000);
    check(tries > 5);
    rig_type("Bea");
    rig_expect_sent("Bea\n");
}

static void a_name_that_gets_free_again_is_taken_up(void)
{
    rig_begin_talk(true);
    session_closed(&rig_session, "the connection broke");
    rig_wait_for_connect();
    refuse_own_name();
    rig_wait_for_connect();
    rig_type("hi");
    rig_get_in("Ann\n");
    rig_expect_sent("hi\n");
}

static void a_new_name_is_used_after_a_lost_connection(void)
{
    rig_begin_talk(false);
    rig_type("/nick Bea");
    rig_line("[SYSTEM] You are now known as Bea.");
    rig_line("[14:30:00] Bob: [SYSTEM] You are now known as Mallory.");
    session_closed(&rig_session, NULL);
    rig_wait_for_connect();
    session_connected(&rig_session, false);
    rig_expect_sent("Bea\n");
}

static void lines_that_cannot_be_kept_are_named(void)
{
    rig_begin_talk(false);
    session_closed(&rig_session, NULL);
    rig_forget();
    char text[1000] = {0};
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 65; i++) {
        rig_type(text);
    }
    rig_expect("");
    rig_type(text);
    check(rig_was("tell Too many lines wait"));
    check(rig_session.outbox.lines.len <= OUTBOX_MAX);
}

static void lines_over_4096_bytes_are_never_sent(void)
{
    char text[OUTBOX_LINE_MAX + 2] = {0};
    memset(text, 'x', OUTBOX_LINE_MAX);
    rig_begin_talk(true);
    rig_type(text);
    check_number(session_outgoing(&rig_session).len, OUTBOX_LINE_MAX + 1);
    session_sent(&rig_session, OUTBOX_LINE_MAX + 1);
    check_number(rig_events.len, 0);
    text[OUTBOX_LINE_MAX] = 'x';
    rig_type(text);
    check(rig_was("tell That line was not sent: a line may have 4096 bytes."));
    session_input_ended(&rig_session);
    rig_expect_sent("/quit\n");
    session_closed(&rig_session, NULL);
    check(rig_was("finish 65\n"));
}

static void leaving_without_a_connection_is_at_once(void)
{
    rig_begin("", false, false);
    session_input_ended(&rig_session);
    check(rig_was("finish 0\n"));

    rig_begin("Ann", false, false);
    session_interrupted(&rig_session);
    check(rig_was("disconnect\n"));
    check(rig_was("finish 0\n"));

    rig_begin_talk(false);
    session_closed(&rig_session, NULL);
    rig_forget();
    rig_type("/quit");
    rig_expect("disconnect\ntell Disconnected from chat server.\nfinish 0\n");
}

static void leaving_names_the_lines_that_were_not_sent(void)
{
    rig_begin_talk(false);
    session_closed(&rig_session, NULL);
    rig_type("one");
    rig_type("two");
    rig_forget();
    session_interrupted(&rig_session);
    rig_expect(
        "disconnect\ntell Disconnected from chat server; 2 lines were not sent.\nfinish 69\n");

    rig_begin_talk(false);
    rig_type("one");
    rig_type("/quit");
    session_closed(&rig_session, "the connection broke");
    rig_expect("tell Disconnected from chat server; 1 line was not sent.\nfinish 69\n");
}

static void the_second_interrupt_leaves_at_once(void)
{
    rig_begin_talk(false);
    session_interrupted(&rig_session);
    rig_expect("");
    rig_expect_sent("/quit\n");
    session_interrupted(&rig_session);
    rig_expect("disconnect\ntell Disconnected from chat server.\nfinish 0\n");
    session_interrupted(&rig_session);
    session_input_ended(&rig_session);
    rig_type("x");
    rig_expect("");
}

static void a_pipe_that_is_lost_before_its_end_comes_back(void)
{
    rig_begin_talk(true);
    rig_type("hi");
    session_input_ended(&rig_session);
    session_closed(&rig_session, "the connection broke");
    check(!rig_was("finish"));
    rig_wait_for_connect();
    rig_get_in("Ann\n");
    rig_expect_sent("hi\n/quit\n");
    session_closed(&rig_session, NULL);
    check(rig_was("finish 0\n"));
}

static void an_end_that_the_server_did_not_confirm_is_no_success(void)
{
    rig_begin_talk(true);
    rig_type("hi");
    session_input_ended(&rig_session);
    rig_expect_sent("hi\n/quit\n");
    session_closed(&rig_session, "the connection broke");
    check(rig_was("may be lost"));
    check(rig_was("finish 69\n"));

    rig_begin_talk(true);
    rig_type("hi");
    session_input_ended(&rig_session);
    rig_expect_sent("hi\n/quit\n");
    rig_line("[14:40:00] [SYSTEM] The server is shutting down");
    session_closed(&rig_session, NULL);
    check(rig_was("finish 69\n"));
}

static void a70_nothing_from_the_server_reaches_the_terminal_raw(void)
{
    rig_begin_talk(false);
    for (unsigned byte = 0; byte < 256; byte++) {
        char raw[] = {'a', (char)byte, 'b', (char)0xC2, (char)byte, 'c'};
        session_line(&rig_session, (struct text){raw, sizeof raw});
    }
    rig_line("\x1b]0;title\x07\x1b]52;c;aGk=\x07\x1bP+q\x1b\\\xc2\x9b"
             "2J\x1b[201~\xe2\x80\xae");
    for (size_t i = 0; i < rig_events.len; i++) {
        unsigned char byte = (unsigned char)rig_events.at[i];
        check(byte >= 0x20 || byte == '\n' || byte == '\t');
        check(byte != 0x7F);
        check(byte != 0xC2 || (unsigned char)rig_events.at[i + 1] >= 0xA0);
    }
    check(rig_was("\\x1b]0;title\\x07"));
    check(rig_was("\\x9b2J"));
    check(rig_was("\\u{202e}"));
    check(rig_was("a\\xffb"));
}

static void a70_refusals_and_farewells_are_made_visible_too(void)
{
    rig_begin("Bob", false, true);
    session_connected(&rig_session, false);
    rig_expect_sent("Bob\n");
    rig_line("[SYSTEM] \x1b[2J\xff");
    check(rig_was("tell \\x1b[2J\\xff Choose another"));
    check(!rig_was("\x1b"));
}

static void a70_the_name_of_a_room_is_made_visible(void)
{
    rig_begin_talk(false);
    rig_line("[SYSTEM] What you say goes to #\x1b[2J\xff now.");
    session_closed(&rig_session, NULL);
    rig_type("hi");
    rig_wait_for_connect();
    rig_get_in("Ann\n");
    rig_line("[SYSTEM] You cannot join #\x1b[2J\xff: it is closed");
    check(rig_was("tell You are not in #\\x1b[2J\\xff any more, so what you typed was not sent"));
    check(!rig_was("\x1b"));
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
    TEST(lines_that_cannot_be_kept_are_named);
    TEST(lines_over_4096_bytes_are_never_sent);
    TEST(leaving_without_a_connection_is_at_once);
    TEST(leaving_names_the_lines_that_were_not_sent);
    TEST(the_second_interrupt_leaves_at_once);
    TEST(a_pipe_that_is_lost_before_its_end_comes_back);
    TEST(an_end_that_the_server_did_not_confirm_is_no_success);
    TEST(a70_nothing_from_the_server_reaches_the_terminal_raw);
    TEST(a70_refusals_and_farewells_are_made_visible_too);
    TEST(a70_the_name_of_a_room_is_made_visible);
    session_finish(&rig_session);
    buf_finish(&rig_events);
    return test_end();
}
