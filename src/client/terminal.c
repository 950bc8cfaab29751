#include "client/terminal.h"

#include "base/buf.h"
#include "base/must.h"
#include "client/line_view.h"

#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

enum {
    HISTORY_LINES = 500,
    PROMPT_MAX = 64,
    KEYS_MAX = 4096,
    PRINT_NOW = 64 * 1024, // bytes that wait to be printed
};

struct terminal {
    struct terminal_handler handler;
    EditLine *editor;
    History *history;
    struct termios original;
    FILE *nowhere;     // where libedit draws
    struct buf output; // lines to be printed above the prompt
    struct buf screen; // scratch: what is written to the screen in one go
    int above;         // rows of what is drawn above the cursor
    char keys[KEYS_MAX];
    size_t keys_len;
    size_t keys_taken;
    mbstate_t decoding;
    char prompt[PROMPT_MAX];
    wchar_t *aside; // half typed at the other prompt
    bool restore;   // `aside` belongs to the prompt that comes next
    bool remember;
    bool hidden; // nothing of what is typed is shown
    bool editing;
    bool stopped;
    bool draws;  // we draw the line, not libedit
    bool stale;  // what is drawn is not what is typed
    bool clear;  // Ctrl-L
    bool broken; // cannot be written to
};

static char *get_prompt(EditLine *editor)
{
    struct terminal *t;
    el_get(editor, EL_CLIENTDATA, &t);
    return t->prompt;
}

// The next character of the keys read, 0 if there is none yet.
static size_t next_key(struct terminal *t, wchar_t *key)
{
    while (t->keys_taken < t->keys_len) {
        size_t used = mbrtowc(key, t->keys + t->keys_taken, 1, &t->decoding);
        t->keys_taken++;
        if (used == (size_t)-1) {
            t->decoding = (mbstate_t){0};
            *key = L'\uFFFD';
            return 1;
        }
        if (used <= 1) {
            return 1;
        }
    }
    t->keys_taken = t->keys_len = 0;
    return 0;
}

static struct winsize window_size(void)
{
    struct winsize size = {0};
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    if (size.ws_col < 2 || size.ws_row < 1) {
        size = (struct winsize){.ws_col = 80, .ws_row = 24};
    }
    return size;
}

// The line as it is typed so far, without the end that Enter has put there.
static struct line_view view(struct terminal *t)
{
    struct winsize size = window_size();
    const LineInfoW *line = el_wline(t->editor);
    size_t len = (size_t)(line->lastchar - line->buffer);
    if (!t->editing && len && line->buffer[len - 1] == L'\n') {
        len--;
    }
    size_t cursor = (size_t)(line->cursor - line->buffer);
    len = t->hidden ? 0 : len;
    return (struct line_view){.prompt = t->prompt,
                              .line = line->buffer,
                              .len = len,
                              .cursor = cursor < len ? cursor : len,
                              .width = size.ws_col,
                              .height = size.ws_row};
}

static bool write_screen(struct terminal *t)
{
    if (t->screen.len) {
        fwrite(t->screen.at, 1, t->screen.len, stdout);
        buf_reset(&t->screen);
    }
    t->broken |= fflush(stdout) != 0;
    return !t->broken;
}

static void draw(struct terminal *t)
{
    struct line_view v = view(t);
    t->above = line_view_draw(&v, t->above, &t->screen);
    t->stale = false;
}

static void erase(struct terminal *t)
{
    line_view_erase(t->above, &t->screen);
    t->above = 0;
    t->stale = true;
}

// A terminal that cannot move up gets lines between copies of the prompt, which libedit draws.
static bool flush_below(struct terminal *t)
{
    if (t->output.len) {
        buf_add(&t->screen, t->editing ? TEXT("\r\n") : TEXT(""));
        buf_add(&t->screen, buf_text(&t->output));
        buf_reset(&t->output);
        write_screen(t);
        if (t->editing) {
            el_set(t->editor, EL_REFRESH);
        }
    }
    t->broken |= fflush(stdout) != 0;
    return !t->broken;
}

bool terminal_flush(struct terminal *t)
{
    if (!t->draws) {
        return flush_below(t);
    }
    if (t->clear) {
        buf_add(&t->screen, TEXT("\033[H\033[2J"));
        t->clear = false;
        t->above = 0;
        t->stale = true;
    }
    if (t->output.len) {
        if (t->editing) {
            erase(t);
        }
        buf_add(&t->screen, buf_text(&t->output));
        buf_reset(&t->output);
    }
    if (t->editing && t->stale) {
        draw(t);
    }
    return write_screen(t);
}

void terminal_print(struct terminal *t, struct text line)
{
    buf_add(&t->output, line);
    buf_add(&t->output, TEXT("\n"));
    if (t->output.len >= PRINT_NOW) {
        terminal_flush(t);
    }
}

bool terminal_wants_keys(const struct terminal *t)
{
    return t->editing && t->keys_len == t->keys_taken;
}

bool terminal_read(struct terminal *t)
{
    must(t->keys_len == t->keys_taken);
    ssize_t got = read(STDIN_FILENO, t->keys, sizeof t->keys);
    t->keys_taken = 0;
    t->keys_len = got > 0 ? (size_t)got : 0;
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

// Swaps what is half typed with what was put aside.
static void swap_aside(struct terminal *t)
{
    const LineInfoW *line = el_wline(t->editor);
    size_t len = (size_t)(line->lastchar - line->buffer);
    wchar_t *typed = mem_array(len + 1, sizeof *typed);
    wmemcpy(typed, line->buffer, len);
    el_cursor(t->editor, (int)(line->lastchar - line->cursor));
    el_wdeletestr(t->editor, (int)len);
    if (t->aside) {
        el_winsertstr(t->editor, t->aside);
    }
    free(t->aside);
    t->aside = typed;
}

void terminal_prompt(struct terminal *t, const char *prompt, bool remember)
{
    t->remember = remember;
    if (strcmp(prompt, t->prompt) == 0) {
        return;
    }
    if (t->editing) {
        terminal_flush(t);
        swap_aside(t);
    }
    snprintf(t->prompt, sizeof t->prompt, "%s", prompt);
    t->restore = !t->editing && t->aside;
    t->stale = true;
}

void terminal_hide(struct terminal *t, bool hidden)
{
    t->hidden = hidden;
    t->stale = true;
    if (!t->draws) {
        el_set(t->editor, EL_SETFP, 1, hidden ? t->nowhere : stdout);
        fputs(hidden ? t->prompt : "", stdout);
    }
}

// libedit asks for a character: this is where everything else gets its turn.
static int get_key(EditLine *editor, wchar_t *key)
{
    struct terminal *t;
    el_get(editor, EL_CLIENTDATA, &t);
    if (t->restore) {
        t->restore = false; // libedit starts each line empty
        swap_aside(t);
    }
    t->stale = true;
    while (!next_key(t, key)) {
        terminal_flush(t);
        if (!t->handler.turn(t->handler.context)) {
            t->stopped = true;
            return 0;
        }
    }
    return 1;
}

// Widths and input need UTF-8, whatever the person's language is.
static void set_locale(void)
{
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        setlocale(LC_CTYPE, "C.UTF-8");
    }
}

static bool has_capability(EditLine *editor, const char *name)
{
    char *value = NULL;
    return el_get(editor, EL_GETTC, name, &value) == 0 && value && *value;
}

static void set_history(struct terminal *t)
{
    HistEvent event;
    t->history = history_init();
    must(t->history);
    history(t->history, &event, H_SETSIZE, HISTORY_LINES);
    history(t->history, &event, H_SETUNIQUE, 1);
    el_set(t->editor, EL_HIST, history, t->history);
}

static unsigned char clear_screen(EditLine *editor, int key)
{
    struct terminal *t;
    (void)key;
    el_get(editor, EL_CLIENTDATA, &t);
    t->clear = true;
    return CC_NORM;
}

static void bind_keys(EditLine *editor)
{
    el_set(editor, EL_EDITOR, "emacs");
    el_wset(editor, EL_ADDFN, L"clear-all", L"Clears the screen", clear_screen);
    el_set(editor, EL_BIND, "^L", "clear-all", NULL);
    el_set(editor, EL_BIND, "^I", "ed-insert", NULL);
    el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(editor, NULL);
}

// libedit edits, but its drawing loses count where wide characters are inserted, and it does not
// say where it has put the cursor. So it draws nowhere, and line_view draws.
static void choose_drawing(struct terminal *t)
{
    t->draws = has_capability(t->editor, "up") && has_capability(t->editor, "cd");
    if (!t->draws) {
        el_set(t->editor, EL_SETFP, 1, stdout);
    }
}

struct terminal *terminal_create(const struct terminal_handler *handler)
{
    set_locale();
    struct terminal *t = mem_alloc(sizeof *t);
    t->handler = *handler;
    buf_init(&t->output, SIZE_MAX / 4);
    buf_init(&t->screen, SIZE_MAX / 4);
    setvbuf(stdout, NULL, _IOFBF, PRINT_NOW);
    tcgetattr(STDIN_FILENO, &t->original);
    t->nowhere = fopen("/dev/null", "we");
    must(t->nowhere);
    t->editor = el_init_fd("hobnob", stdin, t->nowhere, t->nowhere, STDIN_FILENO, STDOUT_FILENO,
                           STDERR_FILENO);
    must(t->editor);
    el_set(t->editor, EL_CLIENTDATA, t);
    el_set(t->editor, EL_PROMPT, get_prompt);
    bind_keys(t->editor);
    el_set(t->editor, EL_GETCFN, get_key);
    // Between two lines the terminal is not to echo: what is pasted there belongs to the next.
    el_set(t->editor, EL_SETTY, "-x", "-echo", NULL);
    set_history(t);
    choose_drawing(t);
    return t;
}

void terminal_destroy(struct terminal *t)
{
    if (t) {
        terminal_flush(t);
        el_end(t->editor);
        history_end(t->history);
        tcsetattr(STDIN_FILENO, TCSADRAIN, &t->original);
        fclose(t->nowhere);
        buf_finish(&t->output);
        buf_finish(&t->screen);
        free(t->aside);
        free(t);
    }
}

// Ends what is drawn: a prompt at which nothing was typed goes away, other text stays readable.
static void leave_line(struct terminal *t, bool keep)
{
    struct line_view v = view(t);
    if (!t->draws) {
        buf_add(&t->screen, TEXT("\r\n"));
    } else if (keep || v.len) {
        line_view_leave(&v, t->above, &t->screen);
    } else {
        erase(t);
    }
    t->above = 0;
    t->stale = true;
    write_screen(t);
}

// What libedit would leave behind of it; the caller has a copy.
static void forget_secret(struct terminal *t)
{
    const LineInfoW *line = el_wline(t->editor);
    size_t len = (size_t)(line->lastchar - line->buffer);
    explicit_bzero((wchar_t *)(uintptr_t)line->buffer, len * sizeof *line->buffer);
    if (!t->draws) {
        fputs("\n", stdout); // the one that was typed was not shown
    }
}

enum terminal_edited terminal_edit(struct terminal *t, struct text *line)
{
    int len = 0;
    t->stopped = false;
    terminal_flush(t);
    t->editing = true;
    t->stale = true;
    const char *edited = el_gets(t->editor, &len);
    t->editing = false;
    if (!edited || len <= 0) {
        leave_line(t, false);
        return t->stopped ? TERMINAL_STOPPED : TERMINAL_END;
    }
    if (t->draws) {
        leave_line(t, true);
    }
    if (t->hidden) {
        forget_secret(t);
    }
    *line = text_of(edited);
    if (line->len && line->at[line->len - 1] == '\n') {
        line->len--;
    }
    HistEvent event;
    if (t->remember && text_trim(*line).len) {
        char *copy = text_copy(*line);
        history(t->history, &event, H_ENTER, copy);
        free(copy);
    }
    return TERMINAL_LINE;
}

void terminal_resize(struct terminal *t)
{
    el_resize(t->editor);
    if (t->editing && t->draws) {
        struct line_view v = view(t);
        t->above = line_view_cursor_row(&v); // the terminal has wrapped it anew
        t->stale = true;
        terminal_flush(t);
    }
}

void terminal_suspend(struct terminal *t)
{
    if (t->editing) {
        leave_line(t, false);
    }
    el_set(t->editor, EL_PREP_TERM, 0);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &t->original);
    raise(SIGSTOP);
    if (t->editing) {
        el_set(t->editor, EL_PREP_TERM, 1);
        terminal_flush(t);
    }
}
