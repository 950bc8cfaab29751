#include "protocol/control.h"

#include "base/ascii_json.h"
#include "base/must.h"
#include "base/utf8.h"
#include "base/version.h"
#include "chat/login.h"
#include "chat/reading.h"
#include "chat/session.h"
#include "chat/task.h"

#include <jansson.h>

enum {
    PART_BYTES = 16 * 1024,
    ANSWER_BYTES = 128 * 1024, // a user in all rooms that one may be in
    SCAN_MAX = 5000,           // accounts looked at before others have their turn
    ANNOUNCED_BYTES = 390,     // fit into a line of IRC
};

static void row_add(json_t *row, struct buf *out)
{
    // A row that does not fit, of somebody in thousands of rooms, is left out.
    if (ascii_json_add(row, out)) {
        buf_add_char(out, '\n');
    }
    json_decref(row);
}

static void row_send(struct session *session, json_t *row)
{
    struct buf out;
    buf_init(&out, ANSWER_BYTES);
    row_add(row, &out);
    session_reply(session, buf_text(&out));
    buf_finish(&out);
}

static void succeed(struct session *session)
{
    row_send(session, json_pack("{sb}", "ok", 1));
}

static json_t *json_text(struct text t)
{
    json_t *string = json_stringn(t.at ? t.at : "", t.len);
    // What a peer sent is checked where it came in; what cannot be shown is left out all the same.
    return string ? string : json_string("?");
}

static void fail(struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void fail(struct session *session, const char *format, ...)
{
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    row_send(session,
             json_pack("{sbso}", "ok", 0, "error", json_text(utf8_cut(text_of(sentence), 1000))));
}

// A parameter of a request; at NULL if it is not there or is no text.
static struct text parameter(const json_t *request, const char *name)
{
    const json_t *value = json_object_get(request, name);
    return (struct text){json_string_value(value), json_string_length(value)};
}

// The same for what people will read on one line.
static bool read_line(struct session *session, const json_t *request, const char *name,
                      size_t bytes_max, struct text *line)
{
    *line = parameter(request, name);
    for (size_t i = 0; i < line->len; i++) {
        if ((unsigned char)line->at[i] < ' ' || line->at[i] == 0x7f) {
            fail(session, "The %s must be one line, without control characters.", name);
            return false;
        }
    }
    if (line->len > bytes_max) {
        fail(session, "The %s has %zu bytes; at most %zu are allowed.", name, line->len, bytes_max);
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
                json_array_append_new(list, json_text(m->room->shown));
            }
        }
    }
    return list;
}

static json_t *user_row(const struct user *user, struct moment now)
{
    json_t *row = json_pack(
        "{sosIsIsosb}", "name", json_text(user->name), "since_ms", (json_int_t)user->since.wall_ms,
        "idle_s", (json_int_t)((now.mono_ms - user->spoke.mono_ms) / 1000), "account",
        user->account.len ? json_text(user->account) : json_null(), "operator", user->is_operator);
    if (user->away) {
        json_object_set_new(row, "away", json_text(text_of(user->away)));
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
    while (i < users->count && out->len < PART_BYTES) {
        row_add(user_row(users->sorted[i++], session_now(session)), out);
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
    return json_pack("{sosIsIso}", "name", json_text(room->shown), "members",
                     (json_int_t)room->member_count, "messages", (json_int_t)room->last_seq,
                     "topic", json_text(room->topic));
}

static bool rooms_part(struct session *session, struct text subject, struct buf *from,
                       struct buf *out)
{
    (void)subject;
    struct room *room = session_resume_rooms(session, buf_text(from));
    while (room && out->len < PART_BYTES) {
        row_add(room_row(room), out);
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

// accounts

static json_t *account_row(const struct account *account)
{
    return json_pack("{sosIsssbsI}", "name", json_text(account->name), "number",
                     (json_int_t)account->number, "role", role_word(account->role), "suspended",
                     (account->flags & ACCOUNT_SUSPENDED) != 0, "created_ms",
                     (json_int_t)account->created_ms);
}

// By number: `from` is the last one that was looked at.
static bool accounts_part(struct session *session, struct text subject, struct buf *from,
                          struct buf *out)
{
    (void)subject;
    const struct account_registry *accounts = session_accounts(session);
    uint64_t number = 0;
    text_number(buf_text(from), UINT64_MAX, &number);
    for (int i = 0; i < SCAN_MAX && number < accounts->last_number && out->len < PART_BYTES; i++) {
        const struct account *account = account_by_number(accounts, ++number);
        if (account && !(account->flags & ACCOUNT_NEW)) {
            row_add(account_row(account), out);
        }
    }
    buf_reset(from);
    buf_printf(from, "%llu", (unsigned long long)number);
    return number < accounts->last_number;
}

static void run_accounts(struct session *session, const json_t *request)
{
    (void)request;
    session_list(session, accounts_part, TEXT(""));
}

static void run_account_add(struct session *session, const json_t *request)
{
    session_add_account(session, parameter(request, "user"), parameter(request, "password"));
}

static void run_account_password(struct session *session, const json_t *request)
{
    session_set_password(session, parameter(request, "user"), parameter(request, "password"));
}

static void run_account_role(struct session *session, const json_t *request)
{
    enum role role;
    if (role_find(parameter(request, "role"), &role)) {
        session_set_role(session, parameter(request, "user"), role);
    } else {
        fail(session, "A role is one of owner, admin, moderator and member.");
    }
}

static void run_account_suspend(struct session *session, const json_t *request)
{
    session_suspend(session, parameter(request, "user"), true);
}

static void run_account_resume(struct session *session, const json_t *request)
{
    session_suspend(session, parameter(request, "user"), false);
}

static void control_account_answered(struct session *session, const struct account_answer *answer)
{
    static const char *const done[] = {
        [ACCOUNT_ACT_ADD] = "has made the account",
        [ACCOUNT_ACT_SET_PASSWORD] = "has set the password of",
        [ACCOUNT_ACT_CHANGE] = "has changed the role or the suspension of",
    };
    if (answer->result == ACCOUNT_DONE) {
        session_note(session, "%s %.*s", done[answer->act], TEXT_ARG(answer->name));
        succeed(session);
        return;
    }
    struct buf sentence;
    buf_init(&sentence, 1024);
    account_answer_say(answer, &sentence);
    struct text said = buf_text(&sentence);
    fail(session, "%.*s", TEXT_ARG(said));
    buf_finish(&sentence);
}

static bool control_has_secret(const struct session *session, struct text line)
{
    (void)session;
    return line.len && memmem(line.at, line.len, "password", strlen("password"));
}

// What has been listed whole.
static void control_answered(struct session *session)
{
    succeed(session);
}

static void run_broadcast(struct session *session, const json_t *request)
{
    struct text text;
    if (!read_line(session, request, "text", ANNOUNCED_BYTES, &text)) {
        return;
    }
    if (text.len == 0) {
        fail(session, "Say what is to be told to everybody, as \"text\".");
        return;
    }
    session_note(session, "has told everybody: %.*s", TEXT_ARG(text));
    session_announce(session, text);
    succeed(session);
}

static void run_kill(struct session *session, const json_t *request)
{
    struct text why;
    struct text name = parameter(request, "user");
    if (!read_line(session, request, "reason", session_limits(session)->reason_bytes, &why)) {
        return;
    }
    struct user *user = session_find_user(session, name);
    if (!user) {
        fail(session, "Nobody called \"%.*s\" is online.",
             TEXT_ARG(utf8_cut(name, NAME_BYTES_MAX)));
        return;
    }
    why = why.len ? why : TEXT("no reason was given");
    session_note(session, "has ended the connection of %.*s: %.*s", TEXT_ARG(user->name),
                 TEXT_ARG(why));
    session_end_user(session, user, why);
    succeed(session);
}

// What is done outside.

static void ask(struct session *session, enum task_kind kind, struct text path)
{
    if (!session_ask(session, &(struct task){.kind = kind, .path = path})) {
        fail(session, "This server cannot do that.");
    }
}

static void run_status(struct session *session, const json_t *request)
{
    (void)request;
    row_send(session, json_pack("{sssosIsIsI}", "version", HOBNOB_VERSION, "name",
                                json_text(session_server_name(session)), "users",
                                (json_int_t)session_users(session)->count, "users_most",
                                (json_int_t)session_most_users(session), "rooms",
                                (json_int_t)session_room_count(session)));
    ask(session, TASK_STATUS, TEXT(""));
}

static void run_reload(struct session *session, const json_t *request)
{
    (void)request;
    session_note(session, "has had the configuration read again");
    ask(session, TASK_RELOAD, TEXT(""));
}

static void run_cloaks_renew(struct session *session, const json_t *request)
{
    (void)request;
    session_note(session, "has given addresses other cloaks");
    session_renew_cloaks(session);
    succeed(session);
}

static void run_backup(struct session *session, const json_t *request)
{
    struct text path = parameter(request, "path");
    if (path.len == 0 || *path.at != '/') {
        fail(session, "Name the file for the backup with its whole path, as \"path\".");
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

static void control_task_done(struct session *session, const struct task_answer *answer)
{
    json_t *row = json_object();
    for (size_t i = 0; i < answer->figure_count; i++) {
        const struct figure *f = &answer->figures[i];
        json_object_set_new(row, f->name,
                            f->text.at ? json_text(f->text) : json_integer(f->number));
    }
    if (json_object_size(row)) {
        row_send(session, row);
    } else {
        json_decref(row);
    }
    if (answer->fault.len) {
        fail(session, "%.*s", TEXT_ARG(answer->fault));
    } else {
        succeed(session);
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
    {TEXT_INIT("accounts"), run_accounts},
    {TEXT_INIT("account add"), run_account_add},
    {TEXT_INIT("account password"), run_account_password},
    {TEXT_INIT("account role"), run_account_role},
    {TEXT_INIT("account suspend"), run_account_suspend},
    {TEXT_INIT("account resume"), run_account_resume},
};

static void run(struct session *session, const json_t *request)
{
    struct text name = parameter(request, "command");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (text_equal(commands[i].name, name)) {
            commands[i].run(session, request);
            return;
        }
    }
    fail(session, "This server knows no command \"%.*s\".", TEXT_ARG(utf8_cut(name, 64)));
}

static void control_line(struct session *session, struct text line, enum core_line how)
{
    json_t *request = how == CORE_LINE_TOO_LONG ? NULL
                                                : json_loadb(line.at ? line.at : "", line.len,
                                                             JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(request)) {
        run(session, request);
    } else if (how == CORE_LINE_TOO_LONG) {
        fail(session, "That request is too long.");
    } else {
        fail(session, "A request is a line with a JSON object, like {\"command\": \"status\"}.");
    }
    json_decref(request);
}

static void control_opened(struct session *session)
{
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
        fail(session, "The server is shutting down.");
    }
}

// The rest is never called: nobody here is in a room or says anything.
const struct protocol control_protocol = {
    .name = "control",
    .opened = control_opened,
    .is_message = control_is_message,
    .line = control_line,
    .answered = control_answered,
    .task_done = control_task_done,
    .account_answered = control_account_answered,
    .has_secret = control_has_secret,
    .closing = control_closing,
};
