// Where a line goes that was typed before or while the connection was lost.
#include "client/session.h"
#include "support/test.h"
#include "unit/client_rig.h"

static void lose_and_come_back(void)
{
    session_closed(&rig_session, "the connection broke");
    rig_wait_for_connect();
}

static void kept_lines_go_to_the_room_of_before_alone(void)
{
    rig_begin_talk(false);
    rig_type("/join #Dev a secret");
    rig_type("/join #ops");
    rig_type("/room #dev");
    rig_expect_sent("/join #Dev a secret\n/join #ops\n/room #dev\n");
    rig_line("[SYSTEM] You are in #dev now, with 2 here. The topic is: You are in #x now, with 1");
    rig_line("[SYSTEM] You are in #ops now, with 1 here.");
    rig_line("[14:30:00] Bob: [SYSTEM] What you say goes to #bob now.");
    rig_line("[SYSTEM] What you say goes to #dev now.");
    session_closed(&rig_session, "the connection broke");
    rig_type("for dev");
    rig_wait_for_connect();
    rig_get_in("Ann\n");
    rig_expect_sent("/join #ops\n/join #Dev a secret\n");
    rig_line("[SYSTEM] You are in #ops now, with 1 here.");
    rig_expect_sent("");
    rig_line("[SYSTEM] You are in #dev now, with 2 here.");
    rig_expect_sent("for dev\n");
    check_number(session_deadline_ms(&rig_session), -1);
}

static void kept_lines_are_shown_when_their_room_refuses(void)
{
    rig_begin_talk(false);
    rig_line("[SYSTEM] You are in #dev now, with 2 here.");
    session_closed(&rig_session, "the connection broke");
    rig_type("one");
    rig_type("two\x1b");
    rig_wait_for_connect();
    rig_get_in("Ann\n");
    rig_expect_sent("/join #dev\n");
    rig_line("[SYSTEM] You cannot join #dev: you are banned.");
    rig_expect("show [SYSTEM] You cannot join #dev: you are banned.\n"
               "tell You are not in #dev any more, so what you typed was not sent to any room:\n"
               "tell one\ntell two\\x1b\n");
    rig_expect_sent("/room #lobby\n");
    rig_line("[SYSTEM] What you say goes to #lobby now.");
    rig_type("three");
    rig_expect_sent("three\n");
    lose_and_come_back();
    rig_get_in("Ann\n");
    rig_expect_sent("");
}

static void a_pipe_ends_when_its_room_refuses(void)
{
    rig_begin_talk(true);
    rig_line("[SYSTEM] You are in #dev now, with 2 here.");
    session_closed(&rig_session, "the connection broke");
    rig_type("one");
    session_input_ended(&rig_session);
    rig_wait_for_connect();
    rig_get_in("Ann\n");
    rig_expect_sent("/join #dev\n");
    rig_line("[SYSTEM] You cannot join #dev: you are banned.");
    check(rig_was("tell one\ndisconnect\n"));
    check(rig_was("1 line was not sent.\nfinish 69\n"));
    rig_expect_sent("");
}

static void a_room_that_does_not_answer_gets_nothing(void)
{
    rig_begin_talk(false);
    rig_line("[SYSTEM] You are in #dev now, with 2 here.");
    session_closed(&rig_session, "the connection broke");
    rig_type("one");
    rig_wait_for_connect();
    rig_get_in("Ann\n");
    rig_expect_sent("/join #dev\n");
    rig_now = session_deadline_ms(&rig_session);
    session_tick(&rig_session);
    check(rig_was("tell one\n"));
    rig_expect_sent("/room #lobby\n");
}

static void rooms_that_were_left_are_not_entered_again(void)
{
    rig_begin_talk(false);
    rig_line("[SYSTEM] You are in #dev now, with 2 here.");
    rig_line("[SYSTEM] You are in #ops now, with 2 here.");
    rig_line("[SYSTEM] You have left #ops. What you say goes to #dev now.");
    rig_line("[SYSTEM] You have left #lobby. What you say goes to #dev now.");
    lose_and_come_back();
    rig_get_in("Ann\n");
    rig_expect_sent("/part #lobby\n/join #dev\n");
    rig_line("[SYSTEM] You have left #lobby and are in no room. Type /join #lobby to talk.");
    rig_line("[SYSTEM] You are in #dev now, with 2 here.");
    rig_line("[SYSTEM] You are not in #dev any more. Type /join #lobby to talk elsewhere.");
    session_closed(&rig_session, "the connection broke");
    rig_type("nowhere");
    rig_wait_for_connect();
    session_connected(&rig_session, false);
    rig_expect_sent("Ann\n");
    rig_line(RULE);
    check(rig_was("tell You were in no room"));
    check(rig_was("tell nowhere\n"));
    rig_expect_sent("/room #lobby\n");
}

static void a_join_without_answer_counts(void)
{
    rig_begin_talk(false);
    rig_type("/join #dev pw");
    rig_expect_sent("/join #dev pw\n");
    rig_type("for dev");
    lose_and_come_back();
    rig_get_in("Ann\n");
    rig_expect_sent("/join #dev pw\n");
    rig_line("[SYSTEM] You are in #dev now, with 2 here.");
    rig_expect_sent("for dev\n");
}

static void a_connection_lost_on_the_way_back_starts_it_again(void)
{
    rig_begin_talk(false);
    rig_line("[SYSTEM] You are in #dev now, with 2 here.");
    lose_and_come_back();
    rig_get_in("Ann\n");
    session_sent(&rig_session, 5);
    lose_and_come_back();
    rig_get_in("Ann\n");
    rig_expect_sent("/join #dev\n");
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(kept_lines_go_to_the_room_of_before_alone);
    TEST(kept_lines_are_shown_when_their_room_refuses);
    TEST(a_pipe_ends_when_its_room_refuses);
    TEST(a_room_that_does_not_answer_gets_nothing);
    TEST(rooms_that_were_left_are_not_entered_again);
    TEST(a_join_without_answer_counts);
    TEST(a_connection_lost_on_the_way_back_starts_it_again);
    session_finish(&rig_session);
    buf_finish(&rig_events);
    return test_end();
}
