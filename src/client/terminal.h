// The person's terminal: a prompt with line editing and history (libedit), and lines printed
// above it without tearing what is half typed. Standard input and output must be terminals.
#pragma once
#include "base/text.h"

struct terminal;

// While a line is edited, `turn` is called again and again: it waits for something to happen and
// deals with it, and calls terminal_read() when the terminal has input. False: stop editing.
struct terminal_handler {
    void *context;
    bool (*turn)(void *context);
};

// There can be one. terminal_destroy() gives the terminal back as it was; NULL is allowed.
struct terminal *terminal_create(const struct terminal_handler *handler);
void terminal_destroy(struct terminal *t);

// What stands before the line that is typed from now on. What is half typed at another prompt is
// put aside and comes back with its prompt. `remember`: whether lines go to the history.
void terminal_prompt(struct terminal *t, const char *prompt, bool remember);

// Whether nothing of what is typed is to be seen.
void terminal_hide(struct terminal *t, bool hidden);

enum terminal_edited {
    TERMINAL_LINE,
    TERMINAL_END,     // Ctrl-D
    TERMINAL_STOPPED, // turn() said so
};

// Lets the person edit a line; `line` (without LF) is valid until the next call.
enum terminal_edited terminal_edit(struct terminal *t, struct text *line);

// Whether terminal_read() may be called.
bool terminal_wants_keys(const struct terminal *t);
// Reads what was typed. False when the terminal is gone.
bool terminal_read(struct terminal *t);
// Prints a line, which must be safe to print; it appears at the end of the turn.
void terminal_print(struct terminal *t, struct text line);
// Prints now. False when the terminal cannot be written to any more.
bool terminal_flush(struct terminal *t);
// The terminal's size has changed.
void terminal_resize(struct terminal *t);
// Stops the process (Ctrl-Z) until the shell lets it go on.
void terminal_suspend(struct terminal *t);
