// REDACT (IRCv3 draft/message-redaction).
#include "protocol/irc_redact.h"
#include "base/utf8.h"
#include "chat/rights.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_history_query.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

#include <errno.h>

static void fail(struct session *session, const char *code, struct text target, struct text id,
                 const char *sentence)
{
    struct buf context;
    buf_init(&context, 512);
    buf_add(&context, irc_shown(target));
    if (id.len) {
        buf_printf(&context, " %.*s", TEXT_ARG(irc_shown(id)));
    }
    irc_standard(session, "FAIL", "REDACT", code, buf_text(&context), sentence);
    buf_finish(&context);
}

static void fail_unknown(struct session *session, struct text target, struct text id)
{
    fail(session, "UNKNOWN_MSGID", target, id, "This message does not exist or is too old");
}

void irc_redact_refused(struct session *session, const struct message *redaction, int error)
{
    struct text target =
        redaction->recipient.number ? redaction->recipient_name : redaction->place_shown;
    char id[32];
    snprintf(id, sizeof id, "%llx", (unsigned long long)redaction->id);
    if (error == -ENOENT) {
        fail_unknown(session, target, text_of(id));
    } else if (error == -EACCES) {
        fail(session, "REDACT_FORBIDDEN", target, text_of(id),
             "You are not authorised to delete this message");
    } else {
        fail(session, "REDACT_FORBIDDEN", target, text_of(id),
             "The deletion could not be kept, so nothing is deleted");
    }
}

void irc_command_redact(struct session *session, const struct irc_message *message)
{
    struct text target = message->param[0];
    struct text why = message->param_count > 2 ? message->param[2] : TEXT("");
    why = utf8_cut(why, session_limits(session)->reason_bytes);
    struct redaction redaction = {.name = target, .why = why};
    if (!irc_has(session, CAP_REDACTION)) {
        irc_numeric(session, 421, "REDACT :Unknown command");
        return;
    }
    if (text_starts(target, TEXT("#"))) {
        struct room *room = session_find_room(session, target);
        bool may = room && (room_member(session, room) || rights_everywhere(session));
        redaction.room = may ? room : NULL;
        redaction.any = may && rights_is_operator(session, room);
    } else {
        redaction.with = session_identity_of(session, target);
    }
    if (!redaction.room && !redaction.with.number) {
        fail(session, "INVALID_TARGET", target, TEXT(""), "You cannot delete messages from there");
    } else if (!irc_msgid_parse(message->param[1], &redaction.id)) {
        fail_unknown(session, target, message->param[1]);
    } else {
        session_redact(session, &redaction);
    }
}
