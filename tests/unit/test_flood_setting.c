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

// The file is refused with FILE:LINE: and the sentence.
static void refused(const char *content, int line, const char *sentence)
{
    check(!build(content));
    char expected[1024];
    snprintf(expected, sizeof expected, "%s:%d: %s", path, line, sentence);
    check_text(buf_text(&why), expected);
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

static void check_rule(const char *profile, enum flood_kind kind, uint32_t count, uint32_t in_s,
                       enum flood_act act, uint32_t for_s)
{
    int i = flood_profile_find(&config.flood.profiles, text_of(profile));
    check(i >= 0);
    const struct flood_rule *rule = &config.flood.profiles.all[i].rules[kind];
    check_number(rule->count, count);
    check_number(rule->in_s, in_s);
    check_number((int)rule->act, (int)act);
    check_number(rule->for_s, for_s);
}

static void flood_profiles_are_made_and_changed(void)
{
    check(build("flood = \"busy\"\nflood_profile \"busy\" {\n"
                "    joins = \"30 in 10 s, then close for 90 s\"\n"
                "    messages = \"7 in 5 s, then mute for 3600 s\"\n"
                "    names = any\n}\n"
                "flood_profile normal { messages = \"12 in 20 s then delay\" }\n"
                "flood_profile empty {}\n"));
    check_rule("busy", FLOOD_JOINS, 30, 10, FLOOD_CLOSE, 90);
    check_rule("busy", FLOOD_MESSAGES, 7, 5, FLOOD_MUTE, 3600);
    check_rule("busy", FLOOD_REPEATS, 0, 0, FLOOD_DELAY, 0);
    check_rule("busy", FLOOD_NAMES, 0, 0, FLOOD_DELAY, 0);
    check_rule("normal", FLOOD_MESSAGES, 12, 20, FLOOD_DELAY, 0);
    check_rule("normal", FLOOD_REPEATS, 5, 60, FLOOD_MUTE, 60);
    check_rule("empty", FLOOD_JOINS, 0, 0, FLOOD_DELAY, 0);
    check_text(text_of(config.flood.profiles.all[config.limits.flood].name), "busy");
    char *out = printed();
    check(strstr(out, "\nflood_profile \"strict\" {                  # default\n"));
    char busy[1024];
    snprintf(busy, sizeof busy,
             "\nflood_profile \"busy\" {                    # %s:3\n"
             "    joins = \"30 in 10 s, then close for 90 s\"\n",
             path);
    check(strstr(out, busy));
    check(build(out));
    check_rule("busy", FLOOD_MESSAGES, 7, 5, FLOOD_MUTE, 3600);
    check_rule("normal", FLOOD_MESSAGES, 12, 20, FLOOD_DELAY, 0);
    free(out);
}

static void bad_flood_profiles_name_what_would_be_right(void)
{
    refused(
        "\nflood_profile a {\n  messages = \"3\"\n}", 3,
        "messages = \"3\" will not do: It must be any, or such as \"10 in 20 s, then delay\" or "
        "\"6 in 20 s, then mute for 60 s\".");
    static const char *const rules[] = {"joins = \"3 in 9 s, then mute for 3 s\"",
                                        "joins = \"3 in 9 s, then delay\"",
                                        "joins = \"0 in 9 s, then close for 3 s\"",
                                        "names = \"3 in 0 s, then mute for 3 s\"",
                                        "names = \"3 in 9 s, then mute for 86401 s\"",
                                        "names = \"3 in 9 s, then mute for 3 s or so\"",
                                        "repeats = \"1001 in 9 s, then delay\"",
                                        "repeats = \"3 in 9 s, then mute\"",
                                        "messages = \"3 in 9 s, then close for 3 s\""};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        char content[256];
        snprintf(content, sizeof content, "flood_profile a {\n%s }", rules[i]);
        check(!build(content));
        check(strstr(why.at, ":2: ") && strstr(why.at, "will not do: It must be any, or such as"));
    }
    refused("flood_profile a {\n massages = any\n}", 2,
            "A flood_profile has no \"massages\": it has joins, messages, repeats and names.");
    refused("flood_profile a {\n names = any\n names = any\n}", 3,
            "names is set twice, first in line 2. Keep one of them.");
    refused("flood_profile a {}\nflood_profile a {}", 2,
            "There is a flood_profile \"a\" above. Keep one of them.");
    refused("flood_profile \"A b\" {}", 1,
            "A flood_profile has a name of 1 to 20 small letters, digits and -.");
    refused("flood_profile none {}", 1,
            "The flood_profile \"none\" has no rules: by it nothing is too much.");
    refused("flood_profile {}", 1,
            "This cannot be read. A flood profile stands as: flood_profile \"name\" { messages = "
            "\"10 in 20 s, then delay\" }.");
    refused("\nflood = busy", 2,
            "flood = \"busy\" will not do: It must be none, relaxed, normal or strict, or a "
            "flood_profile of that name must be in the file.");
    refused("\nflood_profile a {\n", 2, "The brace that begins here has no end: } is missing.");
}

static void flood_profiles_have_a_bound(void)
{
    struct buf content;
    buf_init(&content, 4096);
    for (int i = 1; i <= 16; i++) {
        buf_printf(&content, "flood_profile p%d {}\n", i);
    }
    buf_add_char(&content, '\0');
    check(build(content.at));
    content.len--;
    buf_add(&content, TEXT("flood_profile p17 {}\n"));
    buf_add_char(&content, '\0');
    refused(content.at, 17, "There can be at most 16 flood profiles of your own.");
    buf_finish(&content);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(flood_profiles_are_made_and_changed);
    TEST(bad_flood_profiles_name_what_would_be_right);
    TEST(flood_profiles_have_a_bound);
    clean();
    return test_end();
}
