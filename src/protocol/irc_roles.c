// CLAIM, ROLE, AUDIT, KLINE and UNKLINE: roles on the server, and what those who have them do.
#include "protocol/irc_roles.h"
#include "base/utf8.h"
#include "chat/ban_report.h"
#include "chat/invitations.h"
#include "chat/reading.h"
#include "chat/rights.h"
#include "chat/roles.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_time.h"

enum { AUDIT_LINES = 20 };

static void answer(struct session *session, const char *command, enum role_result result,
                   struct text done)
{
    if (result == ROLE_RESULT_DONE) {
        irc_line(session, "NOTICE %s :%.*s", irc_nick(session), TEXT_ARG(done));
    } else {
        irc_standard(session, "FAIL", command, "CANNOT_CHANGE_ROLE", TEXT(""),
                     role_result_text(result));
    }
}

void irc_command_claim(struct session *session, const struct irc_message *message)
{
    answer(session, "CLAIM", session_claim(session, message->param[0]),
           TEXT("You own this server now"));
}

void irc_command_role(struct session *session, const struct irc_message *message)
{
    struct buf said;
    buf_init(&said, 256);
    enum role_result result =
        session_give_role(session, message->param[0], message->param[1], &said);
    answer(session, "ROLE", result, buf_text(&said));
    buf_finish(&said);
}

void irc_command_audit(struct session *session, const struct irc_message *message)
{
    uint64_t count = AUDIT_LINES;
    if (!rights_everywhere(session)) {
        irc_refuse_to_moderate(session);
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

static void answer_ban(struct session *session, const char *command, enum mode_result result,
                       struct text done)
{
    if (result == MODE_REFUSED) {
        irc_refuse_to_moderate(session);
    } else if (result == MODE_SAME) {
        irc_line(session, "NOTICE %s :%s", irc_nick(session), "That is so already");
    } else if (result == MODE_DONE || result == MODE_CHANGED) {
        irc_line(session, "NOTICE %s :%.*s", irc_nick(session), TEXT_ARG(done));
    } else {
        irc_standard(session, "FAIL", command, "CANNOT_BAN", TEXT(""), mode_result_text(result));
    }
}

// KLINE [<time>] <nick or mask> [:<reason>]
void irc_command_kline(struct session *session, const struct irc_message *message)
{
    struct ban ban = {0};
    size_t next = ban_time(message->param[0], &ban.for_ms) ? 1 : 0;
    if (next == message->param_count) {
        irc_numeric(session, 461, "KLINE :Not enough parameters");
        return;
    }
    ban.who = message->param[next];
    ban.why = message->param_count > next + 1
                  ? utf8_cut(message->param[next + 1], RULE_WHY_BYTES_MAX)
                  : TEXT("");
    enum refusal why;
    struct buf words;
    buf_init(&words, 32 * 1024);
    enum mode_result result = session_ban_report(session, &ban, &why, &words);
    answer_ban(session, "KLINE", result, utf8_cut(buf_text(&words), 400));
    buf_finish(&words);
}

void irc_command_unkline(struct session *session, const struct irc_message *message)
{
    struct ban ban = {.who = message->param[0]};
    enum refusal why;
    answer_ban(session, "UNKLINE", session_unban(session, &ban, &why), TEXT("The ban is lifted"));
}

void irc_stats_bans(struct session *session)
{
    const struct rule_list *bans = server_bans(session->core);
    for (size_t i = 0; i < bans->count; i++) {
        const struct rule_mask *ban = &bans->at[i];
        irc_numeric(session, 216, "K %.*s * %lld %.*s :%.*s", TEXT_ARG(ban->mask),
                    (long long)(ban->until_ms / 1000), TEXT_ARG(ban->by), TEXT_ARG(ban->why));
    }
}

static void make_invitation(struct session *session, const struct irc_message *message)
{
    struct invitation_wish wish;
    struct buf words;
    struct buf fault;
    char code[INVITATION_CODE_LEN + 1];
    buf_init(&words, 512);
    buf_init(&fault, 512);
    for (size_t i = 1; i < message->param_count; i++) {
        buf_printf(&words, "%.*s ", TEXT_ARG(message->param[i]));
    }
    bool read = invitation_read(session, buf_text(&words), &wish, &fault);
    const char *why = read ? session_invite_by_code(session, &wish, code) : NULL;
    if (!read) {
        buf_add_char(&fault, '\0');
        irc_standard(session, "FAIL", "INVITATION", "CANNOT_INVITE", TEXT(""), fault.at);
    } else if (why) {
        irc_standard(session, "FAIL", "INVITATION", "CANNOT_INVITE", TEXT(""), why);
    } else if (wish.room) {
        irc_line(session, "NOTICE %s :It is shown only once: /join %.*s %s", irc_nick(session),
                 TEXT_ARG(wish.room->shown), code);
    } else {
        irc_line(session, "NOTICE %s :It is shown only once: /redeem %s", irc_nick(session), code);
    }
    buf_finish(&fault);
    buf_finish(&words);
}

static void list_invitations(struct session *session)
{
    struct buf line;
    buf_init(&line, 512);
    const struct invitation *one = NULL;
    while ((one = session_next_invitation(session, one))) {
        buf_reset(&line);
        invitation_say(session->core, one, &line);
        irc_line(session, "NOTICE %s :%.*s", irc_nick(session), TEXT_ARG(buf_text(&line)));
    }
    irc_line(session, "NOTICE %s :End of the invitations", irc_nick(session));
    buf_finish(&line);
}

void irc_command_invitation(struct session *session, const struct irc_message *message)
{
    struct text verb = message->param[0];
    if (text_equal_nocase(verb, TEXT("MAKE"))) {
        make_invitation(session, message);
    } else if (text_equal_nocase(verb, TEXT("LIST"))) {
        list_invitations(session);
    } else if (message->param_count > 1 && text_equal_nocase(verb, TEXT("END")) &&
               session_end_invitation(session, message->param[1])) {
        irc_line(session, "NOTICE %s :That invitation opens nothing any more", irc_nick(session));
    } else {
        irc_standard(session, "FAIL", "INVITATION", "INVALID_PARAMS", TEXT(""),
                     "Say MAKE, LIST, or END and the first 8 letters as the list shows them");
    }
}

void irc_command_redeem(struct session *session, const struct irc_message *message)
{
    if (session_redeem(session, message->param[0])) {
        irc_line(session, "NOTICE %s :You may register here", irc_nick(session));
    } else {
        irc_standard(session, "FAIL", "REDEEM", "INVALID_CODE", TEXT(""),
                     "That code opens nothing. It may have been used, or have ended");
    }
}
