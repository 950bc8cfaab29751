// kill -9 of a server while a room and the server are kept in order: what was set before a message
// that somebody has read holds in the server that starts next on the same folder. HOBNOB_KILLS says
// how often (5).
#include "support/load.h"
#include "support/served.h"
#include "support/test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WAIT_MS = 20000, KILLS = 5 };

static struct {
    const char *program;
    char folder[256];
    struct served server;
    struct load_client ann; // owns the server, and founded #den
    struct load_client bob; // is in #den
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
    start_server();
    come(&run.ann, "Ann");
    hears(&run.ann, "Type '/help'");
    say(&run.ann, "/register correct horse");
    hears(&run.ann, "is yours now");
    make_owner();
    say(&run.ann, "/join #den");
    hears(&run.ann, "You are in #den");
}

static void bob_comes(void)
{
    come(&run.bob, "Bob");
    hears(&run.bob, "Type '/help'");
    say(&run.bob, "/join #den");
    hears(&run.bob, "You are in #den");
}

// Sets things, and says something that Bob reads: by then all of it is kept. What is set after it
// may be lost.
static void set_and_kill(unsigned round)
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
    for (unsigned i = 0; i < 5; i++) {
        say(&run.ann, "/mute u%u", i);
        say(&run.ann, "/unmute u%u", i);
    }
    usleep(test_random(5000));
    served_kill(&run.server);
    load_client_finish(&run.ann);
    load_client_finish(&run.bob);
}

static void is_kept_out(const char *name, bool server)
{
    struct load_client client;
    come(&client, name);
    if (server) {
        hears(&client, "You are banned from this server");
    } else {
        hears(&client, "Type '/help'");
        say(&client, "/join #den");
        hears(&client, "You cannot join #den: you are banned from it");
    }
    load_client_finish(&client);
}

static void ann_comes_back(void)
{
    come(&run.ann, "Ann");
    hears(&run.ann, "Type its password");
    say(&run.ann, "correct horse");
    hears(&run.ann, "Type '/help'");
    say(&run.ann, "/join #den");
    hears(&run.ann, "You are in #den");
}

static void check_round(unsigned round)
{
    char name[32];
    ann_comes_back();
    say(&run.ann, "/ban");
    hears(&run.ann, "--- Bans of #den (");
    hears(&run.ann, "b%u (by Ann, until ", round);
    say(&run.ann, "/member");
    hears(&run.ann, "--- Always let into #den (1) ---");
    hears(&run.ann, "m%u", round);
    say(&run.ann, "/mode");
    hears(&run.ann, "limit            %u", 1000 + round);
    say(&run.ann, "/invitation list");
    hears(&run.ann, "into #den, for %u, until", round + 1);
    say(&run.ann, "/ban -s");
    hears(&run.ann, "--- Bans of the server (1) ---");
    hears(&run.ann, "s%u (by Ann)", round);
    say(&run.ann, "/audit 100");
    hears(&run.ann, "has banned s%u!*@* from the server", round);
    snprintf(name, sizeof name, "b%u", round);
    is_kept_out(name, false);
    snprintf(name, sizeof name, "s%u", round);
    is_kept_out(name, true);
    if (round) { // and what was lifted is
        struct load_client client;
        snprintf(name, sizeof name, "b%u", round - 1);
        come(&client, name);
        hears(&client, "Type '/help'");
        say(&client, "/join #den");
        hears(&client, "You are in #den");
        load_client_finish(&client);
    }
}

static void f01_what_was_set_survives_a_kill(void)
{
    const char *wanted = getenv("HOBNOB_KILLS");
    long kills = wanted ? strtol(wanted, NULL, 10) : KILLS;
    begin();
    for (unsigned round = 0; round < (unsigned)kills; round++) {
        bob_comes();
        set_and_kill(round);
        start_server();
        check_round(round);
    }
    printf("# %ld kills\n", kills);
    load_client_finish(&run.ann);
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
