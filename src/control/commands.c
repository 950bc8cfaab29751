#include "control/commands.h"

#include "base/utf8.h"
#include "control/link.h"
#include "control/offline.h"
#include "control/secret.h"
#include "control/show.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

enum { ANY = 255, WHY_BYTES = 4096, SHOWN_BYTES = 1024 * 1024 };

struct call;

struct command {
    const char *name;
    const char *usage;
    const char *help;
    uint8_t least; // words after the name
    uint8_t most;  // ANY: the rest is a text
    int (*run)(const struct call *);
    show *show;       // of each object; NULL: none comes
    const char *done; // what is said at the end; NULL: nothing more
};

struct call {
    const struct options *options;
    const struct command *command;
    char **words; // after the command's name
    int count;
};

static void print(struct text bytes)
{
    fwrite(bytes.at, 1, bytes.len, stdout);
}

static void row_print(const struct call *call, const json_t *row)
{
    struct buf out;
    buf_init(&out, SHOWN_BYTES);
    if (call->options->json) {
        show_json(row, &out);
    } else if (call->command->show) {
        call->command->show(row, &out);
    }
    print(buf_text(&out));
    buf_finish(&out);
}

static void sentence_print(FILE *file, struct text sentence)
{
    struct buf out;
    buf_init(&out, SHOWN_BYTES);
    utf8_add_visible(&out, sentence, false);
    fprintf(file, "%.*s\n", TEXT_ARG(buf_text(&out)));
    buf_finish(&out);
}

// How it ended, and the exit status. `said`: what the server says of what it has done.
static int end_print_saying(const struct call *call, struct text fault, struct text said)
{
    if (call->options->json) {
        json_t *row = json_pack("{sb}", "ok", fault.len == 0);
        if (fault.len) {
            json_t *sentence = json_stringn(fault.at, fault.len); // NULL: a path is no UTF-8
            json_object_set_new(row, "error", sentence ? sentence : json_string("It failed."));
        } else if (said.len) {
            json_object_set_new(row, "said", json_stringn(said.at, said.len));
        }
        row_print(call, row);
        json_decref(row);
    } else if (fault.len) {
        sentence_print(stderr, fault);
    } else if (said.len) {
        sentence_print(stdout, said);
    } else if (call->command->done) {
        printf("%s\n", call->command->done);
    }
    return fault.len ? EXIT_STATUS_REFUSED : 0;
}

static int end_print(const struct call *call, struct text fault)
{
    return end_print_saying(call, fault, TEXT(""));
}

static int unavailable(const struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static int unavailable(const struct call *call, const char *format, ...)
{
    char sentence[WHY_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    end_print(call, text_of(sentence));
    return EXIT_STATUS_UNAVAILABLE;
}

// Prints what comes; sets *status and returns false at the end.
static bool line_print(const struct call *call, struct text line, int *status)
{
    json_t *row = json_loadb(line.at, line.len, 0, NULL);
    const json_t *ok = json_object_get(row, "ok");
    const json_t *error = json_object_get(row, "error");
    const json_t *sentence = json_object_get(row, "said");
    struct text said = {json_string_value(sentence), json_string_length(sentence)};
    if (!json_is_object(row)) {
        *status = unavailable(call, "What the server answers is not understood.");
    } else if (ok) {
        bool failed = !json_is_true(ok);
        *status = failed ? end_print(call, text_of(json_string_value(error)))
                         : end_print_saying(call, TEXT(""), said);
    } else {
        row_print(call, row);
    }
    bool goes_on = json_is_object(row) && !ok;
    json_decref(row);
    return goes_on;
}

static int talk(const struct call *call, struct link *link, const json_t *request)
{
    struct text line;
    int status = 0;
    int code = link_ask(link, request);
    if (code < 0) {
        return unavailable(call, "The server cannot be asked: %s.", strerror(-code));
    }
    bool goes_on = true;
    while (goes_on && link_read(link, &line)) {
        goes_on = line_print(call, line, &status);
    }
    return goes_on ? unavailable(call, "The server has ended before it had answered.") : status;
}

static bool is_not_there(int code)
{
    return code == -ENOENT || code == -ECONNREFUSED || code == -ENOTDIR;
}

// Asks the server; with `there` not NULL, says by it whether there is one instead of complaining.
static int ask(const struct call *call, json_t *request, bool *there)
{
    struct link link;
    int status = 0;
    const char *folder = call->options->data;
    int code = link_open(&link, folder);
    if (there) {
        *there = !is_not_there(code);
    }
    if (code == 0) {
        status = talk(call, &link, request);
    } else if (code == -EACCES || code == -EPERM) {
        unavailable(call,
                    "You may not open %s/control.sock. Do it as the user that the server runs as, "
                    "or as root.",
                    folder);
        status = EXIT_STATUS_NO_PERMISSION;
    } else if (!is_not_there(code)) {
        status =
            unavailable(call, "%s/control.sock cannot be opened: %s.", folder, strerror(-code));
    } else if (!there) {
        status =
            unavailable(call, "No hobnobd runs on %s. Name its data folder with --data.", folder);
    }
    link_close(&link);
    json_decref(request);
    return status;
}

static int run_simple(const struct call *call)
{
    return ask(call, json_pack("{ss}", "command", call->command->name), NULL);
}

// All words from `from` on with a space between two.
static json_t *words_join(const struct call *call, int from)
{
    struct buf joined;
    buf_init(&joined, SHOWN_BYTES);
    for (int i = from; i < call->count; i++) {
        buf_printf(&joined, "%s%s", i > from ? " " : "", call->words[i]);
    }
    struct text text = buf_text(&joined);
    json_t *string = json_stringn(text.at ? text.at : "", text.len);
    buf_finish(&joined);
    return string;
}

static int not_utf8(const struct call *call)
{
    end_print(call, TEXT("That is no UTF-8."));
    return EXIT_STATUS_USAGE;
}

static int run_broadcast(const struct call *call)
{
    json_t *request = json_pack("{ssso}", "command", "broadcast", "text", words_join(call, 0));
    return request ? ask(call, request, NULL) : not_utf8(call);
}

static int run_kill(const struct call *call)
{
    json_t *request = json_pack("{ssssso}", "command", "kill", "user", call->words[0], "reason",
                                words_join(call, 1));
    return request ? ask(call, request, NULL) : not_utf8(call);
}

// The server has another working folder.
static bool path_make_whole(const char *path, char whole[PATH_MAX])
{
    char here[PATH_MAX] = "";
    if (*path != '/' && !getcwd(here, sizeof here)) {
        return false;
    }
    return snprintf(whole, PATH_MAX, "%s%s%s", here, *here ? "/" : "", path) < PATH_MAX;
}

static int offline_end(const struct call *call, int code, json_t *row, struct buf *why)
{
    if (code == 0) {
        row_print(call, row);
    }
    json_decref(row);
    int status = end_print(call, buf_text(why));
    buf_finish(why);
    return status;
}

static int run_backup(const struct call *call)
{
    char path[PATH_MAX];
    bool there;
    json_t *row = NULL;
    struct buf why;
    if (!path_make_whole(call->words[0], path)) {
        return unavailable(call, "%s: %s.", call->words[0], strerror(errno));
    }
    json_t *request = json_pack("{ssss}", "command", "backup", "path", path);
    if (!request) {
        return not_utf8(call);
    }
    int status = ask(call, request, &there);
    if (there) {
        return status;
    }
    buf_init(&why, WHY_BYTES);
    int code = offline_backup(call->options->data, path, &row, &why);
    return offline_end(call, code, row, &why);
}

static int run_check(const struct call *call)
{
    bool there = false;
    json_t *row = NULL;
    struct buf why;
    const char *path = call->count ? call->words[0] : NULL;
    int status = path ? 0 : ask(call, json_pack("{ss}", "command", "check"), &there);
    if (there) {
        return status;
    }
    buf_init(&why, WHY_BYTES);
    int code = offline_check(call->options->data, path, &row, &why);
    return offline_end(call, code, row, &why);
}

static int run_restore(const struct call *call)
{
    json_t *row = NULL;
    struct buf why;
    buf_init(&why, WHY_BYTES);
    int code = offline_restore(call->options->data, call->words[0], &row, &why);
    return offline_end(call, code, row, &why);
}

// The name of an account, its address (NULL: none), and what else the command takes as parameter
// `name`.
static int ask_account(const struct call *call, const char *email, const char *name,
                       struct text value)
{
    json_t *request = json_pack("{ssssss*}", "command", call->command->name, "user", call->words[0],
                                "email", email);
    json_t *string = json_stringn(value.at ? value.at : "", value.len);
    if (!request || !string) {
        json_decref(request);
        json_decref(string);
        return not_utf8(call);
    }
    if (name) {
        json_object_set(request, name, string);
    }
    json_decref(string);
    return ask(call, request, NULL);
}

static int run_account(const struct call *call)
{
    return ask_account(call, NULL, NULL, TEXT(""));
}

// The time may be left out: a reason does not look like one.
static int run_ban(const struct call *call)
{
    const char *second = call->count > 1 ? call->words[1] : "";
    size_t digits = strspn(second, "0123456789");
    bool timed = digits && (!second[digits] || !second[digits + 1]);
    json_t *request = json_pack("{ssssssso}", "command", "ban", "user", call->words[0], "time",
                                timed ? second : "", "reason", words_join(call, 1 + timed));
    return request ? ask(call, request, NULL) : not_utf8(call);
}

static int run_audit(const struct call *call)
{
    json_t *request = json_pack("{ss}", "command", "audit");
    uint64_t count;
    if (call->count) {
        if (!text_number(text_of(call->words[0]), INT32_MAX, &count)) {
            json_decref(request);
            fprintf(stderr, "Usage: hobnobctl %s\n", call->command->usage);
            return EXIT_STATUS_USAGE;
        }
        json_object_set_new(request, "count", json_integer((json_int_t)count));
    }
    return ask(call, request, NULL);
}

static int run_account_role(const struct call *call)
{
    return ask_account(call, NULL, "role", text_of(call->words[1]));
}

static int run_account_password(const struct call *call)
{
    struct buf password, why;
    buf_init(&password, WHY_BYTES);
    buf_init(&why, WHY_BYTES);
    const char *email = call->count > 1 ? call->words[1] : NULL; // account add
    int status = secret_read(&password, &why)
                     ? ask_account(call, email, "password", buf_text(&password))
                     : end_print(call, buf_text(&why));
    buf_wipe(&password);
    buf_finish(&why);
    return status;
}

static const struct command commands[] = {
    {"status", "status", "how the server is doing", 0, 0, run_simple, show_status, NULL},
    {"users", "users", "who is online", 0, 0, run_simple, show_user, NULL},
    {"rooms", "rooms", "the rooms", 0, 0, run_simple, show_room, NULL},
    {"broadcast", "broadcast TEXT", "tell everybody something", 1, ANY, run_broadcast, NULL,
     "Everybody has been told."},
    {"kill", "kill USER [REASON]", "end somebody's connections", 1, ANY, run_kill, NULL, NULL},
    {"accounts", "accounts", "the registered names", 0, 0, run_simple, show_account, NULL},
    {"account add", "account add NAME [EMAIL]", "register a name; asks for its password", 1, 2,
     run_account_password, NULL, NULL},
    {"account password", "account password NAME", "give an account another password", 1, 1,
     run_account_password, NULL, NULL},
    {"account role", "account role NAME ROLE", "owner, admin, moderator or member", 2, 2,
     run_account_role, NULL, NULL},
    {"account suspend", "account suspend NAME", "let nobody log in to an account", 1, 1,
     run_account, NULL, NULL},
    {"account resume", "account resume NAME", "let its owner log in again", 1, 1, run_account, NULL,
     NULL},
    {"bans", "bans", "who is banned from the server", 0, 0, run_simple, show_ban, NULL},
    {"ban", "ban USER|MASK [TIME] [REASON]", "ban somebody from the server, for 10m, 2h, 7d", 1,
     ANY, run_ban, NULL, NULL},
    {"unban", "unban USER|MASK", "lift a ban from the server", 1, 1, run_account, NULL, NULL},
    {"account export", "account export NAME", "write down all that belongs to an account, as JSON",
     1, 1, run_account, show_json, NULL},
    {"account erase", "account erase NAME", "erase an account and all that it has said", 1, 1,
     run_account, NULL, NULL},
    {"audit", "audit [COUNT]", "what those who keep order have done", 0, 1, run_audit, show_audit,
     NULL},
    {"reload", "reload", "have the configuration read again", 0, 0, run_simple, NULL,
     "The configuration has been read again."},
    {"cloaks renew", "cloaks renew", "let addresses have other cloaks from now on", 0, 0,
     run_simple, NULL, "Who comes from now on has another cloak."},
    {"backup", "backup FILE", "keep everything in a file, while the server goes on", 1, 1,
     run_backup, show_backup, NULL},
    {"restore", "restore FILE", "put a backup in place; the server must not run", 1, 1, run_restore,
     show_restore, NULL},
    {"check", "check [FILE]", "look whether the database, or a backup, is whole", 0, 1, run_check,
     show_check, NULL},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

void commands_help(struct buf *out)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        buf_printf(out, "  %-22s %s\n", commands[i].usage, commands[i].help);
    }
}

// A command's name has one word or two. `taken` gets how many of the words it is.
static const struct command *command_find(const struct options *options, int *taken)
{
    char two[64] = "";
    if (options->count > 1) {
        snprintf(two, sizeof two, "%s %s", options->words[0], options->words[1]);
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        bool has_two = strchr(commands[i].name, ' ') != NULL;
        if (strcmp(commands[i].name, has_two ? two : options->words[0]) == 0) {
            *taken = has_two ? 2 : 1;
            return &commands[i];
        }
    }
    return NULL;
}

int commands_run(const struct options *options)
{
    int taken = 0;
    const struct command *command = command_find(options, &taken);
    struct call call = {options, command, options->words + taken, options->count - taken};
    if (!command) {
        fprintf(stderr, "There is no command %.60s. hobnobctl --help lists them.\n",
                options->words[0]);
        return EXIT_STATUS_USAGE;
    }
    if (call.count < command->least || (command->most != ANY && call.count > command->most)) {
        fprintf(stderr, "Usage: hobnobctl %s\n", command->usage);
        return EXIT_STATUS_USAGE;
    }
    int status = command->run(&call);
    if (fflush(stdout) != 0 && status == 0) {
        fprintf(stderr, "The answer cannot be written: %s.\n", strerror(errno));
        return EXIT_STATUS_UNAVAILABLE;
    }
    return status;
}
