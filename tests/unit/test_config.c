#include "server/config.h"
#include "support/test.h"

#include <unistd.h>

static struct config config;
static struct buf why;
static char path[512];

static void clean(void)
{
    config_finish(&config);
    buf_finish(&why);
    buf_init(&why, 4096);
}

static void file_write(const char *content)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/test_config.%d", folder ? folder : "/tmp", (int)getpid());
    FILE *file = fopen(path, "w");
    check(file && fputs(content, file) >= 0 && fclose(file) == 0);
}

static bool build_with(const char *content, const struct given *given, size_t count)
{
    clean();
    file_write(content);
    bool built = config_build(&config, path, given, count, &why);
    unlink(path);
    return built;
}

static bool build(const char *content)
{
    return build_with(content, NULL, 0);
}

// The file is refused with FILE:LINE: and the sentence.
static void refused(const char *content, int line, const char *sentence)
{
    check(!build(content));
    char expected[1024];
    snprintf(expected, sizeof expected, "%s:%d: %s", path, line, sentence);
    check_text(buf_text(&why), expected);
}

static struct given option(const char *name, const char *value)
{
    return (struct given){setting_find(text_of(name), false), value};
}

static void check_listeners(const char *expected)
{
    struct buf joined;
    buf_init(&joined, 1024);
    struct list all = config_listeners(&config, NULL);
    for (size_t i = 0; i < all.count; i++) {
        buf_printf(&joined, "%s%s", i ? " " : "", all.at[i]);
    }
    list_finish(&all);
    check_text(buf_text(&joined), expected);
    buf_finish(&joined);
}

static void without_anything_defaults_hold(void)
{
    clean();
    check(config_build(&config, NULL, NULL, 0, &why));
    check_text(text_of(config.name), "hobnob");
    check(!config.ephemeral && config.console == CONSOLE_AUTO);
    check(config.io_threads >= 1 && config.io_threads <= 8);
    check_listeners("any://0.0.0.0:5000 any://[::]:5000");
}

static void defaults_are_those_of_the_core(void)
{
    clean();
    check(config_build(&config, NULL, NULL, 0, &why));
    check(memcmp(&config.limits, &limits_default, sizeof limits_default) == 0);
}

static void data_folder_is_where_xdg_says(void)
{
    clean();
    setenv("XDG_STATE_HOME", "/state", 1);
    setenv("HOME", "/home/ann", 1);
    check(config_build(&config, NULL, NULL, 0, &why));
    check_text(text_of(config.data), "/state/hobnob");
    clean();
    setenv("XDG_STATE_HOME", "relative", 1);
    check(config_build(&config, NULL, NULL, 0, &why));
    check_text(text_of(config.data), "/home/ann/.local/state/hobnob");
    clean();
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    check(config_build(&config, NULL, NULL, 0, &why));
    check_text(text_of(config.data), "");
}

static void every_kind_of_value_is_read(void)
{
    check(build("# the house's server\n"
                "name = \"our house\"\n"
                "listen = {\"any://127.0.0.1:5001\", \"relay://127.0.0.1:12345\"}\n"
                "ephemeral = yes\n"
                "console = quiet\n"
                "registration_email = required\n"
                "message_bytes = 2KiB\n"
                "backlog_ms = 5000\n"
                "proxy_from = \"192.0.2.1\"\n"
                "no_limits_for = {}\n"));
    check_text(text_of(config.name), "our house");
    check_listeners("any://127.0.0.1:5001 relay://127.0.0.1:12345");
    check(config.ephemeral && config.console == CONSOLE_QUIET);
    check(config.access.registration_email == REGISTRATION_EMAIL_REQUIRED);
    check_number(config.limits.message_bytes, 2048);
    check_number(config.net.backlog_ms, 5000);
    check_number(config.proxy_from.count, 1);
    check_number(config.no_limits_for.count, 0);
}

static void sizes_know_their_units(void)
{
    check(build("endless_bytes = 2MiB\n"));
    check_number(config.net.endless_bytes, 2 * 1024 * 1024);
    check(build("endless_bytes = \"1048577\"\n"));
    check_number(config.net.endless_bytes, 1048577);
    check(!build("endless_bytes = 2MB\n"));
    check(!build("endless_bytes = KiB\n"));
    check(!build("endless_bytes = 99999999999GiB\n"));
    check(!build("endless_bytes = 4194304KiB\n"));
}

static void bad_values_name_file_and_line(void)
{
    refused("\n\nport = many\n", 3,
            "port = \"many\" will not do: It must be a number from 0 to 65535.");
    refused("line_bytes = 10\n", 1,
            "line_bytes = \"10\" will not do: It must be a size from 512 to 1048576 bytes, such "
            "as 4096 or 16KiB.");
    refused("name_ms = 3s\n", 1,
            "name_ms = \"3s\" will not do: It must be a number of milliseconds from 1000 to "
            "86400000.");
    refused("\nproxy_from = {\"192.0.2.1\", \"nobody\"}\n", 2,
            "proxy_from = \"nobody\" will not do: An address stands as 192.0.2.7, 192.0.2.0/24 "
            "or 2001:db8::/32.");
    refused("name = \"a\\x07\"\n", 1,
            "name = \"a\x07\" will not do: The name has 1 to 64 bytes of UTF-8 and no control "
            "characters.");
}

static void lines_are_counted_past_comments_and_quotes(void)
{
    refused("# one\n// two\n/* three\n\n*/ # five\nname = \"a # b // c\"\nport = x\n", 7,
            "port = \"x\" will not do: It must be a number from 0 to 65535.");
    check(build("listen = {\"any://127.0.0.1:5001\", # here\n // and\n any://127.0.0.1:5002}\n"));
    check_listeners("any://127.0.0.1:5001 any://127.0.0.1:5002");
    check(build("name = 'it\\'s # ours'# yes\n"));
    check_text(text_of(config.name), "it's # ours");
}

static void what_has_no_end_is_named_where_it_begins(void)
{
    refused("\nname = \"our hou\n\n\n", 2, "The quote that begins here has no end.");
    refused("\n\n/* all of it\nport = 1\n", 3,
            "The comment that begins here has no end: */ is missing.");
}

static void unknown_settings_name_the_likely_one(void)
{
    refused("\nmesage_bytes = 5\n", 2,
            "There is no setting \"mesage_bytes\". Did you mean message_bytes?");
    refused("quux = 5\n", 1,
            "There is no setting \"quux\". hobnobd --check-config lists them all.");
    refused("include(\"/etc/passwd\")\n", 1,
            "There is no setting \"include\". hobnobd --check-config lists them all.");
}

static void settings_stand_once(void)
{
    refused("port = 1\n\nport = 2\n", 3, "port is set twice, first in line 1. Keep one of them.");
}

static void limits_fit_each_other(void)
{
    refused("\nmessage_bytes = 8KiB\n", 2,
            "message_bytes (8192) may not be above line_bytes (4096): set both.");
    check(build("message_bytes = 8KiB\nline_bytes = 8KiB\n"));
}

static void what_the_server_says_of_itself_is_made_ready(void)
{
    check(build(""));
    check_text(config.info.network, "hobnob");
    check_number(config.info.description.len + config.info.motd.len + config.info.admin.len, 0);
    check_number(config.info.password.len + config.info.operator_count, 0);
    check(build("name = \"our house\"\n"));
    check_text(config.info.network, "our house");
    check(build("description = \"where room 12 talks\"\nnetwork = \"ournet\"\n"
                "admin = {\"Ann\", \"\", \"ann@example.org\"}\npassword = \"a long phrase\"\n"
                "operators = {\"ann:with: a colon\", \"bob:12345678\"}\n"));
    check_text(config.info.description, "where room 12 talks");
    check_text(config.info.network, "ournet");
    check_text(config.info.admin, "Ann\n\nann@example.org\n");
    check_text(config.info.password, "a long phrase");
    check_number(config.info.operator_count, 2);
    check_text(config.info.operators[0].name, "ann");
    check_text(config.info.operators[0].password, "with: a colon");
    check_text(config.info.operators[1].name, "bob");
    check_text(config.info.operators[1].password, "12345678");
}

static char motd_path[600];

static bool build_with_motd(struct text content)
{
    file_write("");
    snprintf(motd_path, sizeof motd_path, "%s.motd", path);
    FILE *file = fopen(motd_path, "w");
    check(file && fwrite(content.at, 1, content.len, file) == content.len && fclose(file) == 0);
    char setting[700];
    snprintf(setting, sizeof setting, "\nmotd = \"%s\"\n", motd_path);
    bool built = build(setting);
    unlink(motd_path);
    return built;
}

static void the_message_of_the_day_is_read_line_by_line(void)
{
    check(build_with_motd(TEXT("Welcome!\r\n\n\t\xc3\xa9t\xc3\xa9")));
    check_text(config.info.motd, "Welcome!\n\n\t\xc3\xa9t\xc3\xa9\n");
    check(build_with_motd(TEXT("")));
    check_number(config.info.motd.len, 0);
}

static void motd_refused(struct text content, const char *sentence)
{
    check(!build_with_motd(content));
    char expected[2048];
    snprintf(expected, sizeof expected, "%s:2: motd = \"%.100s\" will not do: %s", path, motd_path,
             sentence);
    check_text(buf_text(&why), expected);
}

static void a_bad_message_of_the_day_is_refused(void)
{
    static const char unfit[] = "Line 2 of the file is longer than 400 bytes, is no UTF-8 or has "
                                "control characters.";
    static char page[65537];
    motd_refused(TEXT("a\n\x1b[2J\n"), unfit);
    motd_refused(TEXT("a\nb\0\n"), unfit);
    motd_refused(TEXT("a\n\xff\n"), unfit);
    motd_refused(TEXT("a\nb\rc\n"), unfit);
    memset(page, 'x', sizeof page);
    page[0] = 'a';
    page[1] = '\n';
    motd_refused((struct text){page, 2 + 401}, unfit);
    check(build_with_motd((struct text){page, 2 + 400}));
    motd_refused((struct text){page, sizeof page}, "The file is larger than 64 KiB.");
    memset(page, '\n', sizeof page);
    check(build_with_motd((struct text){page, 500}));
    motd_refused((struct text){page, 501}, "The file has more than 500 lines.");
    refused("motd = \"/nonexistent\"\n", 1,
            "motd = \"/nonexistent\" will not do: The file cannot be read: No such file or "
            "directory.");
    refused("\nmotd = \"/dev/zero\"\n", 2,
            "motd = \"/dev/zero\" will not do: That is no text file. Name one.");
    refused("motd = \"/tmp\"\n", 1, "motd = \"/tmp\" will not do: That is no text file. Name one.");
    refused("motd = \"\"\n", 1,
            "motd = \"\" will not do: The file cannot be read: No such file or directory.");
}

static void a62_an_empty_password_opens_nothing(void)
{
    refused("password = \"\"\n", 1,
            "password = \"***\" will not do: A password of 0 bytes is too short: it has at least "
            "8.");
    refused("password = \"${HOBNOB_NOT_SET}\"\n", 1,
            "password = \"***\" will not do: A password of 0 bytes is too short: it has at least "
            "8.");
    refused("operators = {\"ann:\"}\n", 1,
            "operators = \"***\" will not do: A password of 0 bytes is too short: it has at least "
            "8.");
    refused("operators = {\"ann\"}\n", 1,
            "operators = \"***\" will not do: An operator stands as NAME:PASSWORD; the name has 1 "
            "to 64 bytes and no blanks.");
    check(!build("operators = {\":12345678\"}\n"));
    check(!build("operators = {\"an n:12345678\"}\n"));
    check(!build("password = \"        \"\n"));
    check(!build("password = \"1234567\\x07\"\n"));
    check(build("password = \"12345678\"\n"));
    refused("\noperators = {\"ann:12345678\", \"bob:12345678\", \"ann:87654321\"}\n", 2,
            "operators has ann twice. Keep one of them.");
}

static void passwords_are_in_no_sentence(void)
{
    static const char *const bad[] = {"password = \"hunter2\"\n",
                                      "password = correct hunter2 battery\n",
                                      "password = longcorrect hunter2 = 5\n",
                                      "password = \"longcorrect\" hunter2\n",
                                      "password = {\"hunter2hunter2\"}\n",
                                      "password \"hunter2hunter2\"\n",
                                      "password hunter2hunter2\n",
                                      "password += \"hunter2hunter2\"\n",
                                      "password = \"hunter2hunter2\"\npassword = \"hunter2\"\n",
                                      "operators = {\"ann:hunter2\"}\n",
                                      "operators = {\"annhunter2\"}\n",
                                      "operators = {ann:longhunter2 hunter2}\n",
                                      "operators = {\"a:longhunter2\", \"a:hunter2hunter2\"}\n",
                                      "operators = \"ann:longhunter2\" hunter2\n",
                                      "operators = {\"a:longhunter2\"\n\"b:hunter2\"}\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check(!build(bad[i]));
        buf_add_char(&why, '\0');
        if (strstr(why.at, "hunter2")) {
            test_fail(__FILE__, __LINE__, "%s: %s", bad[i], why.at);
        }
    }
}

static void a62_cut_files_are_refused(void)
{
    static const char whole[] = "name = \"our house\"\nlisten = {\"any://127.0.0.1:5001\"}\n";
    check(build(whole));
    static const char *const cut[] = {"name",
                                      "name =",
                                      "name = \"our hou",
                                      "listen = {",
                                      "listen = {\"any://127.0.0.1:5001\"",
                                      "= 5",
                                      "{",
                                      "name = \"a\" }",
                                      "flood_profile",
                                      "flood_profile a",
                                      "flood_profile a {",
                                      "flood_profile a { names = any",
                                      "flood_profile a { names }"};
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        check(!build(cut[i]));
        char start[600];
        snprintf(start, sizeof start, "%s:1: ", path);
        check(text_starts(buf_text(&why), text_of(start)));
    }
}

// Nothing is opened by an empty file: nobody is exempt from limits, no proxy believed.
static void a62_empty_files_give_the_defaults(void)
{
    static const char *const empty[] = {"", "\n\n", "# nothing\n", "/* nothing */"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        check(build(empty[i]));
        check_number(config.no_limits_for.count, 0);
        check_number(config.proxy_from.count, 0);
        check_number(config.operators.count, 0);
        check(memcmp(&config.limits, &limits_default, sizeof limits_default) == 0);
    }
}

static void files_that_cannot_be_read_are_named(void)
{
    clean();
    check(!config_build(&config, "/dev/zero", NULL, 0, &why));
    check_text(buf_text(&why), "The configuration file /dev/zero is larger than 1 MiB.");
    clean();
    check(!config_build(&config, "/nonexistent/hobnobd.conf", NULL, 0, &why));
    check_text(buf_text(&why), "The configuration file /nonexistent/hobnobd.conf cannot be read: "
                               "No such file or directory.");
    clean();
    check(!config_build(&config, "/tmp", NULL, 0, &why));
    check_text(buf_text(&why), "/tmp is a folder. Name a configuration file.");
}

static void options_win_over_the_file(void)
{
    struct given given[] = {option("name", "first"), option("name", "second"),
                            option("no_limits_for", "192.0.2.2")};
    check(
        build_with("name = \"house\"\nno_limits_for = {\"192.0.2.1\", \"192.0.2.3\"}\n", given, 3));
    check_text(text_of(config.name), "second");
    check_number(config.no_limits_for.count, 1);
    check_text(text_of(config.no_limits_for.at[0]), "192.0.2.2");
}

static void listeners_of_options_replace_those_of_the_file(void)
{
    static const char file[] = "listen = {\"any://127.0.0.1:5000\"}\n";
    struct given port = option("port", "5001");
    check(build_with(file, &port, 1));
    check_listeners("any://0.0.0.0:5001 any://[::]:5001");
    struct given relay = option("listen", "relay://127.0.0.1:12345");
    check(build_with("port = 5002\n", &relay, 1));
    check_listeners("relay://127.0.0.1:12345");
    struct given both[] = {port, relay};
    check(build_with(file, both, 2));
    check_listeners("relay://127.0.0.1:12345 any://0.0.0.0:5001 any://[::]:5001");
    check(build_with("listen = {\"relay://127.0.0.1:1\"}\nport = 5003\n", NULL, 0));
    check_listeners("relay://127.0.0.1:1 any://0.0.0.0:5003 any://[::]:5003");
}

static char *printed(void)
{
    struct buf out;
    buf_init(&out, 65536);
    config_print(&config, &out);
    char *copy = text_copy(buf_text(&out));
    buf_finish(&out);
    return copy;
}

static void what_is_printed_says_where_it_comes_from(void)
{
    struct given given = option("name", "o");
    check(build_with("\nport = 7\n", &given, 1));
    char *text = printed();
    char line[600];
    snprintf(line, sizeof line, "\nport = 7%*s  # %s:2\n", 32, "", path);
    check(strstr(text, line));
    check(strstr(text, "\nname = \"o\"                                # option\n"));
    check(strstr(text, "\nephemeral = no                            # default\n"));
    free(text);
}

static void passwords_are_not_printed(void)
{
    check(build("password = \"hunter2:hunter2\"\noperators = {\"ann:hunter2hunter2\"}\n"));
    char *text = printed();
    check(!strstr(text, "hunter2"));
    check(strstr(text, "\npassword = \"***\" ") && strstr(text, "\noperators = {\"ann:***\"} "));
    check(!build(text)); // what hides a password is none
    free(text);
    check(build(""));
    text = printed();
    check(strstr(text, "\n# password = \"\" ") && strstr(text, "\noperators = {} "));
    free(text);
}

// Without what says where a value comes from.
static void comments_cut(char *text)
{
    char *to = text;
    for (char *line = text; *line;) {
        char *comment = strstr(line, "  # ");
        char *end = strchr(line, '\n');
        size_t len = (size_t)((comment && comment < end ? comment : end) - line);
        memmove(to, line, len);
        to += len;
        *to++ = '\n';
        line = end + 1;
    }
    *to = '\0';
}

static void what_is_printed_reads_as_the_same(void)
{
    check(build("name = \"a \\\"b\\\" \\\\ \\${HOME} #c\"\nport = 0\nline_bytes = 8KiB\n"
                "listen = {\"any://127.0.0.1:5001\", \"unix+any:///tmp/a b\"}\nephemeral = on\n"
                "console = log\n"));
    check_text(text_of(config.name), "a \"b\" \\ ${HOME} #c");
    char *first = printed();
    check(build(first));
    char *second = printed();
    comments_cut(first);
    comments_cut(second);
    check_text(text_of(second), first);
    free(first);
    free(second);
}

// What hobnobd.conf(5) says of a setting.
static void section_add(const struct setting *s, struct buf *out)
{
    buf_printf(out, ".It Cm %s\n", s->name);
    buf_printf(out, "%c%s.\n", s->help[0] - 'a' + 'A', s->help + 1);
    setting_describe(s, out);
    buf_add_char(out, '\n');
}

static void the_manual_lists_every_setting(void)
{
    FILE *manual = fopen("docs/hobnobd.conf.5", "r");
    check(manual);
    static char text[65536];
    text[fread(text, 1, sizeof text - 1, manual)] = '\0';
    fclose(manual);
    struct buf expected;
    buf_init(&expected, 65536);
    for (const struct setting *s = settings; s->name; s++) {
        section_add(s, &expected);
    }
    buf_add_char(&expected, '\0');
    const char *list = strstr(text, ".It Cm ");
    check(list);
    struct text rest = text_head(text_of(list), expected.len - 1);
    check_text(rest, expected.at);
    check(!strstr(list + rest.len, ".It Cm "));
    buf_finish(&expected);
}

static void settings_are_found_by_name(void)
{
    check(setting_find(TEXT("port"), false));
    check(!setting_find(TEXT("por"), false));
    check(!setting_find(TEXT("ports"), false));
    check(!setting_find(TEXT("io-threads"), false));
    check(setting_find(TEXT("io-threads"), true));
    check(settings_count() < SETTINGS_MAX);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(without_anything_defaults_hold);
    TEST(defaults_are_those_of_the_core);
    TEST(data_folder_is_where_xdg_says);
    TEST(every_kind_of_value_is_read);
    TEST(sizes_know_their_units);
    TEST(bad_values_name_file_and_line);
    TEST(lines_are_counted_past_comments_and_quotes);
    TEST(what_has_no_end_is_named_where_it_begins);
    TEST(unknown_settings_name_the_likely_one);
    TEST(settings_stand_once);
    TEST(limits_fit_each_other);
    TEST(what_the_server_says_of_itself_is_made_ready);
    TEST(the_message_of_the_day_is_read_line_by_line);
    TEST(a_bad_message_of_the_day_is_refused);
    TEST(a62_an_empty_password_opens_nothing);
    TEST(passwords_are_in_no_sentence);
    TEST(a62_cut_files_are_refused);
    TEST(a62_empty_files_give_the_defaults);
    TEST(files_that_cannot_be_read_are_named);
    TEST(options_win_over_the_file);
    TEST(listeners_of_options_replace_those_of_the_file);
    TEST(what_is_printed_says_where_it_comes_from);
    TEST(passwords_are_not_printed);
    TEST(what_is_printed_reads_as_the_same);
    TEST(the_manual_lists_every_setting);
    TEST(settings_are_found_by_name);
    clean();
    return test_end();
}
