// What the parts of the script runner share: talk.c (lines), talk_acts.c (what can happen
// besides talking), talk_irc.c (who comes by IRC) and talk_text.c (what stands for bytes).
#pragma once
#include "base/buf.h"
#include "support/talk.h"

// What {any:x} has stood for.
struct script_value {
    struct script_value *next;
    char *name;
    char *value;
};

struct script {
    struct talk_world *world;
    const char *path;
    struct text text;
    int number; // of the line being run
    struct script_value **values;
    bool in_process;
};

_Noreturn void script_fail(const struct script *s, const char *what, struct text about);

// The person of this name, or a failure.
struct talk_person *script_person(const struct script *s, struct text name);
// `certificate` is its number; 0: none.
struct talk_person *script_connect_with(const struct script *s, struct text name,
                                        enum talk_kind kind, unsigned certificate);
struct talk_person *script_connect_from(const struct script *s, struct text name,
                                        enum talk_kind kind, enum talk_from from);
struct talk_person *script_connect(const struct script *s, struct text name, enum talk_kind kind);
void script_send(const struct script *s, struct talk_person *person, struct text text, bool pause);
void script_expect(const struct script *s, struct talk_person *person, struct text expected);
void script_hears_nothing(const struct script *s, struct talk_person *person);
void script_is_disconnected(const struct script *s, struct talk_person *person);

// Runs what `line` says that somebody does, or (name empty) that happens to the server; false
// if it is no such line.
bool script_act(const struct script *s, struct text name, struct text line);

// True for a line that says that somebody comes by IRC; he has come then. See talk_irc.c.
bool script_irc_act(const struct script *s, struct text name, struct text line);

// What {name} has been set to, or NULL.
const char *script_value(const struct script *s, struct text name);

// Appends what `expected` with {any} and {any:x} expects of `actual`: the bytes of `actual` in
// their place. With `keep`, sets the values.
void script_fill(const struct script *s, struct text expected, struct text actual, bool keep,
                 struct buf *to);

// Appends `from` with {x*9}, {name} and, if `escapes`, \n and the like replaced.
void script_expand(const struct script *s, const struct talk_person *person, struct text from,
                   bool escapes, struct buf *to);
