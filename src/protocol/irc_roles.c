// CLAIM, ROLE and AUDIT: roles on the server, and what those who have them have done.
#include "protocol/irc_roles.h"
#include "base/utf8.h"
#include "chat/reading.h"
#include "chat/rights.h"
#include "chat/roles.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_time.h"

enum { AUDIT_LINES = 20 };

static void answer(struct session *session, const char *command, enum role_result result,
                   const char *done)
{
    if (result == ROLE_RESULT_DONE) {
        irc_line(session, "NOTICE %s :%s", irc_nick(session), done);
    } else {
        irc_standard(session, "FAIL", command, "CANNOT_CHANGE_ROLE", TEXT(""),
                     role_result_text(result));
    }
}

void irc_command_claim(struct session *session, const struct irc_message *message)
{
    answer(session, "CLAIM", session_claim(session, message->param[0]), "You own this server now");
}

void irc_command_role(struct session *session, const struct irc_message *message)
{
    answer(session, "ROLE", session_give_role(session, message->param[0], message->param[1]),
           "The account has its role");
}

void irc_command_audit(struct session *session, const struct irc_message *message)
{
    uint64_t count = AUDIT_LINES;
    if (!rights_everywhere(session)) {
        irc_refuse_to_operate(session);
    } else if (message->param_count &&
               (!text_number(message->param[0], READING_MAX, &count) || count == 0)) {
        irc_standard(session, "FAIL", "AUDIT", "INVALID_PARAMS", TEXT(""),
                     "The number of lines is from 1 to 500");
    } else {
        session_read_audit(session, (uint32_t)count);
    }
}

void irc_audit_page(struct session *session, const struct page *page)
{
    struct buf time;
    buf_init(&time, 64);
    for (size_t i = 0; i < page->count; i++) {
        const struct message *m = &page->messages[i];
        buf_reset(&time);
        irc_time_add(&time, m->time_ms);
        irc_line(session, "NOTICE %s :%.*s %.*s %.*s", irc_nick(session), TEXT_ARG(buf_text(&time)),
                 TEXT_ARG(m->sender_name), TEXT_ARG(utf8_cut(m->text, 350)));
    }
    if (page->last) {
        irc_line(session, "NOTICE %s :%s", irc_nick(session),
                 page->error ? "The audit log cannot be read now" : "End of the audit log");
    }
    buf_finish(&time);
}
