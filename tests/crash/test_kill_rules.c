// kill -9 of a server while a room and the server are kept in order: what was set before a message
// that somebody has read, and whatever anybody was told of when the server was killed, holds in the
// server that starts next on the same folder. HOBNOB_KILLS says how often (5).
#include "support/load.h"
#include "support/served.h"
#include "support/test.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 20000, KILLS = 5, DEEDS = 5, HEARD_BYTES = 1 << 20, CODE_LEN = 16 };

static struct {
    const char *program;
    char folder[256];
    struct served server;
    struct load_client ann; // owns the server, and founded #den
    struct load_client bob; // is registered, and in #den
    struct load_client dan; // has a code for #den
    struct buf heard;       // by one of them
    char code[CODE_LEN + 1];
    unsigned told; // in all rounds
} run;

static void start_server(void)
{
    const char *arguments[] = {"--no-limits-for", "127.0.0.0/8", "--data", run.folder, NULL};
    check(served_start(&run.server, run.program, arguments));
}

static void say(struct load_client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(struct load_client *client, const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    check(load_send(client->fd, (struct text){line, (size_t)len}));
    check(load_send(client->fd, TEXT("\n")));
}

static void hears(struct load_client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void hears(struct load_client *client, const char *format, ...)
{
    char words[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    if (!load_client_await(client, text_of(words), WAIT_MS)) {
        test_fail(__FILE__, __LINE__, "nobody reads \"%s\"", words);
    }
}

static void take_line(void *context, struct text line)
{
    (void)context;
    check(buf_add(&run.heard, line) && buf_add_char(&run.heard, '\n'));
}

static bool was_heard(const char *format, ...) __attribute__((format(printf, 1, 2)));
static bool was_heard(const char *format, ...)
{
    char words[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    struct text heard = buf_text(&run.heard);
    return heard.len && memmem(heard.at, heard.len, words, strlen(words));
}

// What it hears from here on, up to these words (NULL: to its end).
static void listen_to(struct load_client *client, const char *words)
{
    buf_reset(&run.heard);
    struct pollfd wait = {.fd = client->fd, .events = POLLIN};
    while (load_client_read(client, take_line, NULL) && !(words && was_heard("%s", words))) {
        if (poll(&wait, 1, WAIT_MS) != 1) {
            test_fail(__FILE__, __LINE__, "nobody reads \"%s\"", words ? words : "an end");
        }
    }
}

static void come(struct load_client *client, const char *name)
{
    int fd = load_connect(run.server.port, false);
    check(fd >= 0);
    load_client_init(client, fd);
    say(client, "%s", name);
}

static void make_owner(void)
{
    char command[1024];
    size_t len = strlen(run.program) - strlen("hobnobd");
    snprintf(command, sizeof command, "'%.*shobnobctl' --data '%s' account role Ann owner",
             (int)len, run.program, run.folder);
    check_number(system(command), 0);
}

static void begin(void)
{
    folder_make(run.folder);
    buf_init(&run.heard, HEARD_BYTES);
    start_server();
    come(&run.ann, "Ann");
    hears(&run.ann, "Type '/help'");
    say(&run.ann, "/register correct horse");
    hears(&run.ann, "is yours now");
    make_owner();
    say(&run.ann, "/join #den");
    hears(&run.ann, "You are in #den");
    say(&run.ann, "/mode password sesame");
    hears(&run.ann, "has set a password");
    come(&run.bob, "Bob");
    hears(&run.bob, "Type '/help'");
    say(&run.bob, "/register correct horse");
    hears(&run.bob, "is yours now");
    say(&run.bob, "/join #den sesame");
    hears(&run.bob, "You are in #den");
}

static void comes_back(struct load_client *client, const char *name)
{
    come(client, name);
    hears(client, "Type its password");
    say(client, "correct horse");
    hears(client, "Type '/help'");
    say(client, "/join #den sesame");
    hears(client, "You are in #den");
}

// The next code in what is left to look at; false if there is none.
static bool next_code(struct text *heard, char code[CODE_LEN + 1])
{
    static const char words[] = "shown only once: /join #den ";
    const char *at = heard->len ? memmem(heard->at, heard->len, words, strlen(words)) : NULL;
    if (at) {
        *heard = text_skip(*heard, (size_t)(at - heard->at) + strlen(words));
        check(heard->len >= CODE_LEN);
        snprintf(code, CODE_LEN + 1, "%.*s", CODE_LEN, heard->at);
    }
    return at;
}

// Dan gets a code, and does not use it yet.
static void dan_comes(void)
{
    say(&run.ann, "/invitation make #den 1");
    listen_to(&run.ann, "shown only once: /join #den ");
    struct text heard = buf_text(&run.heard);
    check(next_code(&heard, run.code));
    come(&run.dan, "Dan");
    hears(&run.dan, "Type '/help'");
}

static const struct {
    const char *word;
    const char *given;
    const char *taken;
} ranks[] = {
    {"voice", "has given Bob a voice", "has taken the voice in #den from Bob"},
    {"halfop", "has made Bob a half operator", "has taken from Bob the rank of half operator"},
    {"op", "has made Bob an operator", "has taken from Bob the rank of operator"},
    {"founder", "has made Bob a founder", "has taken from Bob the rank of founder"}};
static const struct {
    const char *word;
    const char *given;
} roles[] = {{"member", "Bob is an ordinary member"},
             {"moderator", "Bob is a moderator"},
             {"admin", "Bob is an admin"}};

enum { RANKS = sizeof ranks / sizeof *ranks, ROLES = sizeof roles / sizeof *roles };

// More and more of each kind, so that nothing takes back what was told.
static void do_much(unsigned round)
{
    say(&run.dan, "/join #den %s", run.code);
    for (unsigned i = 0; i < DEEDS; i++) {
        say(&run.ann, "/ban t%u", i);
        say(&run.ann, "/ban -s v%u", i);
        say(&run.ann, "/mode slow %u", 10 * round + i + 2);
        say(&run.ann, "/invitation make #den 1");
        if (i < RANKS) {
            say(&run.ann, "/op Bob %s", ranks[i].word);
        }
        if (i + 1 < ROLES) {
            say(&run.ann, "/role Bob %s", roles[i + 1].word);
        }
        say(&run.ann, "/mute w%u", i);
    }
}

// How many of each kind were told when the server was killed; they come in order.
struct told {
    unsigned bans;
    unsigned mutes;
    unsigned server_bans;
    unsigned slow; // seconds
    unsigned ranks;
    unsigned role;
    unsigned code_count;
    char codes[DEEDS][CODE_LEN + 1];
    bool dan_is_in;
};

static struct told read_told(unsigned round)
{
    struct told told = {0};
    listen_to(&run.ann, NULL);
    struct text heard = buf_text(&run.heard);
    while (told.code_count < DEEDS && next_code(&heard, told.codes[told.code_count])) {
        told.code_count++;
    }
    for (unsigned i = 0; i < DEEDS; i++) {
        unsigned slow = 10 * round + i + 2;
        told.bans += was_heard("Ann has banned t%u", i);
        told.mutes += was_heard("Ann has muted w%u", i);
        told.server_bans += was_heard("You have banned v%u from the server", i);
        told.slow = was_heard("has everybody wait %u seconds", slow) ? slow : told.slow;
        told.ranks += i < RANKS && was_heard("Ann %s", ranks[i].given);
        told.role = i < ROLES && was_heard("%s", roles[i].given) ? i : told.role;
    }
    listen_to(&run.dan, NULL);
    told.dan_is_in = was_heard("You are in #den now");
    run.told += told.bans + told.mutes + told.server_bans + told.ranks + told.role +
                told.code_count + told.dan_is_in;
    return told;
}

// Sets things, and says something that Bob reads: by then all of it is kept. What comes after it is
// kept as far as it was told.
static struct told set_and_kill(unsigned round)
{
    say(&run.ann, "/ban b%u 1d round %u", round, round);
    say(&run.ann, "/member m%u", round);
    say(&run.ann, "/mode limit %u", 1000 + round);
    say(&run.ann, "/invitation make #den %u", round + 1);
    say(&run.ann, "/ban -s s%u", round);
    if (round) {
        say(&run.ann, "/unban b%u", round - 1);
        say(&run.ann, "/unmember m%u", round - 1);
        say(&run.ann, "/unban -s s%u", round - 1);
    }
    say(&run.ann, "mark %u.", round);
    hears(&run.bob, "mark %u.", round);
    hears(&run.ann, round ? "That ban is lifted" : "You have banned s0 from the server");
    do_much(round);
    usleep(test_random(40000));
    served_kill(&run.server);
    struct told told = read_told(round);
    load_client_finish(&run.ann);
    load_client_finish(&run.bob);
    load_client_finish(&run.dan);
    return told;
}

static void is_kept_out(const char *name, bool server)
{
    struct load_client client;
    come(&client, name);
    if (server) {
        hears(&client, "You are banned from this server");
    } else {
        hears(&client, "Type '/help'");
        say(&client, "/join #den sesame");
        hears(&client, "You cannot join #den: you are banned from it");
    }
    load_client_finish(&client);
}

static void check_round(unsigned round)
{
    char name[32];
    say(&run.ann, "/ban");
    hears(&run.ann, "--- Bans of #den (");
    hears(&run.ann, "b%u (by Ann, until ", round);
    say(&run.ann, "/member");
    hears(&run.ann, "--- Always let into #den (1) ---");
    hears(&run.ann, "m%u", round);
    say(&run.ann, "/mode");
    hears(&run.ann, "limit             %u", 1000 + round);
    say(&run.ann, "/invitation list");
    hears(&run.ann, "into #den, for %u, until", round + 1);
    say(&run.ann, "/ban -s");
    hears(&run.ann, "--- Bans of the server (1) ---");
    hears(&run.ann, "s%u (by Ann)", round);
    say(&run.ann, "/audit 100");
    hears(&run.ann, "has banned s%u from the server", round);
    snprintf(name, sizeof name, "b%u", round);
    is_kept_out(name, false);
    snprintf(name, sizeof name, "s%u", round);
    is_kept_out(name, true);
    if (round) { // and what was lifted is
        struct load_client client;
        snprintf(name, sizeof name, "b%u", round - 1);
        come(&client, name);
        hears(&client, "Type '/help'");
        say(&client, "/join #den sesame");
        hears(&client, "You are in #den");
        load_client_finish(&client);
    }
}

static void check_lists(const struct told *told)
{
    say(&run.ann, "/ban");
    say(&run.ann, "/ban -s");
    say(&run.ann, "/mode");
    say(&run.ann, "/invitation list");
    listen_to(&run.ann, "--- Invitations ---");
    for (unsigned i = 0; i < DEEDS; i++) {
        check(i >= told->bans || was_heard("\nt%u (by Ann", i));
        check(i >= told->mutes || was_heard("\nw%u (mute by Ann", i));
        check(i >= told->server_bans || was_heard("\nv%u (by Ann", i));
    }
    struct text heard = buf_text(&run.heard);
    const char *slow = memmem(heard.at, heard.len, "\nslow ", 6);
    check(slow);
    check(told->slow == 0 || strtoul(slow + 6, NULL, 10) >= told->slow);
}

static void check_role(const struct told *told)
{
    say(&run.bob, "/ban -s");
    say(&run.bob, "/role Ann admin");
    listen_to(&run.bob, "Only the owner may do that");
    check(told->role == 0 || was_heard("--- Bans of the server"));
    say(&run.ann, "/role Bob member");
}

// Takes it all back, which tells what ranks there were.
static void check_ranks(const struct told *told)
{
    for (unsigned i = 0; i < DEEDS; i++) {
        say(&run.ann, "/unban t%u", i);
        say(&run.ann, "/unmute w%u", i);
        say(&run.ann, "/unban -s v%u", i);
        if (i < RANKS) {
            say(&run.ann, "/deop Bob %s", ranks[i].word);
        }
    }
    say(&run.ann, "/mode slow off");
    say(&run.ann, "/mode moderated on");
    say(&run.ann, "/mode moderated off");
    listen_to(&run.ann, "Ann lets everybody speak in #den");
    for (unsigned i = 0; i < told->ranks; i++) {
        check(was_heard("Ann %s", ranks[i].taken));
    }
}

static void check_codes(const struct told *told)
{
    struct load_client client;
    if (told->dan_is_in) {
        come(&client, "Dan");
        hears(&client, "Type '/help'");
        say(&client, "/join #den %s", run.code);
        hears(&client, "it needs the right password");
        load_client_finish(&client);
    }
    for (unsigned i = 0; i < told->code_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "Eve%u", i);
        come(&client, name);
        hears(&client, "Type '/help'");
        say(&client, "/join #den %s", told->codes[i]);
        hears(&client, "You are in #den");
        load_client_finish(&client);
    }
}

static void check_told(const struct told *told)
{
    check_lists(told);
    check_role(told);
    check_ranks(told);
    check_codes(told);
}

static void f01_what_was_set_survives_a_kill(void)
{
    const char *wanted = getenv("HOBNOB_KILLS");
    long kills = wanted ? strtol(wanted, NULL, 10) : KILLS;
    begin();
    for (unsigned round = 0; round < (unsigned)kills; round++) {
        dan_comes();
        struct told told = set_and_kill(round);
        start_server();
        comes_back(&run.ann, "Ann");
        comes_back(&run.bob, "Bob");
        check_told(&told);
        check_round(round);
    }
    printf("# %ld kills, before which %u changes were told\n", kills, run.told);
    check(run.told > 0);
    load_client_finish(&run.ann);
    load_client_finish(&run.bob);
    buf_finish(&run.heard);
    check_number(served_stop(&run.server), 0);
    folder_remove(run.folder);
}

int main(int argc, char **argv)
{
    run.program = served_program(argv[0]);
    test_begin(argc, argv);
    TEST(f01_what_was_set_survives_a_kill);
    return test_end();
}
