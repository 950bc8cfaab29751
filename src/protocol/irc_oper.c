// Operators of the server: OPER, KILL, WALLOPS, REHASH.
#include "base/utf8.h"
#include "chat/login.h"
#include "protocol/irc.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_people.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

enum { WALLOPS_BYTES = 390 };

void irc_refuse_to_operate(struct session *session)
{
    irc_numeric(session, 481, ":Permission Denied- You're not an IRC operator");
}

void irc_refuse_to_moderate(struct session *session)
{
    irc_numeric(session, 481, ":Permission Denied- Only the server's moderators may do that");
}

// Looks at all of them, so that the time it takes tells nothing of who there is.
static bool is_operator(const struct server_info *info, struct text name, struct text password)
{
    bool found = false;
    for (size_t i = 0; i < info->operator_count; i++) {
        const struct operator_account *account = &info->operators[i];
        bool same_name = text_equal_secret(account->name, name);
        bool same_password = text_equal_secret(account->password, password);
        found |= same_name & same_password;
    }
    return found;
}

static void refuse(struct session *session)
{
    session_note(session, "has given a wrong operator's name or password");
    irc_numeric(session, 464, ":Password incorrect");
    if (++session->state.name_tries >= session_limits(session)->name_tries) {
        session_quit(session, CLOSE_PASSWORD, TEXT(""));
    }
}

static bool may_send_password(struct session *session)
{
    struct account_answer answer = {.act = ACCOUNT_ACT_LOG_IN,
                                    .result = session_may_send_secrets(session)};
    if (answer.result != ACCOUNT_DONE) {
        struct buf sentence;
        buf_init(&sentence, 1024);
        account_answer_say(&answer, &sentence);
        irc_numeric(session, 464, ":%.*s", TEXT_ARG(buf_text(&sentence)));
        buf_finish(&sentence);
    }
    return answer.result == ACCOUNT_DONE;
}

void irc_command_oper(struct session *session, const struct irc_message *message)
{
    struct user *user = session->user;
    if (!may_send_password(session)) {
        return;
    }
    if (!is_operator(session_info(session), message->param[0], message->param[1])) {
        refuse(session);
        return;
    }
    session->state.name_tries = 0;
    if (!user->is_operator) {
        user->is_operator = true;
        session_note(session, "is an operator now, as \"%.*s\"", TEXT_ARG(message->param[0]));
    }
    irc_numeric(session, 381, ":You are now an IRC operator");
    struct actor actor = user_actor(user);
    irc_line_from(session, &actor, "MODE %.*s +o", TEXT_ARG(user->name));
}

// Sends one line to another session, outside any answer that it is being given.
static void send_line(struct session *to, const struct actor *from, const char *command,
                      struct text target, struct text text)
{
    struct buf line;
    buf_init(&line, 1024);
    buf_add_char(&line, ':');
    actor_add_mask(&line, from);
    buf_printf(&line, " %s %.*s%s:%.*s\r\n", command, TEXT_ARG(target), target.len ? " " : "",
               TEXT_ARG(text));
    session_reply(to, buf_text(&line));
    buf_finish(&line);
}

void irc_command_kill(struct session *session, const struct irc_message *message)
{
    struct user *user = session_find_user(session, message->param[0]);
    if (!user) {
        irc_numeric(session, 401, "%.*s :No such nick/channel",
                    TEXT_ARG(irc_shown(message->param[0])));
        return;
    }
    struct text why = message->param_count > 1 ? message->param[1] : TEXT("");
    why = utf8_cut(why.len ? why : TEXT("no reason was given"),
                   session_limits(session)->reason_bytes);
    session_note(session, "has ended the connection of %.*s: %.*s", TEXT_ARG(user->name),
                 TEXT_ARG(why));
    struct actor actor = user_actor(session->user);
    for (struct session *s = user->sessions; s; s = s->links.user_next) {
        if (s->protocol == &irc_protocol) {
            send_line(s, &actor, "KILL", user->name, why);
        }
    }
    session_put_out_user(session, user, why);
}

void irc_command_wallops(struct session *session, const struct irc_message *message)
{
    struct text text = utf8_cut(message->param[0], WALLOPS_BYTES);
    if (text.len == 0) {
        irc_numeric(session, 461, "WALLOPS :Not enough parameters");
        return;
    }
    const struct user_registry *users = session_users(session);
    struct actor actor = user_actor(session->user);
    for (size_t i = 0; i < users->count; i++) {
        struct session *s =
            users->sorted[i]->modes & USER_WALLOPS ? users->sorted[i]->sessions : NULL;
        for (; s; s = s->links.user_next) {
            if (s->protocol == &irc_protocol && s != session) {
                send_line(s, &actor, "WALLOPS", TEXT(""), text);
            }
        }
    }
    if (session->user->modes & USER_WALLOPS) {
        irc_line_from(session, &actor, "WALLOPS :%.*s", TEXT_ARG(text));
    }
}

void irc_command_rehash(struct session *session, const struct irc_message *message)
{
    (void)message;
    session_note(session, "has asked for the configuration to be read again");
    if (session_reload(session)) {
        irc_numeric(session, 382, "hobnobd.conf :Rehashing");
    } else {
        irc_standard(session, "FAIL", "REHASH", "CANNOT_REHASH", TEXT(""),
                     "There is no configuration to read again");
    }
}
