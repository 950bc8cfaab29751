#include "client/options.h"
#include "support/test.h"

#include <stdarg.h>

static struct options options;
static struct buf message;

// Parses a command line of at most 9 arguments that ends with NULL.
static enum options_result parse(char *first, ...) __attribute__((sentinel));

static enum options_result parse(char *first, ...)
{
    char *argv[12] = {(char[]){"hobnob"}, first};
    int argc = first ? 2 : 1;
    va_list arguments;
    va_start(arguments, first);
    while (first && argc < 10) {
        argv[argc] = va_arg(arguments, char *);
        if (!argv[argc]) {
            break;
        }
        argc++;
    }
    va_end(arguments);
    argv[argc] = NULL;
    buf_finish(&message);
    buf_init(&message, 8 * 1024);
    return options_parse(argc, argv, &options, &message);
}

#define parse(...) parse(__VA_ARGS__, (char *)NULL)
#define A(literal) ((char[]){literal})

static bool says(const char *part)
{
    return message.len && memmem(message.at, message.len, part, strlen(part));
}

static void check_target(const char *host, unsigned port, const char *name)
{
    check_text(text_of(options.host), host);
    check_number(options.port, port);
    check_text(text_of(options.name), name);
}

static void without_arguments_it_is_this_machine(void)
{
    check(parse(NULL) == OPTIONS_TALK);
    check_target("127.0.0.1", 5000, "");
    check(!options.relay);
}

static void options_say_how_much_tls_there_must_be(void)
{
    check(parse(NULL) == OPTIONS_TALK);
    check(!options.tls && !options.trust_new);
    check(parse(A("--tls"), A("--trust-new"), A("example.org")) == OPTIONS_TALK);
    check(options.tls && options.trust_new);
    check(parse(A("--relay"), A("--tls")) == OPTIONS_TALK);
    check(options.tls && options.relay);
}

static void options_say_host_port_and_name(void)
{
    check(parse(A("--host"), A("example.org"), A("--port=5173"), A("--name"), A("Ann")) ==
          OPTIONS_TALK);
    check_target("example.org", 5173, "Ann");
    check(parse(A("--relay"), A("--port"), A("12345")) == OPTIONS_TALK);
    check(options.relay);
    check(parse(A("--plain")) == OPTIONS_TALK);
    check(!options.relay);
}

static void an_address_says_all_of_it(void)
{
    static const struct {
        const char *address, *host;
        unsigned port;
        const char *name;
    } cases[] = {
        {"example.org", "example.org", 5000, ""},
        {"example.org:5173", "example.org", 5173, ""},
        {"Ann@example.org:5173", "example.org", 5173, "Ann"},
        {"Ann@", "127.0.0.1", 5000, "Ann"},
        {":5173", "127.0.0.1", 5173, ""},
        {"Ann@:1", "127.0.0.1", 1, "Ann"},
        {"[::1]:5173", "::1", 5173, ""},
        {"[::1]", "::1", 5000, ""},
        {"::1", "::1", 5000, ""},
        {"Zoë@[fe80::1%eth0]:65535", "fe80::1%eth0", 65535, "Zoë"},
        {"", "127.0.0.1", 5000, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char address[64];
        snprintf(address, sizeof address, "%s", cases[i].address);
        check(parse(address) == OPTIONS_TALK);
        check_target(cases[i].host, cases[i].port, cases[i].name);
    }
}

static void an_address_changes_what_options_said(void)
{
    check(parse(A("Bea@example.org"), A("--port"), A("7"), A("--name=Ann")) == OPTIONS_TALK);
    check_target("example.org", 7, "Bea");
}

static void bad_ports_are_refused(void)
{
    static const char *const ports[] = {"0", "65536", "x", "", "-1", "99999999999999999999", "5 "};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        char port[32];
        snprintf(port, sizeof port, "%s", ports[i]);
        check(parse(A("--port"), port) == OPTIONS_BAD);
        check(says("is not a number from 1 to 65535."));
        char address[64];
        snprintf(address, sizeof address, "host:%s", ports[i]);
        check(parse(address) == OPTIONS_BAD);
    }
}

static void bad_usage_says_what_is_wrong(void)
{
    check(parse(A("--bogus")) == OPTIONS_BAD);
    check(says("There is no option --bogus. hobnob --help lists them."));
    check(parse(A("-x")) == OPTIONS_BAD);
    check(says("There is no option -x. hobnob --help lists them."));
    check(parse(A("--port")) == OPTIONS_BAD);
    check(says("--port needs a value"));
    check(parse(A("--relay=yes")) == OPTIONS_BAD);
    check(says("takes no value"));
    check(parse(A("one"), A("two")) == OPTIONS_BAD);
    check(says("\"two\" is a second"));
    check(parse(A("a@b@c:1:2")) == OPTIONS_BAD);
    check(says("\"c:1:2\" is not of the form [name@]host[:port]."));
    check(parse(A("fe80::1%eth0")) == OPTIONS_TALK);
    check(parse(A("--relay"), A("--plain")) == OPTIONS_BAD);
    check(says("not both"));
    check(parse(A("[::1]x")) == OPTIONS_BAD);
    check(says("[name@]host[:port]"));
    check(parse(A("[]:5")) == OPTIONS_BAD);
    check(says("A host has"));
}

static void a_name_is_one_line_of_text(void)
{
    static const char *const names[] = {"", "a\nb", "a\x1b[2J", "a\xff", "\xe2\x80\xae", "a\r"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s", names[i]);
        check(parse(A("--name"), name) == OPTIONS_BAD);
        check(says("A name"));
    }
    char name[80] = {0};
    memset(name, 'a', 64);
    check(parse(A("--name"), name) == OPTIONS_TALK);
    name[64] = 'a';
    check(parse(A("--name"), name) == OPTIONS_BAD);
    check(says("at most 64 bytes"));
}

static void a_host_that_is_too_long_is_refused(void)
{
    char host[400] = {0};
    memset(host, 'h', sizeof host - 1);
    check(parse(host) == OPTIONS_BAD);
    check(parse(A("--host"), host) == OPTIONS_BAD);
    check(parse(A("--host"), A("")) == OPTIONS_BAD);
}

static void help_and_version_explain(void)
{
    check(parse(A("--help")) == OPTIONS_EXPLAIN);
    check(says("--relay"));
    check(says("[[name@]host[:port]]"));
    check(parse(A("--version")) == OPTIONS_EXPLAIN);
    check(text_starts(buf_text(&message), TEXT("hobnob ")));
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(without_arguments_it_is_this_machine);
    TEST(options_say_host_port_and_name);
    TEST(options_say_how_much_tls_there_must_be);
    TEST(an_address_says_all_of_it);
    TEST(an_address_changes_what_options_said);
    TEST(bad_ports_are_refused);
    TEST(bad_usage_says_what_is_wrong);
    TEST(a_name_is_one_line_of_text);
    TEST(a_host_that_is_too_long_is_refused);
    TEST(help_and_version_explain);
    buf_finish(&message);
    return test_end();
}
