#include "server/options.h"

#include "base/must.h"

#include <getopt.h>

// What getopt answers for options that have no letter.
enum {
    OPTION_CHECK = 500,
    OPTION_VERSION,
    OPTION_SETTING = 1000, // + the setting's index
};

static const struct {
    const char *name;
    int code;             // the letter, where there is one
    const char *argument; // NULL: none
    enum options_wish wish;
    const char *help;
} others[] = {
    {"config", 'c', "FILE", OPTIONS_RUN, "read settings from FILE (hobnobd.conf(5))"},
    {"check-config", OPTION_CHECK, NULL, OPTIONS_CHECK,
     "print every setting, its value and where that comes from"},
    {"verbose", 'v', NULL, OPTIONS_RUN, "print what happens, line by line, for developers"},
    {"help", 'h', NULL, OPTIONS_HELP, "print this"},
    {"version", OPTION_VERSION, NULL, OPTIONS_VERSION, "print the version"},
};
static const char letters[] = "cvh";
enum { OTHERS = sizeof others / sizeof *others, OPTION_NAME_MAX = 32 };

static void option_name(const struct setting *s, char *name)
{
    size_t i = 0;
    for (; s->name[i]; i++) {
        name[i] = s->name[i] == '_' ? '-' : s->name[i];
    }
    name[i] = 0;
}

struct option_table {
    struct option rows[SETTINGS_MAX + OTHERS + 1];
    char names[SETTINGS_MAX][OPTION_NAME_MAX];
};

static void table_fill(struct option_table *t)
{
    *t = (struct option_table){0};
    size_t count = 0;
    for (size_t i = 0; settings[i].name; i++) {
        if (settings[i].use & SETTING_OPTION) {
            must(strlen(settings[i].name) < sizeof t->names[i]);
            option_name(&settings[i], t->names[i]);
            int argument = settings[i].type == SETTING_SWITCH ? no_argument : required_argument;
            t->rows[count++] =
                (struct option){t->names[i], argument, NULL, OPTION_SETTING + (int)i};
        }
    }
    for (size_t i = 0; i < OTHERS; i++) {
        int argument = others[i].argument ? required_argument : no_argument;
        t->rows[count++] = (struct option){others[i].name, argument, NULL, others[i].code};
    }
}

static bool value_fits(const struct setting *s, const char *value, struct buf *why)
{
    struct config *scratch = mem_alloc(sizeof *scratch);
    struct buf fault;
    buf_init(&fault, 1024);
    bool fits = setting_put(s, scratch, text_of(value), &fault);
    if (!fits) {
        char name[OPTION_NAME_MAX];
        option_name(s, name);
        struct text sentence = buf_text(&fault);
        buf_printf(why, "--%s %.100s will not do. %.*s", name, value, TEXT_ARG(sentence));
    }
    buf_finish(&fault);
    config_finish(scratch);
    free(scratch);
    return fits;
}

static void setting_given(struct options *o, const struct setting *s, const char *value,
                          struct buf *why)
{
    value = s->type == SETTING_SWITCH ? "yes" : value;
    if (!value_fits(s, value, why)) {
        o->wish = OPTIONS_WRONG;
        return;
    }
    o->given = mem_grow(o->given, (o->given_count + 1) * sizeof *o->given);
    o->given[o->given_count++] = (struct given){s, value};
}

static void unknown_say(const char *argument, struct buf *why)
{
    struct text name = text_skip(text_of(argument), 2);
    name = text_head(name, text_find(name, '='));
    const struct setting *in_file = setting_find(name, true);
    if (text_starts(text_of(argument), TEXT("--")) && in_file) {
        // What follows the name may be a password.
        buf_printf(why, "There is no option --%.*s: set %s in the configuration file.",
                   TEXT_ARG(name), in_file->name);
        return;
    }
    const struct setting *like = setting_like(name, true);
    if (text_starts(text_of(argument), TEXT("--")) && like) {
        char right[OPTION_NAME_MAX];
        option_name(like, right);
        buf_printf(why, "There is no option %.60s. Did you mean --%s?", argument, right);
    } else {
        buf_printf(why, "There is no option %.60s. hobnobd --help lists them.", argument);
    }
}

static bool has_letter(int code)
{
    return code < OPTION_CHECK;
}

// What getopt has just answered '?' or ':' for.
static void fault_say(int code, const char *argument, struct buf *why)
{
    if (code == ':') {
        buf_printf(why, "%.60s needs a value. hobnobd --help says which.", argument);
    } else if (!optopt) {
        unknown_say(argument, why);
    } else if (has_letter(optopt) && !strchr(letters, optopt)) {
        buf_printf(why, "There is no option -%c. hobnobd --help lists them.", optopt);
    } else {
        buf_printf(why, "%.60s takes no value.", argument);
    }
}

static enum options_wish wish_of(int code)
{
    size_t i = 0;
    while (others[i].code != code) {
        i++;
        must(i < OTHERS);
    }
    return others[i].wish;
}

static void option_take(struct options *o, int code, char **argv, struct buf *why)
{
    if (code >= OPTION_SETTING) {
        setting_given(o, &settings[code - OPTION_SETTING], optarg, why);
    } else if (code == 'c') {
        o->config_file = optarg;
    } else if (code == 'v') {
        o->verbose = true;
    } else if (code == '?' || code == ':') {
        o->wish = OPTIONS_WRONG;
        fault_say(code, argv[optind - 1], why);
    } else {
        o->wish = wish_of(code);
    }
}

void options_parse(struct options *o, int argc, char **argv, struct buf *why)
{
    *o = (struct options){.wish = OPTIONS_RUN};
    struct option_table table;
    table_fill(&table);
    optind = 0; // starts over, also when a test calls this again
    opterr = 0;
    int code;
    while (o->wish != OPTIONS_WRONG &&
           (code = getopt_long(argc, argv, "+:c:vh", table.rows, NULL)) != -1) {
        option_take(o, code, argv, why);
    }
    if (o->wish != OPTIONS_WRONG && optind < argc) {
        bool file = o->wish == OPTIONS_CHECK && !o->config_file;
        buf_printf(
            why,
            file ? "To check the configuration file %.60s say hobnobd --check-config --config "
                   "%.60s"
                 : "\"%.60s\" is not an option. hobnobd --help lists them.",
            argv[optind], argv[optind]);
        o->wish = OPTIONS_WRONG;
    }
}

void options_finish(struct options *o)
{
    free(o->given);
    *o = (struct options){0};
}

static void help_row(struct buf *out, const char *left, const char *help)
{
    buf_printf(out, "  %-32s%s%s\n", left,
               strlen(left) > 31 ? "\n                                  " : "", help);
}

static void help_setting(struct buf *out, const struct setting *s)
{
    static const char *const arguments[] = {
        [SETTING_NUMBER] = "NUMBER", [SETTING_SIZE] = "SIZE", [SETTING_SWITCH] = ""};
    char name[OPTION_NAME_MAX];
    option_name(s, name);
    const char *argument = s->type == SETTING_TEXT || s->type == SETTING_LIST ? s->unit
                           : s->type == SETTING_WORD                          ? "WORD"
                                                                              : arguments[s->type];
    char left[96];
    snprintf(left, sizeof left, "--%s%s%s", name, *argument ? " " : "", argument);
    help_row(out, left, s->help);
    if (s->type != SETTING_SWITCH) {
        buf_printf(out, "  %-32s(default: %s)%s\n", "",
                   s->standard_words ? s->standard_words : s->standard,
                   s->type == SETTING_LIST ? "; may be given several times" : "");
    }
}

void options_help(struct buf *out)
{
    buf_add(out, TEXT("Usage: hobnobd [option ...]\n"
                      "A chat server for netcat, hobnob and other clients, on one port.\n\n"));
    for (const struct setting *s = settings; s->name; s++) {
        if (s->use & SETTING_OPTION) {
            help_setting(out, s);
        }
    }
    for (size_t i = 0; i < OTHERS; i++) {
        char left[64];
        char before[] = "    ";
        if (has_letter(others[i].code)) {
            snprintf(before, sizeof before, "-%c, ", others[i].code);
        }
        snprintf(left, sizeof left, "%s--%s%s%s", before, others[i].name,
                 others[i].argument ? " " : "", others[i].argument ? others[i].argument : "");
        help_row(out, left, others[i].help);
    }
    buf_add(out, TEXT("\nWith no option at all it listens on port 5000. hobnobd(1) says more.\n"));
}
