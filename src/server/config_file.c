#include "server/config_file.h"

#include "base/must.h"
#include "server/config_text.h"

#include <confuse.h>

enum { MISTAKES_MAX = 20 };

struct list_state {
    unsigned size;
    bool closed;
    bool again; // that it stands twice has been said
    char last[512];
};

struct reading {
    struct config *config;
    const char *path;
    struct buf *why;
    int mistakes;
    int stopped_line;   // libconfuse gave up here last,
    bool is_in_section; // in a section
    int secret_line;    // where a password has been read last
    bool is_secret;     // the value read last is one
    struct list_state lists[SETTINGS_MAX];
    int rule_lines[FLOOD_KINDS]; // where the rules of the section stand that is being read; 0: not
};

// libconfuse hands no pointer of ours to its callbacks. Files are read by one thread only.
static struct reading *reading;

// False if there have been mistakes enough.
static bool fail_at(int line)
{
    reading->mistakes++;
    if (reading->mistakes == MISTAKES_MAX + 1) {
        buf_add(reading->why, TEXT("\nThere may be more: mend these first."));
    }
    if (reading->mistakes > MISTAKES_MAX) {
        return false;
    }
    buf_printf(reading->why, "%s%s:%d: ", reading->why->len ? "\n" : "", reading->path, line);
    return true;
}

static void unknown_say(struct text name)
{
    buf_printf(reading->why, "There is no setting \"%.*s\". ", TEXT_ARG(text_head(name, 60)));
    const struct setting *like = setting_like(name, false);
    if (like) {
        buf_printf(reading->why, "Did you mean %s?", like->name);
    } else {
        buf_add(reading->why, TEXT("hobnobd --check-config lists them all."));
    }
}

static void unknown_rule_say(struct text name)
{
    buf_printf(reading->why, "A flood_profile has no \"%.*s\": it has ",
               TEXT_ARG(text_head(name, 60)));
    for (int i = 0; i < FLOOD_KINDS; i++) {
        buf_printf(reading->why, "%s%s",
                   i == 0                ? ""
                   : i + 1 < FLOOD_KINDS ? ", "
                                         : " and ",
                   flood_rule_names[i]);
    }
    buf_add_char(reading->why, '.');
}

static void on_error(cfg_t *file, const char *format, va_list arguments)
{
    reading->stopped_line = file->line;
    reading->is_in_section = cfg_title(file);
    if (!fail_at(file->line)) {
        return;
    }
    if (file->line == reading->secret_line) {
        // What libconfuse would say could have a part of it.
        buf_add(reading->why, TEXT("This cannot be read. A password stands in double quotes, and "
                                   "nothing else stands in its line."));
        return;
    }
    if (strstr(format, "no such option")) {
        (reading->is_in_section ? unknown_rule_say
                                : unknown_say)(text_of(va_arg(arguments, const char *)));
        return;
    }
    if (strstr(format, "duplicate title")) {
        buf_printf(reading->why, "There is a flood_profile \"%.60s\" above. Keep one of them.",
                   va_arg(arguments, const char *));
        return;
    }
    if (strstr(format, "section")) {
        buf_add(reading->why, TEXT("This cannot be read. A flood profile stands as: flood_profile "
                                   "\"name\" { messages = \"10 in 20 s, then delay\" }."));
        return;
    }
    char words[300] = "a password before is not as it should be";
    if (!reading->is_secret) {
        vsnprintf(words, sizeof words, format, arguments);
    }
    buf_printf(reading->why,
               "This cannot be read (%s). A line stands as: name = \"value\", a list as: "
               "listen = {\"value\", \"value\"}.",
               words);
}

static void value_put(int line, const struct setting *s, const char *value)
{
    struct buf why;
    buf_init(&why, 1024);
    bool put = setting_put(s, reading->config, text_of(value), &why);
    if (!put && fail_at(line)) {
        struct text sentence = buf_text(&why);
        buf_printf(reading->why, "%s = \"%.100s\" will not do: %.*s", s->name,
                   s->use & SETTING_SECRET ? "***" : value, TEXT_ARG(sentence));
    }
    buf_finish(&why);
}

static void twice_say(int line, const struct setting *s)
{
    if (fail_at(line)) {
        buf_printf(reading->why, "%s is set twice, first in line %d. Keep one of them.", s->name,
                   reading->config->origins[setting_index(s)].line);
    }
}

// libconfuse calls with a list after each of its items, and once more after its brace.
static void list_take(int line, const struct setting *s, cfg_opt_t *option)
{
    struct list_state *state = &reading->lists[setting_index(s)];
    unsigned size = cfg_opt_size(option);
    const char *last = cfg_opt_getnstr(option, size - 1);
    bool again = size == state->size && strncmp(last, state->last, sizeof state->last - 1) == 0;
    if (state->closed || (size != state->size + 1 && !again)) {
        if (!state->again) {
            twice_say(line, s);
        }
        state->again = true;
        return;
    }
    state->closed = again;
    state->size = size;
    snprintf(state->last, sizeof state->last, "%s", last);
    if (!again) {
        value_put(line, s, last);
    }
}

// What is wrong with a value has been said, and the next one is read.
static int on_value(cfg_t *file, cfg_opt_t *option)
{
    const struct setting *s = setting_find(text_of(cfg_opt_name(option)), false);
    must(s);
    reading->is_secret = s->use & SETTING_SECRET;
    if (reading->is_secret) {
        reading->secret_line = file->line;
    }
    struct origin *origin = &reading->config->origins[setting_index(s)];
    bool first = origin->kind != ORIGIN_FILE;
    if (first) {
        *origin = (struct origin){.kind = ORIGIN_FILE, .line = file->line};
    }
    if (s->type == SETTING_LIST) {
        list_take(file->line, s, option);
    } else if (first) {
        value_put(file->line, s, cfg_opt_getnstr(option, 0));
    } else {
        twice_say(file->line, s);
    }
    return 0;
}

static void rule_put(cfg_t *section, const char *rule, const char *value)
{
    struct buf why;
    buf_init(&why, 1024);
    bool put = flood_setting_put(reading->config, text_of(cfg_title(section)), section->line, rule,
                                 text_of(value), &why);
    if (!put && fail_at(section->line)) {
        struct text sentence = buf_text(&why);
        buf_printf(reading->why, "%s = \"%.100s\" will not do: %.*s", rule, value,
                   TEXT_ARG(sentence));
    }
    buf_finish(&why);
}

static int on_rule(cfg_t *section, cfg_opt_t *option)
{
    const char *name = cfg_opt_name(option);
    int i = 0;
    while (strcmp(flood_rule_names[i], name) != 0) {
        i++;
    }
    reading->is_secret = false;
    if (!reading->rule_lines[i]) {
        reading->rule_lines[i] = section->line;
        rule_put(section, name, cfg_opt_getnstr(option, 0));
    } else if (fail_at(section->line)) {
        buf_printf(reading->why, "%s is set twice, first in line %d. Keep one of them.", name,
                   reading->rule_lines[i]);
    }
    return 0;
}

// At the end of a section: the profile is there even if nothing stood in it.
static int on_profile(cfg_t *file, cfg_opt_t *option)
{
    cfg_t *section = cfg_opt_getnsec(option, cfg_opt_size(option) - 1);
    struct buf why;
    buf_init(&why, 1024);
    bool put = flood_setting_put(reading->config, text_of(cfg_title(section)), file->line, NULL,
                                 TEXT(""), &why);
    if (!put && fail_at(file->line)) {
        buf_add(reading->why, buf_text(&why));
    }
    buf_finish(&why);
    memset(reading->rule_lines, 0, sizeof reading->rule_lines);
    return 0;
}

// libconfuse copies them.
static cfg_opt_t profile_option(void)
{
    static cfg_opt_t rules[FLOOD_KINDS + 1];
    for (int i = 0; i < FLOOD_KINDS; i++) {
        rules[i] = (cfg_opt_t)CFG_STR(flood_rule_names[i], NULL, CFGF_NODEFAULT);
    }
    rules[FLOOD_KINDS] = (cfg_opt_t)CFG_END();
    return (cfg_opt_t)CFG_SEC("flood_profile", rules,
                              CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
}

static void profile_watch(cfg_t *parser)
{
    cfg_set_validate_func(parser, "flood_profile", on_profile);
    for (int i = 0; i < FLOOD_KINDS; i++) {
        char path[64];
        snprintf(path, sizeof path, "flood_profile|%s", flood_rule_names[i]);
        cfg_set_validate_func(parser, path, on_rule);
    }
}

static cfg_t *parser_create(void)
{
    size_t count = settings_count();
    cfg_opt_t *options = mem_array(count + 2, sizeof *options);
    for (size_t i = 0; i < count; i++) {
        // Everything is read as text, so that our own sentences say what would be right.
        cfg_opt_t one = CFG_STR(settings[i].name, NULL, CFGF_NODEFAULT);
        cfg_opt_t list = CFG_STR_LIST(settings[i].name, NULL, CFGF_NODEFAULT);
        options[i] = settings[i].type == SETTING_LIST ? list : one;
    }
    options[count] = profile_option();
    options[count + 1] = (cfg_opt_t)CFG_END();
    cfg_t *parser = cfg_init(options, CFGF_NONE);
    free(options);
    must(parser);
    cfg_set_error_function(parser, on_error);
    for (size_t i = 0; i < count; i++) {
        cfg_set_validate_func(parser, settings[i].name, on_value);
    }
    profile_watch(parser);
    return parser;
}

// Reads what stands there; whether libconfuse came to its end.
static bool text_parse(const char *text)
{
    int before = reading->mistakes;
    cfg_t *parser = parser_create();
    bool parsed = cfg_parse_buf(parser, text) == CFG_SUCCESS;
    if (!parsed && reading->mistakes == before && fail_at(parser->line)) {
        reading->stopped_line = parser->line;
        reading->is_in_section = false;
        buf_add(reading->why, TEXT("This cannot be read. A line stands as: name = \"value\"."));
    }
    cfg_free(parser);
    return parsed;
}

// Where libconfuse gives up, it is set to work again behind that, so that all mistakes are told at
// once and not one a run.
static void text_read(struct buf *text)
{
    while (!text_parse(text->at) && reading->mistakes <= MISTAKES_MAX) {
        if (!config_text_skip(text, reading->stopped_line, reading->is_in_section)) {
            memset(reading->rule_lines, 0, sizeof reading->rule_lines);
        }
    }
}

bool config_file_read(struct config *c, const char *path, struct buf *why)
{
    struct buf text;
    struct config_text_end end = {0};
    buf_init(&text, CONFIG_BYTES_MAX + 1);
    bool read = config_text_read(path, &text, &end, why);
    if (read) {
        buf_add_char(&text, '\0');
        reading = mem_alloc(sizeof *reading);
        *reading = (struct reading){.config = c, .path = path, .why = why};
        text_read(&text);
        if (end.line && fail_at(end.line)) {
            buf_add(why, text_of(end.sentence));
        }
        read = reading->mistakes == 0;
        free(reading);
        reading = NULL;
    }
    buf_finish(&text);
    return read;
}
