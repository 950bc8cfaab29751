#include "protocol/plain_staff.h"

#include "chat/invitations.h"
#include "chat/reading.h"
#include "chat/rights.h"
#include "chat/roles.h"
#include "protocol/plain_render.h"

enum { AUDIT_LINES = 20 };

void plain_run_claim(struct session *session, struct text rest)
{
    enum role_result result = session_claim(session, rest);
    plain_say(session, "%s",
              result == ROLE_RESULT_DONE ? "You own this server now." : role_result_text(result));
}

void plain_run_role(struct session *session, struct text rest)
{
    struct text name = text_word(&rest);
    struct buf said;
    buf_init(&said, 256);
    enum role_result result = session_give_role(session, name, rest, &said);
    if (result == ROLE_RESULT_DONE) {
        plain_say(session, "%.*s", TEXT_ARG(buf_text(&said)));
    } else {
        plain_say(session, "%s", role_result_text(result));
    }
    buf_finish(&said);
}

void plain_run_audit(struct session *session, struct text rest)
{
    uint64_t count = AUDIT_LINES;
    if (!rights_everywhere(session)) {
        plain_say(session, "Only the server's moderators may read that.");
    } else if (rest.len && (!text_number(rest, READING_MAX, &count) || count == 0)) {
        plain_say(session, "The number of lines is from 1 to %u.", READING_MAX);
    } else {
        session_read_audit(session, (uint32_t)count);
    }
}

static void make_invitation(struct session *session, struct text words)
{
    struct invitation_wish wish;
    char code[INVITATION_CODE_LEN + 1];
    struct buf fault;
    buf_init(&fault, 512);
    bool read = invitation_read(session, words, &wish, &fault);
    if (!read) {
        plain_say(session, "%.*s Type for example: /invitation make #den 3 7d",
                  TEXT_ARG(buf_text(&fault)));
    }
    buf_finish(&fault);
    if (!read) {
        return;
    }
    const char *why = session_invite_by_code(session, &wish, code);
    if (why) {
        plain_say(session, "%s", why);
    } else if (wish.room) {
        plain_say(session, "This lets in whoever types it, and is shown only once: /join %.*s %s",
                  TEXT_ARG(wish.room->shown), code);
    } else {
        plain_say(session,
                  "This lets whoever types it register, and is shown only once: "
                  "/redeem %s",
                  code);
    }
}

static void list_invitations(struct session *session)
{
    struct buf out;
    buf_init(&out, 256 * 1024);
    buf_add(&out, TEXT("--- Invitations ---\n"));
    const struct invitation *one = NULL;
    while ((one = session_next_invitation(session, one))) {
        invitation_say(session->core, one, &out);
        buf_add_char(&out, '\n');
    }
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

void plain_run_invitation(struct session *session, struct text rest)
{
    struct text verb = text_word(&rest);
    if (text_equal_nocase(verb, TEXT("make"))) {
        make_invitation(session, rest);
    } else if (text_equal_nocase(verb, TEXT("list"))) {
        list_invitations(session);
    } else if (text_equal_nocase(verb, TEXT("end")) && rest.len) {
        plain_say(session, "%s",
                  session_end_invitation(session, rest)
                      ? "That invitation opens nothing any more."
                      : "There is no such invitation. Give the first 8 letters of it, as "
                        "/invitation list shows them.");
    } else {
        plain_say(session, "Type /invitation make, list, or end and its first 8 letters.");
    }
}

void plain_run_redeem(struct session *session, struct text rest)
{
    if (session_redeem(session, rest)) {
        plain_say(session, "You may register here: type /register %sand a password.",
                  session->user ? "" : "with a name ");
    } else {
        plain_say(session, "That code opens nothing. It may have been used, or have ended.");
    }
}
