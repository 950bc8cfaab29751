// hobnob and the door: passwords, and the tokens that are kept instead.
#include "client/session.h"
#include "support/test.h"
#include "unit/client_rig.h"

#define ASKS "[SYSTEM] The name \"Ann\" is registered. Type its password:"
#define WRONG "[SYSTEM] That name and password do not belong together."
#define AGAIN "[SYSTEM] Type the password of \"Ann\" again, or an empty line for another name:"
#define DIGITS "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TOKEN "hobnob-token:" DIGITS
#define GIVES "[SYSTEM] This lets a client in instead of your password; it is shown only once: "

static void at_the_door(bool piped, const char *token)
{
    rig_begin("Ann", false, piped);
    rig_token = token;
    session_connected(&rig_session, false);
    rig_expect_sent("Ann\n");
    rig_forget();
    rig_line(ASKS);
}

static void a_password_is_asked_for_and_brings_a_token(void)
{
    at_the_door(false, NULL);
    rig_expect("show " ASKS "\nask secret\n");
    rig_type("correct horse");
    rig_expect("ask talk\n");
    rig_expect_sent("correct horse\n");
    rig_type("hello");
    rig_line(RULE);
    rig_expect("show " RULE "\n");
    rig_expect_sent("/token\nhello\n");
    rig_line(GIVES TOKEN);
    rig_expect("keep Ann " TOKEN "\n"); // and nobody sees it
    rig_line(GIVES TOKEN);              // the person has asked for this one
    rig_expect("show " GIVES TOKEN "\n");
}

static void a_kept_token_needs_no_words(void)
{
    at_the_door(true, TOKEN);
    rig_expect("");
    rig_expect_sent(TOKEN "\n");
    rig_line(RULE);
    rig_expect("show " RULE "\n");
    rig_expect_sent("");
    session_closed(&rig_session, NULL);
    rig_wait_for_connect();
    session_connected(&rig_session, false);
    rig_expect_sent("Ann\n");
    rig_forget();
    rig_line(ASKS);
    rig_expect_sent(TOKEN "\n");
}

static void a_token_that_has_ended_is_forgotten_and_the_password_asked_for(void)
{
    at_the_door(false, TOKEN);
    rig_expect_sent(TOKEN "\n");
    rig_line(WRONG);
    rig_line(AGAIN);
    rig_expect("show " WRONG "\nkeep Ann \nshow " AGAIN "\nask secret\n");
    rig_expect_sent("");
    rig_type("wrong horse");
    rig_line(WRONG);
    rig_line(AGAIN);
    rig_expect("ask talk\nshow " WRONG "\nshow " AGAIN "\nask secret\n");
    rig_expect_sent("wrong horse\n");
    rig_type("correct horse");
    rig_expect_sent("correct horse\n");
    rig_line(RULE);
    rig_expect_sent("/token\n");
}

static void a_pipe_whose_token_has_ended_leaves(void)
{
    at_the_door(true, TOKEN);
    rig_expect_sent(TOKEN "\n");
    rig_line(WRONG);
    rig_line(AGAIN);
    check(rig_was("keep Ann \n") && rig_was("disconnect\nfinish 77\n"));
    rig_expect_sent("");
}

static void a_wrong_password_is_asked_for_again_and_an_empty_one_goes_back(void)
{
    at_the_door(false, NULL);
    rig_type("wrong horses");
    rig_expect_sent("wrong horses\n");
    rig_forget();
    rig_line(WRONG);
    rig_line(AGAIN);
    rig_expect("show " WRONG "\nshow " AGAIN "\nask secret\n");
    rig_type("");
    rig_expect_sent("\n");
    rig_forget();
    rig_line("[SYSTEM] Then choose another name:");
    rig_expect("show [SYSTEM] Then choose another name:\nask name\n");
    rig_type("Bea");
    rig_expect_sent("Bea\n");
}

static void nobody_can_be_asked_in_a_pipe(void)
{
    at_the_door(true, NULL);
    check(rig_was("disconnect\nfinish 77\n"));
    rig_expect_sent("");
}

static void a_token_is_not_shown_to_a_network(void)
{
    rig_begin("Ann", false, false);
    rig_token = TOKEN;
    session_connected(&rig_session, true);
    rig_expect_sent("Ann\n");
    rig_line(ASKS);
    check(rig_was("ask secret\n"));
    rig_expect_sent("");
    rig_type("correct horse"); // who types it has been told
    rig_expect_sent("correct horse\n");
    rig_line(RULE);
    rig_expect_sent("");
}

static void the_servers_password_is_asked_for_too(void)
{
    rig_begin("Ann", false, false);
    rig_token = TOKEN;
    session_connected(&rig_session, false);
    rig_expect_sent("Ann\n");
    rig_line("[SYSTEM] This server asks everybody for its password. Type it:");
    check(rig_was("ask secret\n"));
    rig_type("fiend");
    rig_expect_sent("fiend\n");
    rig_forget();
    rig_line("[SYSTEM] That is not the server's password.");
    rig_line("[SYSTEM] Type the server's password again, or an empty line for another name:");
    check(rig_was("ask secret\n"));
    rig_type("friend");
    rig_expect_sent("friend\n");
    rig_line(RULE);
    rig_expect_sent(""); // it is nobody's password
}

static void registering_and_new_passwords_bring_tokens(void)
{
    rig_begin_talk(false);
    rig_line("[SYSTEM] The name Ann is yours now, and you are logged in. Nobody gets in under it "
             "without your password.");
    rig_expect_sent("/token\n");
    rig_token = TOKEN;
    rig_line("[SYSTEM] You are logged in as Ann.");
    rig_expect_sent(""); // one is kept
    rig_line("[SYSTEM] You have a new password. Wherever else you were logged in, you are not any "
             "more.");
    rig_expect_sent("/token\n");
    rig_token = NULL;
    rig_line("[SYSTEM] You are logged in as Bob.");
    rig_line("[12:00:00] Bob: [SYSTEM] You are logged in as Ann.");
    rig_expect_sent("");
}

static void what_others_say_is_no_token(void)
{
    at_the_door(false, NULL);
    rig_type("correct horse");
    rig_expect_sent("correct horse\n");
    rig_line(RULE);
    rig_expect_sent("/token\n");
    rig_forget();
    rig_line("[12:00:00] Bob: " GIVES TOKEN);
    rig_line(GIVES "hobnob-token:0123");
    rig_line(GIVES TOKEN "0");
    check(!rig_was("keep "));
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a_password_is_asked_for_and_brings_a_token);
    TEST(a_kept_token_needs_no_words);
    TEST(a_token_that_has_ended_is_forgotten_and_the_password_asked_for);
    TEST(a_pipe_whose_token_has_ended_leaves);
    TEST(a_wrong_password_is_asked_for_again_and_an_empty_one_goes_back);
    TEST(nobody_can_be_asked_in_a_pipe);
    TEST(a_token_is_not_shown_to_a_network);
    TEST(the_servers_password_is_asked_for_too);
    TEST(registering_and_new_passwords_bring_tokens);
    TEST(what_others_say_is_no_token);
    session_finish(&rig_session);
    buf_finish(&rig_events);
    return test_end();
}
