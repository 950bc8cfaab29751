#include "server/options.h"
#include "support/test.h"

enum { ARGUMENTS_MAX = 16 };

static struct options options;
static struct buf why;

// Parses a command line; words are separated by single spaces.
static enum options_wish parse(const char *line)
{
    static char copy[512];
    static char *argv[ARGUMENTS_MAX];
    options_finish(&options);
    buf_finish(&why);
    buf_init(&why, 4096);
    int argc = 0;
    snprintf(copy, sizeof copy, "hobnobd%s%s", *line ? " " : "", line);
    for (char *at = copy; at; at = strchr(at, ' ')) {
        if (*at == ' ') {
            *at++ = '\0';
        }
        argv[argc++] = at;
        check(argc < ARGUMENTS_MAX);
    }
    argv[argc] = NULL;
    options_parse(&options, argc, argv, &why);
    return options.wish;
}

static void wrong(const char *line, const char *sentence)
{
    check_number(parse(line), OPTIONS_WRONG);
    check_text(buf_text(&why), sentence);
}

static void no_option_at_all_runs(void)
{
    check_number(parse(""), OPTIONS_RUN);
    check_number(options.given_count, 0);
    check(!options.config_file && !options.verbose);
}

static void settings_are_given_in_their_order(void)
{
    check_number(parse("--listen relay://127.0.0.1:1 --port=0 --listen any://[::1]:2 --ephemeral"),
                 OPTIONS_RUN);
    check_number(options.given_count, 4);
    check_text(text_of(options.given[0].value), "relay://127.0.0.1:1");
    check_text(text_of(options.given[1].setting->name), "port");
    check_text(text_of(options.given[1].value), "0");
    check_text(text_of(options.given[2].value), "any://[::1]:2");
    check_text(text_of(options.given[3].setting->name), "ephemeral");
    check_text(text_of(options.given[3].value), "yes");
}

static void underscores_become_dashes(void)
{
    check_number(parse("--io-threads 2 --no-limits-for 127.0.0.0/8"), OPTIONS_RUN);
    check_text(text_of(options.given[0].setting->name), "io_threads");
    check_text(text_of(options.given[1].setting->name), "no_limits_for");
}

static void wishes_are_told_apart(void)
{
    check_number(parse("--check-config"), OPTIONS_CHECK);
    check_number(parse("--help"), OPTIONS_HELP);
    check_number(parse("-h"), OPTIONS_HELP);
    check_number(parse("--version"), OPTIONS_VERSION);
    check_number(parse("-v -c file"), OPTIONS_RUN);
    check(options.verbose);
    check_text(text_of(options.config_file), "file");
}

static void wrong_usage_says_what_would_be_right(void)
{
    wrong("--prot 5001", "There is no option --prot. Did you mean --port?");
    wrong("--message-bytes 5",
          "There is no option --message-bytes: set message_bytes in the configuration file.");
    wrong("--password=hunter2",
          "There is no option --password: set password in the configuration file.");
    wrong("--quux=1", "There is no option --quux=1. hobnobd --help lists them.");
    wrong("-x", "There is no option -x. hobnobd --help lists them.");
    wrong("--port", "--port needs a value. hobnobd --help says which.");
    wrong("--help=yes", "--help=yes takes no value.");
    wrong("--ephemeral=no", "--ephemeral=no takes no value.");
    wrong("5000", "\"5000\" is not an option. hobnobd --help lists them.");
    wrong("--check-config my.conf", "To check the configuration file my.conf say hobnobd "
                                    "--check-config --config my.conf");
    wrong("--port 5000 more", "\"more\" is not an option. hobnobd --help lists them.");
}

static void wrong_values_say_what_would_be_right(void)
{
    wrong("--port 65536", "--port 65536 will not do. It must be a number from 0 to 65535.");
    wrong("--port -1", "--port -1 will not do. It must be a number from 0 to 65535.");
    wrong("--port 5000x", "--port 5000x will not do. It must be a number from 0 to 65535.");
    wrong("--io-threads 0",
          "--io-threads 0 will not do. It must be a number of threads from 1 to 64.");
    wrong("--console loud", "--console loud will not do. It must be auto, chat, log or quiet.");
    wrong("--no-limits-for here", "--no-limits-for here will not do. An address stands as "
                                  "192.0.2.7, 192.0.2.0/24 or 2001:db8::/32.");
    check_number(parse("--listen ftp://0.0.0.0:21"), OPTIONS_WRONG);
    check(text_starts(buf_text(&why), TEXT("--listen ftp://0.0.0.0:21 will not do. ")));
}

static void a08_formats_in_values_are_only_text(void)
{
    wrong("--port %n%s%x", "--port %n%s%x will not do. It must be a number from 0 to 65535.");
    wrong("--%n%s", "There is no option --%n%s. hobnobd --help lists them.");
}

static void help_names_every_option(void)
{
    struct buf help;
    buf_init(&help, 65536);
    options_help(&help);
    buf_add_char(&help, '\0');
    for (const struct setting *s = settings; s->name; s++) {
        char name[64] = "--";
        for (size_t i = 0; s->name[i]; i++) {
            name[2 + i] = s->name[i] == '_' ? '-' : s->name[i];
        }
        check(!(s->use & SETTING_OPTION) == !strstr(help.at, name));
    }
    check(strstr(help.at, "--check-config") && strstr(help.at, "-v, --verbose"));
    buf_finish(&help);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(no_option_at_all_runs);
    TEST(settings_are_given_in_their_order);
    TEST(underscores_become_dashes);
    TEST(wishes_are_told_apart);
    TEST(wrong_usage_says_what_would_be_right);
    TEST(wrong_values_say_what_would_be_right);
    TEST(a08_formats_in_values_are_only_text);
    TEST(help_names_every_option);
    options_finish(&options);
    buf_finish(&why);
    return test_end();
}
