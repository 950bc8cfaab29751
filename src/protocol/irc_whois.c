// WHOIS, WHOWAS, USERHOST, ISON.
#include "chat/departed.h"
#include "chat/rights.h"
#include "protocol/irc_channel.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_metadata.h"
#include "protocol/irc_mode.h"
#include "protocol/irc_names.h"
#include "protocol/irc_people.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_services.h"
#include "protocol/irc_state.h"

#include <time.h>

enum {
    WHOWAS_MAX = 50,
    USERHOST_MAX = 5,
    ISON_BYTES = 380,
};

static void send_user(struct session *session, int number, const struct actor *actor)
{
    struct buf host;
    buf_init(&host, 64);
    irc_add_host(&host, actor);
    irc_numeric(session, number, "%.*s %.*s %.*s * :%.*s", TEXT_ARG(actor->name),
                TEXT_ARG(irc_login(actor)), TEXT_ARG(buf_text(&host)), TEXT_ARG(actor->real_name));
    buf_finish(&host);
}

// Of somebody invisible only the rooms that both are in are told.
static bool shows_room(const struct session *session, const struct user *user,
                       const struct room *room)
{
    return rights_see(session, room) && irc_sees(session, user, room);
}

static void send_channels(struct session *session, const struct user *user)
{
    struct irc_list list;
    irc_list_init(&list, session, 319, ' ');
    buf_printf(&list.head, "%.*s ", TEXT_ARG(user->name));
    struct buf word;
    buf_init(&word, 256);
    for (const struct session *s = user->sessions; s; s = s->links.user_next) {
        for (const struct member *m = s->members; m; m = m->session_next) {
            // Of several sessions in one room, the first one counts.
            if (user_member(user, m->room) == m && shows_room(session, user, m->room)) {
                buf_printf(&word, "%s%.*s", irc_prefixes(session, m->ranks),
                           TEXT_ARG(m->room->shown));
                irc_list_add(&list, buf_text(&word));
                buf_reset(&word);
            }
        }
    }
    buf_finish(&word);
    irc_list_finish(&list, false);
}

static bool is_secure(const struct user *user)
{
    const struct session *s = user->sessions;
    while (s && !s->state.stays && s->peer.secure) {
        s = s->links.user_next;
    }
    return user->sessions != s && (!s || s->state.stays); // who stays comes last
}

static void send_certificates(struct session *session, const struct user *user)
{
    for (const struct session *s = user->sessions; s; s = s->links.user_next) {
        if (s->peer.certificate) {
            irc_numeric(session, 276, "%.*s :has client certificate fingerprint %s",
                        TEXT_ARG(user->name), s->peer.certificate);
        }
    }
}

// What only the user itself and operators are told.
static void send_confidences(struct session *session, const struct user *user)
{
    struct text address = irc_address(session, user);
    if (address.len == 0) {
        return;
    }
    struct actor actor = user_actor(user);
    struct buf shown;
    buf_init(&shown, 128);
    irc_add_address(&shown, address, "");
    irc_numeric(session, 338, "%.*s %.*s@%.*s %.*s :Is actually using host", TEXT_ARG(user->name),
                TEXT_ARG(irc_login(&actor)), TEXT_ARG(buf_text(&shown)),
                TEXT_ARG(buf_text(&shown)));
    buf_reset(&shown);
    irc_mode_add_user(user, &shown);
    irc_numeric(session, 379, "%.*s :is using modes %.*s", TEXT_ARG(user->name),
                TEXT_ARG(buf_text(&shown)));
    buf_finish(&shown);
    send_certificates(session, user);
}

static void send_whois(struct session *session, struct user *user)
{
    struct text name = user->name;
    struct actor actor = user_actor(user);
    send_user(session, 311, &actor);
    send_channels(session, user);
    irc_numeric(session, 312, "%.*s %.*s :%.*s", TEXT_ARG(name), TEXT_ARG(irc_server(session)),
                TEXT_ARG(session_info(session)->description));
    if (user->is_operator) {
        irc_numeric(session, 313, "%.*s :is an IRC operator", TEXT_ARG(name));
    }
    if (user->account.len) {
        irc_numeric(session, 330, "%.*s %.*s :is logged in as", TEXT_ARG(name),
                    TEXT_ARG(user->account));
    }
    if (user->modes & USER_BOT) {
        irc_numeric(session, 335, "%.*s :is a bot", TEXT_ARG(name));
    }
    if (is_secure(user)) {
        irc_numeric(session, 671, "%.*s :is using a secure connection", TEXT_ARG(name));
    }
    if (user->away) {
        irc_numeric(session, 301, "%.*s :%s", TEXT_ARG(name), user->away);
    }
    irc_metadata_whois(session, user);
    send_confidences(session, user);
    irc_numeric(session, 317, "%.*s %lld %lld :seconds idle, signon time", TEXT_ARG(name),
                (long long)irc_idle_s(session, user), (long long)(user->since.wall_ms / 1000));
}

void irc_command_whois(struct session *session, const struct irc_message *message)
{
    if (message->param_count > 1 && !irc_is_here(session, message->param[0])) {
        irc_numeric(session, 402, "%.*s :No such server", TEXT_ARG(irc_shown(message->param[0])));
        return;
    }
    struct text list = message->param_count ? message->param[message->param_count > 1] : TEXT("");
    struct text nick = irc_next_target(&list);
    if (nick.len == 0) {
        irc_numeric(session, 431, ":No nickname given");
        return;
    }
    struct user *user = session_find_user(session, nick);
    const struct irc_service *service = irc_service_find(nick);
    if (service) {
        irc_service_whois(session, service);
    } else if (user) {
        send_whois(session, user);
    } else {
        irc_numeric(session, 401, "%.*s :No such nick/channel", TEXT_ARG(irc_shown(nick)));
    }
    irc_numeric(session, 318, "%.*s :End of /WHOIS list", TEXT_ARG(irc_shown(nick)));
}

static void send_departed(struct session *session, const struct departed *departed)
{
    send_user(session, 314, &departed->actor);
    if (session->user->is_operator) {
        struct buf address;
        buf_init(&address, 64);
        irc_add_address(&address, departed->address, "*");
        irc_numeric(session, 338, "%.*s %.*s :Was actually using host",
                    TEXT_ARG(departed->actor.name), TEXT_ARG(buf_text(&address)));
        buf_finish(&address);
    }
    char date[64];
    time_t left = (time_t)(departed->left_ms / 1000);
    struct tm utc;
    gmtime_r(&left, &utc);
    strftime(date, sizeof date, "%a %b %d %Y %H:%M:%S UTC", &utc);
    irc_numeric(session, 312, "%.*s %.*s :%s", TEXT_ARG(departed->actor.name),
                TEXT_ARG(irc_server(session)), date);
}

void irc_command_whowas(struct session *session, const struct irc_message *message)
{
    struct text nick = message->param_count ? message->param[0] : TEXT("");
    if (nick.len == 0) {
        irc_numeric(session, 431, ":No nickname given");
        return;
    }
    // Anything that is not a positive number means all.
    uint64_t most = 0;
    if (message->param_count > 1) {
        text_number(message->param[1], WHOWAS_MAX, &most);
    }
    most = most ? most : WHOWAS_MAX;
    struct buf key;
    buf_init(&key, NAME_KEY_MAX);
    uint64_t count = 0;
    if (nick.len <= NAME_BYTES_MAX && name_fold(nick, &key)) {
        size_t after = 0;
        const struct departed *departed;
        while (count < most &&
               (departed = departed_find(session_departed(session), buf_text(&key), &after))) {
            send_departed(session, departed);
            count++;
        }
    }
    buf_finish(&key);
    if (count == 0) {
        irc_numeric(session, 406, "%.*s :There was no such nickname", TEXT_ARG(irc_shown(nick)));
    }
    irc_numeric(session, 369, "%.*s :End of WHOWAS", TEXT_ARG(irc_shown(nick)));
}

void irc_command_userhost(struct session *session, const struct irc_message *message)
{
    struct irc_list list;
    irc_list_init(&list, session, 302, ' ');
    struct buf word;
    buf_init(&word, 256);
    for (size_t i = 0; i < message->param_count && i < USERHOST_MAX; i++) {
        struct user *user = session_find_user(session, message->param[i]);
        if (user) {
            struct actor actor = user_actor(user);
            buf_printf(&word, "%.*s%s=%c", TEXT_ARG(user->name), user->is_operator ? "*" : "",
                       user->away ? '-' : '+');
            actor_add_host(&word, &actor);
            irc_list_add(&list, buf_text(&word));
            buf_reset(&word);
        }
    }
    buf_finish(&word);
    irc_list_finish(&list, true);
}

void irc_command_ison(struct session *session, const struct irc_message *message)
{
    // One line, since clients compare it with what they have asked.
    struct buf line;
    buf_init(&line, ISON_BYTES);
    for (size_t i = 0; i < message->param_count; i++) {
        struct text names = message->param[i];
        for (struct text name = text_word(&names); name.len; name = text_word(&names)) {
            struct user *user = session_find_user(session, name);
            if (user && !line.overflow) {
                buf_printf(&line, "%s%.*s", line.len ? " " : "", TEXT_ARG(user->name));
            }
        }
    }
    irc_numeric(session, 303, ":%.*s", TEXT_ARG(buf_text(&line)));
    buf_finish(&line);
}
