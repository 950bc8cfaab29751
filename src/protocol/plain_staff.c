#include "protocol/plain_staff.h"

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
    enum role_result result = session_give_role(session, name, rest);
    if (result == ROLE_RESULT_DONE) {
        plain_say(session, "%.*s is %.*s now.", TEXT_ARG(name), TEXT_ARG(rest));
    } else {
        plain_say(session, "%s", role_result_text(result));
    }
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
