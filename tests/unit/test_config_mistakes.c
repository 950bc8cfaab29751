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

static bool build(const char *content)
{
    clean();
    file_write(content);
    bool built = config_build(&config, path, NULL, 0, &why);
    unlink(path);
    return built;
}

// All that is said of such a file, line by line; "*" in place of its path.
static void all_refused(const char *content, const char *expected)
{
    check(!build(content));
    struct buf said;
    buf_init(&said, 65536);
    for (struct text rest = buf_text(&why); rest.len;) {
        struct text line = text_head(rest, text_find(rest, '\n'));
        rest = text_skip(rest, line.len + 1);
        bool named = text_starts(line, text_of(path));
        buf_printf(&said, "%s%.*s\n", named ? "*" : "",
                   TEXT_ARG(text_skip(line, named ? strlen(path) : 0)));
    }
    check_text(buf_text(&said), expected);
    buf_finish(&said);
}

static void all_mistakes_are_told_at_once(void)
{
    all_refused("port = many\nquux = {\"a\",\n  \"b\"}\nname = \"ours\"\nrooms = 0\nname = x\n",
                "*:1: port = \"many\" will not do: It must be a number from 0 to 65535.\n"
                "*:2: There is no setting \"quux\". hobnobd --check-config lists them all.\n"
                "*:5: rooms = \"0\" will not do: It must be a number of rooms from 1 to 10000000.\n"
                "*:6: name is set twice, first in line 4. Keep one of them.\n");
    all_refused(
        "flood_profile a {\n  massages = 3\n  names = x\n  nums = any\n}\nport = -1\n"
        "flood_profile {\n  names = any\n}\nport 5\nconsole = \"log\nrooms = 0\n",
        "*:2: A flood_profile has no \"massages\": it has joins, messages, repeats and names.\n"
        "*:3: names = \"x\" will not do: It must be any, or such as \"5 in 60 s, then mute for "
        "60 s\".\n"
        "*:4: A flood_profile has no \"nums\": it has joins, messages, repeats and names.\n"
        "*:6: port = \"-1\" will not do: It must be a number from 0 to 65535.\n"
        "*:7: This cannot be read. A flood profile stands as: flood_profile \"name\" { "
        "messages = \"10 in 20 s, then delay\" }.\n"
        "*:10: This cannot be read (missing equal sign after option 'port'). A line stands as: "
        "name = \"value\", a list as: listen = {\"value\", \"value\"}.\n"
        "*:11: The quote that begins here has no end.\n");
    all_refused("message_bytes = 8192\nflood = x\nline_bytes = 4096\ntls_key = \"/a\"\n"
                "undecided_bytes = 16384\nopening_bytes = 1024\n",
                "*:3: message_bytes (8192) may not be above line_bytes (4096): set both.\n"
                "*:6: undecided_bytes (16384) may not be above opening_bytes (1024): set both.\n"
                "*:2: flood = \"x\" will not do: It must be none, relaxed, normal or strict, or a "
                "flood_profile of that name must be in the file.\n"
                "tls_key is set without tls_certificate: a certificate needs its key.\n");
}

static void of_very_many_mistakes_the_first_are_told(void)
{
    struct buf content;
    buf_init(&content, 65536);
    for (int i = 1; i <= 2000; i++) {
        buf_printf(&content, "%s\n", i % 2 ? "quux = 5" : "port = x {");
    }
    buf_add_char(&content, '\0');
    check(!build(content.at));
    buf_finish(&content);
    size_t lines = 1;
    for (size_t i = 0; i < why.len; i++) {
        lines += why.at[i] == '\n';
    }
    check(lines <= 21);
    buf_init(&content, 65536);
    for (int i = 1; i <= 2000; i++) {
        buf_add(&content, TEXT("quux = 5\n"));
    }
    buf_add_char(&content, '\0');
    check(!build(content.at));
    buf_finish(&content);
    buf_add_char(&why, '\0');
    check(strstr(why.at, ":20: There is no setting"));
    check(!strstr(why.at, ":21: There is no setting"));
    check(strstr(why.at, "\nThere may be more: mend these first."));
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(all_mistakes_are_told_at_once);
    TEST(of_very_many_mistakes_the_first_are_told);
    clean();
    return test_end();
}
