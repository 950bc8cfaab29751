#include "protocol/control.h"

#include "base/ascii_json.h"
#include "base/must.h"
#include "base/utf8.h"
#include "base/version.h"
#include "chat/reading.h"
#include "chat/session.h"
#include "chat/task.h"
#include "protocol/control_account.h"
#include "protocol/control_ban.h"
#include "protocol/control_export.h"

enum { ANNOUNCED_BYTES = 390 }; // fit into a line of IRC

// The same for what people will read on one line.
static bool read_line(struct session *session, const json_t *request, const char *name,
                      size_t bytes_max, struct text *line)
{
    *line = control_parameter(request, name);
    if (!control_line_is_text(*line)) {
        control_fail(session, "The %s must be one line, without control characters.", name);
        return false;
    }
    if (line->len > bytes_max) {
        control_fail(session, "The %s has %zu bytes; at most %zu are allowed.", name, line->len,
                     bytes_max);
        return false;
    }
    return true;
}

// users

static json_t *sessions_of(const struct user *user)
{
    json_t *list = json_array();
    for (const struct session *s = user->sessions; s && !s->state.stays; s = s->links.user_next) {
        json_array_append_new(list, json_pack("{sssssisb}", "protocol", s->protocol->name,
                                              "address", s->peer.address, "port", (int)s->peer.port,
                                              "secure", s->peer.secure));
    }
    return list;
}

// Each room once, however many of the user's sessions are in it.
static json_t *rooms_of(const struct user *user)
{
    json_t *list = json_array();
    for (const struct session *s = user->sessions; s; s = s->links.user_next) {
        for (const struct member *m = s->members; m; m = m->session_next) {
            if (user_member(user, m->room) == m) {
                json_array_append_new(list, control_text(m->room->shown));
            }
        }
    }
    return list;
}

static json_t *user_row(const struct user *user, struct moment now)
{
    json_t *row = json_pack("{sosIsIsosb}", "name", control_text(user->name), "since_ms",
                            (json_int_t)user->since.wall_ms, "idle_s",
                            (json_int_t)((now.mono_ms - user->spoke.mono_ms) / 1000), "account",
                            user->account.len ? control_text(user->account) : json_null(),
                            "operator", user->is_operator);
    if (user->away) {
        json_object_set_new(row, "away", control_text(text_of(user->away)));
    }
    json_object_set_new(row, "rooms", rooms_of(user));
    json_object_set_new(row, "sessions", sessions_of(user));
    return row;
}

static bool users_part(struct session *session, struct text subject, struct buf *from,
                       struct buf *out)
{
    (void)subject;
    const struct user_registry *users = session_users(session);
    size_t i = from->len ? user_registry_rank(users, buf_text(from)) : 0;
    while (i < users->count && out->len < CONTROL_PART_BYTES) {
        control_row_add(user_row(users->sorted[i++], session_now(session)), out);
    }
    if (i == users->count) {
        return false;
    }
    buf_reset(from);
    buf_add(from, users->sorted[i]->key);
    return true;
}

static void run_users(struct session *session, const json_t *request)
{
    (void)request;
    session_list(session, users_part, TEXT(""));
}

// rooms

static json_t *room_row(const struct room *room)
{
    return json_pack("{sosIsIso}", "name", control_text(room->shown), "members",
                     (json_int_t)room->member_count, "messages", (json_int_t)room->last_seq,
                     "topic", control_text(room->topic));
}

static bool rooms_part(struct session *session, struct text subject, struct buf *from,
                       struct buf *out)
{
    (void)subject;
    struct room *room = session_resume_rooms(session, buf_text(from));
    while (room && out->len < CONTROL_PART_BYTES) {
        control_row_add(room_row(room), out);
        room = session_next_room(session, room);
    }
    room_stand(room, from);
    return room != NULL;
}

static void run_rooms(struct session *session, const json_t *request)
{
    (void)request;
    session_list(session, rooms_part, TEXT(""));
}

static bool control_has_secret(const struct session *session, struct text line)
{
    (void)session;
    return line.len && memmem(line.at, line.len, "password", strlen("password"));
}

// What has been listed whole.
static void control_answered(struct session *session)
{
    if (!control_export_goes_on(session)) {
        control_succeed(session);
    }
}

static void run_broadcast(struct session *session, const json_t *request)
{
    struct text text;
    if (!read_line(session, request, "text", ANNOUNCED_BYTES, &text)) {
        return;
    }
    if (text.len == 0) {
        control_fail(session, "Say what is to be told to everybody, as \"text\".");
        return;
    }
    session_note(session, "has told everybody: %.*s", TEXT_ARG(text));
    session_announce(session, text);
    control_succeed(session);
}

static void run_kill(struct session *session, const json_t *request)
{
    struct text why;
    struct text name = control_parameter(request, "user");
    if (!read_line(session, request, "reason", session_limits(session)->reason_bytes, &why)) {
        return;
    }
    struct user *user = session_find_user(session, name);
    if (!user) {
        control_fail(session, "Nobody called \"%.*s\" is online.",
                     TEXT_ARG(utf8_cut(name, NAME_BYTES_MAX)));
        return;
    }
    why = why.len ? why : TEXT("no reason was given");
    session_note(session, "has ended the connection of %.*s: %.*s", TEXT_ARG(user->name),
                 TEXT_ARG(why));
    struct buf said;
    buf_init(&said, 256);
    buf_printf(&said, "%.*s has been put out.", TEXT_ARG(user->name));
    session_put_out_user(session, user, why);
    control_succeed_saying(session, buf_text(&said));
    buf_finish(&said);
}

// What is done outside.

static void ask(struct session *session, enum task_kind kind, struct text path)
{
    if (!session_ask(session, &(struct task){.kind = kind, .path = path})) {
        control_fail(session, "This server cannot do that.");
    }
}

static void run_status(struct session *session, const json_t *request)
{
    (void)request;
    control_send(session, json_pack("{sssosIsIsI}", "version", HOBNOB_VERSION, "name",
                                    control_text(session_server_name(session)), "users",
                                    (json_int_t)session_users(session)->count, "users_most",
                                    (json_int_t)session_most_users(session), "rooms",
                                    (json_int_t)session_room_count(session)));
    ask(session, TASK_STATUS, TEXT(""));
}

static void run_reload(struct session *session, const json_t *request)
{
    (void)request;
    session_note(session, "has asked for the configuration to be read again");
    ask(session, TASK_RELOAD, TEXT(""));
}

static void run_cloaks_renew(struct session *session, const json_t *request)
{
    (void)request;
    session_renew_cloaks(session);
    control_succeed(session);
}

static void run_backup(struct session *session, const json_t *request)
{
    struct text path = control_parameter(request, "path");
    if (path.len == 0 || *path.at != '/') {
        control_fail(session, "Name the file for the backup with its whole path, as \"path\".");
        return;
    }
    session_note(session, "has asked for a backup: %.*s", TEXT_ARG(path));
    ask(session, TASK_BACKUP, path);
}

static void run_check(struct session *session, const json_t *request)
{
    (void)request;
    ask(session, TASK_CHECK, TEXT(""));
}

static void control_not_changed(struct session *session, int error)
{
    control_fail(session, "That could not be kept (%s), so nothing was changed.", strerror(-error));
}

static void control_task_done(struct session *session, const struct task_answer *answer)
{
    json_t *row = json_object();
    for (size_t i = 0; i < answer->figure_count; i++) {
        const struct figure *f = &answer->figures[i];
        json_object_set_new(row, f->name,
                            f->text.at ? control_text(f->text) : json_integer(f->number));
    }
    if (json_object_size(row)) {
        control_send(session, row);
    } else {
        json_decref(row);
    }
    if (answer->fault.len) {
        control_fail(session, "%.*s", TEXT_ARG(answer->fault));
    } else {
        control_succeed(session);
    }
}

static const struct {
    struct text name;
    void (*run)(struct session *, const json_t *request);
} commands[] = {
    {TEXT_INIT("status"), run_status},
    {TEXT_INIT("users"), run_users},
    {TEXT_INIT("rooms"), run_rooms},
    {TEXT_INIT("kill"), run_kill},
    {TEXT_INIT("broadcast"), run_broadcast},
    {TEXT_INIT("reload"), run_reload},
    {TEXT_INIT("cloaks renew"), run_cloaks_renew},
    {TEXT_INIT("backup"), run_backup},
    {TEXT_INIT("check"), run_check},
    {TEXT_INIT("accounts"), control_run_accounts},
    {TEXT_INIT("account add"), control_run_account_add},
    {TEXT_INIT("account password"), control_run_account_password},
    {TEXT_INIT("account role"), control_run_account_role},
    {TEXT_INIT("account suspend"), control_run_account_suspend},
    {TEXT_INIT("account resume"), control_run_account_resume},
    {TEXT_INIT("account erase"), control_run_account_erase},
    {TEXT_INIT("account export"), control_run_account_export},
    {TEXT_INIT("audit"), control_run_audit},
    {TEXT_INIT("bans"), control_run_bans},
    {TEXT_INIT("ban"), control_run_ban},
    {TEXT_INIT("unban"), control_run_unban},
};

static void run(struct session *session, const json_t *request)
{
    struct text name = control_parameter(request, "command");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (text_equal(commands[i].name, name)) {
            commands[i].run(session, request);
            return;
        }
    }
    control_fail(session, "This server knows no command \"%.*s\".", TEXT_ARG(utf8_cut(name, 64)));
}

static void control_line(struct session *session, struct text line, enum core_line how)
{
    json_t *request = how == CORE_LINE_TOO_LONG ? NULL
                                                : json_loadb(line.at ? line.at : "", line.len,
                                                             JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(request)) {
        run(session, request);
    } else if (how == CORE_LINE_TOO_LONG) {
        control_fail(session, "That request is too long.");
    } else {
        control_fail(session,
                     "A request is a line with a JSON object, like {\"command\": \"status\"}.");
    }
    json_decref(request);
}

static void control_opened(struct session *session)
{
    control_export_init(session);
    session_serve(session);
}

// Each request is dealt with before the next one.
static bool control_is_message(const struct session *session, struct text line)
{
    (void)session, (void)line;
    return false;
}

static void control_closing(struct session *session, enum close_reason reason)
{
    if (reason == CLOSE_SHUTDOWN) {
        control_fail(session, "The server is shutting down.");
    }
}

// The rest is never called: nobody here is in a room or says anything.
const struct protocol control_protocol = {
    .name = "control",
    .opened = control_opened,
    .is_message = control_is_message,
    .line = control_line,
    .page = control_page,
    .answered = control_answered,
    .task_done = control_task_done,
    .not_changed = control_not_changed,
    .account_answered = control_account_answered,
    .has_secret = control_has_secret,
    .closing = control_closing,
    .finish = control_export_finish,
};
