#include "support/talk.h"

#include "base/must.h"
#include "support/talk_script.h"
#include "support/test.h"

#include <errno.h>
#include <glob.h>
#include <utlist.h>

enum { SCRIPT_MAX = 1024 * 1024, LINE_MAX_BYTES = 2 * 1024 * 1024 };

_Noreturn void script_fail(const struct script *s, const char *what, struct text about)
{
    test_fail(s->path, s->number, "%s%.*s", what, TEXT_ARG(about));
}

// What the person has not read, for the message of a failure.
static void print_unread(const struct talk_person *person)
{
    const struct talk_line *line;
    DL_FOREACH(person->unread, line)
    {
        printf("# %s< %.*s\n", person->name, TEXT_ARG(line->text));
    }
}

// Without its CR; whatever it says, it keeps to what every line of IRC keeps to.
static struct text irc_line(struct text line)
{
    size_t end = text_find(line, '\r');
    size_t tags = text_starts(line, TEXT("@")) ? text_find(line, ' ') + 1 : 0;
    if (end + 1 != line.len || text_find(line, '\0') != line.len || end > tags + 510) {
        test_fail("talk", 0, "this is no line of IRC: %.*s", TEXT_ARG(line));
    }
    return text_head(line, end);
}

void talk_person_hears(struct talk_person *person, struct text line)
{
    struct talk_line *heard = mem_alloc(sizeof *heard);
    if (person->kind == TALK_IRC) {
        line = irc_line(line);
    }
    heard->text = text_own(line);
    DL_APPEND(person->unread, heard);
}

static void drop_line(struct talk_person *person)
{
    struct talk_line *first = person->unread;
    DL_DELETE(person->unread, first);
    text_disown(first->text);
    free(first);
}

static struct talk_person *find_person(const struct script *s, struct text name)
{
    struct talk_person *person = s->world->people;
    while (person && !text_equal(text_of(person->name), name)) {
        person = person->next;
    }
    return person;
}

struct talk_person *script_person(const struct script *s, struct text name)
{
    struct talk_person *person = find_person(s, name);
    if (!person) {
        script_fail(s, "nobody is connected who is called ", name);
    }
    return person;
}

void script_send(const struct script *s, struct talk_person *person, struct text text, bool pause)
{
    struct talk_world *world = s->world;
    if (!person->open) {
        script_fail(s, "cannot send without a connection: ", text_of(person->name));
    }
    char *put = world->ops->put(world, text);
    struct buf bytes;
    buf_init(&bytes, LINE_MAX_BYTES);
    script_expand(s, person, text_of(put), true, &bytes);
    if (!pause) {
        buf_add_char(&bytes, '\n');
    }
    world->ops->send(world, person, buf_text(&bytes), pause);
    buf_finish(&bytes);
    free(put);
    world->ops->sent(world, person);
}

static bool matches(const struct script *s, struct talk_person *person, struct text expected)
{
    struct talk_world *world = s->world;
    char *put = world->ops->put(world, expected);
    struct text actual = person->unread->text;
    struct buf expanded;
    struct buf full;
    buf_init(&expanded, LINE_MAX_BYTES);
    buf_init(&full, LINE_MAX_BYTES);
    script_expand(s, person, text_of(put), person->kind == TALK_IRC, &expanded);
    script_fill(s, buf_text(&expanded), actual, false, &full);
    bool same = world->ops->same(actual, buf_text(&full));
    if (same) {
        buf_reset(&full);
        script_fill(s, buf_text(&expanded), actual, true, &full);
    }
    buf_finish(&expanded);
    buf_finish(&full);
    free(put);
    return same;
}

void script_expect(const struct script *s, struct talk_person *person, struct text expected)
{
    if (text_equal(expected, TEXT("..."))) {
        person->skipping = true;
        return;
    }
    for (;;) {
        if (!person->unread) {
            s->world->ops->await(s->world, person);
        }
        if (!person->unread) {
            printf("# %s does not read: %.*s\n", person->name, TEXT_ARG(expected));
            script_fail(s, "nothing more comes for ", text_of(person->name));
        }
        if (matches(s, person, expected)) {
            drop_line(person);
            person->skipping = false;
            return;
        }
        if (!person->skipping) {
            printf("# expected: %.*s\n", TEXT_ARG(expected));
            print_unread(person);
            script_fail(s, "another line comes for ", text_of(person->name));
        }
        drop_line(person);
    }
}

void script_hears_nothing(const struct script *s, struct talk_person *person)
{
    s->world->ops->settle(s->world);
    while (person->skipping && person->unread) {
        drop_line(person);
    }
    person->skipping = false;
    if (person->unread) {
        print_unread(person);
        script_fail(s, "something more comes for ", text_of(person->name));
    }
}

void script_is_disconnected(const struct script *s, struct talk_person *person)
{
    while (person->open) {
        s->world->ops->await(s->world, person);
        if (person->unread && !person->skipping) {
            break;
        }
        while (person->unread) {
            drop_line(person);
        }
    }
    script_hears_nothing(s, person);
    if (person->open) {
        script_fail(s, "still connected is ", text_of(person->name));
    }
}

static bool pauses(const struct script *s, struct text name)
{
    char words[80];
    snprintf(words, sizeof words, "\n%.*s>>", TEXT_ARG(name));
    return memmem(s->text.at, s->text.len, words, strlen(words));
}

static struct talk_person *person_connect(const struct script *s, struct text name,
                                          enum talk_kind kind, unsigned certificate,
                                          enum talk_from from)
{
    struct talk_person *person = find_person(s, name);
    if (!person) {
        person = mem_alloc(sizeof *person);
        must(name.len < sizeof person->name);
        memcpy(person->name, name.at, name.len);
        LL_APPEND(s->world->people, person);
    }
    if (person->open) {
        script_fail(s, "is connected already: ", name);
    }
    person->kind = kind;
    person->certificate = certificate;
    person->from = from;
    person->pauses = pauses(s, name);
    person->open = true;
    s->world->ops->connect(s->world, person);
    s->world->ops->sent(s->world, person);
    return person;
}

struct talk_person *script_connect_with(const struct script *s, struct text name,
                                        enum talk_kind kind, unsigned certificate)
{
    return person_connect(s, name, kind, certificate, TALK_FROM_HERE);
}

struct talk_person *script_connect_from(const struct script *s, struct text name,
                                        enum talk_kind kind, enum talk_from from)
{
    return person_connect(s, name, kind, 0, from);
}

struct talk_person *script_connect(const struct script *s, struct text name, enum talk_kind kind)
{
    return person_connect(s, name, kind, 0, TALK_FROM_HERE);
}

// What follows `Alice>`, without the one blank after the arrow.
static struct text said(struct text line, size_t arrow)
{
    struct text rest = text_skip(line, arrow);
    return text_starts(rest, TEXT(" ")) ? text_skip(rest, 1) : rest;
}

// `rest` is the line behind the name.
static void run_person(const struct script *s, struct text name, struct text rest)
{
    if (text_starts(rest, TEXT(">>"))) {
        script_send(s, script_person(s, name), said(rest, 2), true);
    } else if (text_starts(rest, TEXT(">"))) {
        script_send(s, script_person(s, name), said(rest, 1), false);
    } else if (text_starts(rest, TEXT("<"))) {
        script_expect(s, script_person(s, name), said(rest, 1));
    } else if (!script_act(s, name, rest)) {
        script_fail(s, "what is this: ", rest);
    }
}

static size_t name_end(struct text line)
{
    size_t end = 0;
    while (end < line.len && !strchr(" <>", line.at[end])) {
        end++;
    }
    return end;
}

// P1..P20
static bool run_range(const struct script *s, struct text names, struct text rest)
{
    size_t digits = 0;
    while (digits < names.len && (names.at[digits] < '0' || names.at[digits] > '9')) {
        digits++;
    }
    size_t dots = text_find(names, '.');
    uint64_t first;
    uint64_t last;
    if (!text_number(text_skip(text_head(names, dots), digits), 100000, &first) ||
        !text_number(text_skip(names, dots + 2 + digits), 100000, &last)) {
        return false;
    }
    for (uint64_t i = first; i <= last; i++) {
        char name[64];
        snprintf(name, sizeof name, "%.*s%u", (int)digits, names.at, (unsigned)i);
        run_person(s, text_of(name), rest);
    }
    return true;
}

static void run_line(struct script *s, struct text line)
{
    if (line.len == 0 || *line.at == '#') {
        return;
    }
    if (text_starts(line, TEXT("in process:"))) {
        s->in_process = true;
    } else if (!script_act(s, TEXT(""), line)) {
        size_t end = name_end(line);
        struct text name = text_head(line, end);
        struct text rest = text_skip(line, end);
        if (text_starts(rest, TEXT(" "))) {
            rest = text_skip(rest, 1);
        }
        if (!run_range(s, name, rest)) {
            run_person(s, name, rest);
        }
    }
}

static char *read_script(const char *path, size_t *len)
{
    char *bytes = mem_alloc(SCRIPT_MAX);
    FILE *file = fopen(path, "rb");
    if (file) {
        *len = fread(bytes, 1, SCRIPT_MAX, file);
        fclose(file);
    } else {
        test_fail(path, 0, "it cannot be read: %s", strerror(errno));
    }
    must(*len < SCRIPT_MAX);
    return bytes;
}

void talk_free(struct talk_world *world)
{
    while (world->people) {
        struct talk_person *person = world->people;
        world->people = person->next;
        while (person->unread) {
            drop_line(person);
        }
        free(person);
    }
}

void talk_run(struct talk_world *world, const char *path)
{
    struct script_value *values = NULL;
    struct script s = {.world = world, .path = path, .values = &values};
    size_t len;
    char *bytes = read_script(path, &len);
    struct text rest = s.text = (struct text){bytes, len};
    while (rest.len) {
        size_t end = text_find(rest, '\n');
        s.number++;
        run_line(&s, text_head(rest, end));
        rest = text_skip(rest, end + 1);
    }
    for (struct talk_person *person = world->people; person; person = person->next) {
        script_hears_nothing(&s, person);
    }
    while (values) {
        struct script_value *value = values;
        values = value->next;
        free(value->name);
        free(value->value);
        free(value);
    }
    free(bytes);
}

char *talk_in_process(const char *path)
{
    static const struct text mark = TEXT_INIT("in process:");
    size_t len;
    char *bytes = read_script(path, &len);
    struct text rest = {bytes, len};
    char *reason = NULL;
    while (rest.len && !reason) {
        size_t end = text_find(rest, '\n');
        struct text line = text_head(rest, end);
        if (text_starts(line, mark)) {
            reason = text_copy(text_trim(text_skip(line, mark.len)));
        }
        rest = text_skip(rest, end + 1);
    }
    free(bytes);
    return reason;
}

static const char *current;
static void (*current_run)(const char *path);

static void run_current(void)
{
    current_run(current);
}

void talk_run_all(void (*run)(const char *path))
{
    glob_t found;
    current_run = run;
    if (glob("tests/talk/*.talk", 0, NULL, &found) != 0) {
        printf("FAIL (no scripts in tests/talk: run from the top folder)\n");
        return;
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char name[256];
        current = found.gl_pathv[i];
        const char *base = strrchr(current, '/') + 1;
        snprintf(name, sizeof name, "%.*s", (int)(strlen(base) - strlen(".talk")), base);
        test_run(name, run_current);
    }
    globfree(&found);
}
