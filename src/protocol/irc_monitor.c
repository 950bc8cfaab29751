// MONITOR, and extended-monitor.
#include "chat/watch.h"

#include "chat/name.h"
#include "protocol/irc_channel.h"
#include "protocol/irc_commands.h"
#include "protocol/irc_metadata.h"
#include "protocol/irc_monitor.h"
#include "protocol/irc_people.h"
#include "protocol/irc_render.h"
#include "protocol/irc_reply.h"
#include "protocol/irc_state.h"

enum { MONITOR_MAX = 100, LINE_BYTES = 300 };

// The people of whom a session is told whether they are online.
struct status {
    struct irc_list online;
    struct irc_list offline;
};

static void status_init(struct status *status, struct session *session)
{
    irc_list_init(&status->online, session, 730, ',');
    irc_list_init(&status->offline, session, 731, ',');
}

static void status_add(struct status *status, const struct session *session, struct text name)
{
    struct user *user = session_find_user(session, name);
    if (!user) {
        irc_list_add(&status->offline, name);
        return;
    }
    struct buf mask;
    buf_init(&mask, 256);
    struct actor actor = user_actor(user);
    actor_add_mask(&mask, &actor);
    irc_list_add(&status->online, buf_text(&mask));
    buf_finish(&mask);
}

static void status_finish(struct status *status)
{
    irc_list_finish(&status->online, false);
    irc_list_finish(&status->offline, false);
}

// Those that no longer fit, as they were sent.
static void refuse(struct session *session, struct text names)
{
    while (names.len) {
        size_t len = names.len < LINE_BYTES ? names.len : LINE_BYTES;
        while (len < names.len && len > 0 && names.at[len] != ',') {
            len--;
        }
        len = len ? len : text_find(names, ',');
        irc_numeric(session, 734, "%d %.*s :Monitor list is full.", MONITOR_MAX,
                    TEXT_ARG(text_head(names, len)));
        names = text_skip(names, len + 1);
    }
}

static void add(struct session *session, struct text names)
{
    struct status status;
    status_init(&status, session);
    while (names.len) {
        struct text all = names;
        struct text name = irc_next_target(&names);
        enum name_fault fault = name_check(name);
        if (fault != NAME_OK) {
            irc_numeric(session, 432, "%.*s :A nickname %s", TEXT_ARG(irc_shown(name)),
                        name_fault_text(fault));
        } else if (watch_add(session, name, MONITOR_MAX)) {
            status_add(&status, session, name);
            struct user *user = session_find_user(session, name);
            if (user) {
                irc_metadata_watched(session, user);
            }
        } else {
            refuse(session, all);
            break;
        }
    }
    status_finish(&status);
}

static void take_away(struct session *session, struct text names)
{
    while (names.len) {
        watch_remove(session, irc_next_target(&names));
    }
}

static void clear(struct session *session, struct text names)
{
    (void)names;
    watch_clear(session);
}

static void show_list(struct session *session, struct text names)
{
    (void)names;
    struct irc_list list;
    irc_list_init(&list, session, 732, ',');
    for (struct watch *w = watch_next(session, NULL); w; w = watch_next(session, w)) {
        irc_list_add(&list, watch_name(w));
    }
    irc_list_finish(&list, false);
    irc_numeric(session, 733, ":End of MONITOR list");
}

static void show_status(struct session *session, struct text names)
{
    (void)names;
    struct status status;
    status_init(&status, session);
    for (struct watch *w = watch_next(session, NULL); w; w = watch_next(session, w)) {
        status_add(&status, session, watch_name(w));
    }
    status_finish(&status);
}

static const struct {
    char letter;
    bool names; // it takes some
    void (*run)(struct session *, struct text names);
} acts[] = {{'+', true, add},
            {'-', true, take_away},
            {'C', false, clear},
            {'L', false, show_list},
            {'S', false, show_status}};

void irc_command_monitor(struct session *session, const struct irc_message *message)
{
    struct text act = message->param[0];
    struct text names = message->param_count > 1 ? message->param[1] : TEXT("");
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (text_equal_nocase(act, (struct text){&acts[i].letter, 1})) {
            if (acts[i].names && names.len == 0) {
                irc_numeric(session, 461, "MONITOR :Not enough parameters");
            } else {
                acts[i].run(session, names);
            }
            return;
        }
    }
    irc_standard(session, "FAIL", "MONITOR", "INVALID_PARAMS", irc_shown(act),
                 "MONITOR takes one of + - C L S");
}

// Nobody's command has caused these lines, so they stand outside any answer.

void irc_watched(struct session *session, const struct actor *actor, bool online)
{
    struct buf line;
    buf_init(&line, 512);
    buf_printf(&line, ":%.*s %d %s :", TEXT_ARG(irc_server(session)), online ? 730 : 731,
               irc_nick(session));
    if (online) {
        actor_add_mask(&line, actor);
    } else {
        buf_add(&line, actor->name);
    }
    buf_add(&line, TEXT("\r\n"));
    session_reply(session, buf_text(&line));
    buf_finish(&line);
    struct user *user = online ? session_find_user(session, actor->name) : NULL;
    if (user) {
        irc_metadata_watched(session, user);
    }
}

void irc_watched_acts(struct session *session, const struct event *event)
{
    struct user *user = session_find_user(session, event->actors[0].name);
    // Who shares a room is told there.
    if (!irc_has(session, CAP_EXTENDED_MONITOR) || (user && irc_shares_room(session, user))) {
        return;
    }
    struct buf lines;
    buf_init(&lines, 1024);
    irc_render(event, session->options, &lines);
    session_reply(session, buf_text(&lines));
    buf_finish(&lines);
}
