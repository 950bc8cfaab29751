#include "client/terminal.h"

#include "base/buf.h"
#include "base/must.h"

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
    TAB_WIDTH = 8,
};

struct terminal {
    struct terminal_handler handler;
    EditLine *editor;
    History *history;
    struct termios original;
    struct buf output; // lines to be printed above the prompt
    char keys[KEYS_MAX];
    size_t keys_len;
    size_t keys_taken;
    mbstate_t decoding;
    char prompt[PROMPT_MAX];
    wchar_t *aside; // half typed at the other prompt
    bool restore;   // `aside` belongs to the prompt that comes next
    bool remember;
    bool editing;
    bool stopped;
    bool can_erase; // the terminal moves up and clears
    bool broken;    // cannot be written to
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

// Where libedit puts the cursor: it wraps when a line is full, and before a wide character that
// does not fit.
struct place {
    int row;
    int column;
};

static void advance(struct place *p, wchar_t c, int width)
{
    if (c == L'\n') {
        *p = (struct place){p->row + 1, 0};
        return;
    }
    int cells = wcwidth(c);
    if (c == L'\t') {
        cells = TAB_WIDTH - p->column % TAB_WIDTH;
    } else if (c < 0x20 || c == 0x7F) {
        cells = 2; // ^A
    } else if (cells < 0) {
        cells = c > 0xFFFF ? 8 : 7; // \U+1234
    }
    while (cells > 0) {
        // Only what is shown as one character stays together.
        int together = wcwidth(c) == 2 ? 2 : 1;
        if (p->column + together > width) {
            *p = (struct place){p->row + 1, 0};
        }
        p->column += together;
        cells -= together;
    }
    if (p->column >= width) {
        *p = (struct place){p->row + 1, 0};
    }
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

// How many rows below the prompt's first one the cursor stands.
static int cursor_row(struct terminal *t)
{
    struct winsize size = window_size();
    struct place p = {0};
    for (const char *c = t->prompt; *c; c++) {
        advance(&p, (unsigned char)*c, size.ws_col);
    }
    const LineInfoW *line = el_wline(t->editor);
    for (const wchar_t *c = line->buffer; c < line->cursor; c++) {
        advance(&p, *c, size.ws_col);
    }
    return p.row < size.ws_row ? p.row : size.ws_row - 1;
}

static void erase_prompt(struct terminal *t)
{
    if (!t->can_erase) {
        fputs("\r\n", stdout);
        return;
    }
    int rows = cursor_row(t);
    if (rows > 0) {
        printf("\033[%dA", rows);
    }
    fputs("\r\033[J", stdout);
}

static void draw_prompt(struct terminal *t)
{
    el_set(t->editor, EL_REFRESH);
}

bool terminal_flush(struct terminal *t)
{
    if (t->output.len) {
        if (t->editing) {
            erase_prompt(t);
        }
        fwrite(t->output.at, 1, t->output.len, stdout);
        buf_reset(&t->output);
        if (t->editing) {
            draw_prompt(t);
        }
        t->broken |= fflush(stdout) != 0;
    }
    return !t->broken;
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
        erase_prompt(t);
        swap_aside(t);
    }
    snprintf(t->prompt, sizeof t->prompt, "%s", prompt);
    if (t->editing) {
        draw_prompt(t);
        fflush(stdout);
    }
    t->restore = !t->editing && t->aside;
}

// libedit starts each line empty.
static void restore_aside(struct terminal *t)
{
    t->restore = false;
    erase_prompt(t);
    swap_aside(t);
    draw_prompt(t);
    fflush(stdout);
}

// libedit asks for a character: this is where everything else gets its turn.
static int get_key(EditLine *editor, wchar_t *key)
{
    struct terminal *t;
    el_get(editor, EL_CLIENTDATA, &t);
    if (t->restore) {
        restore_aside(t);
    }
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

struct terminal *terminal_create(const struct terminal_handler *handler)
{
    set_locale();
    struct terminal *t = mem_alloc(sizeof *t);
    t->handler = *handler;
    buf_init(&t->output, SIZE_MAX / 4);
    tcgetattr(STDIN_FILENO, &t->original);
    t->editor = el_init("hobnob", stdin, stdout, stderr);
    must(t->editor);
    el_set(t->editor, EL_CLIENTDATA, t);
    el_set(t->editor, EL_PROMPT, get_prompt);
    el_set(t->editor, EL_EDITOR, "emacs");
    el_set(t->editor, EL_BIND, "^I", "ed-insert", NULL);
    el_set(t->editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(t->editor, EL_GETCFN, get_key);
    // Between two lines the terminal is not to echo: what is pasted there belongs to the next.
    el_set(t->editor, EL_SETTY, "-x", "-echo", NULL);
    set_history(t);
    el_source(t->editor, NULL);
    t->can_erase = has_capability(t->editor, "up") && has_capability(t->editor, "cd");
    return t;
}

void terminal_destroy(struct terminal *t)
{
    if (t) {
        terminal_flush(t);
        el_end(t->editor);
        history_end(t->history);
        tcsetattr(STDIN_FILENO, TCSADRAIN, &t->original);
        buf_finish(&t->output);
        free(t->aside);
        free(t);
    }
}

// Takes a prompt at which nothing was typed off the screen; half typed text stays readable.
static void leave_prompt(struct terminal *t)
{
    const LineInfoW *line = el_wline(t->editor);
    if (line->lastchar == line->buffer) {
        erase_prompt(t);
    } else {
        fputs("\n", stdout);
    }
}

enum terminal_edited terminal_edit(struct terminal *t, struct text *line)
{
    int len = 0;
    t->stopped = false;
    terminal_flush(t);
    t->editing = true;
    const char *edited = el_gets(t->editor, &len);
    t->editing = false;
    if (!edited || len <= 0) {
        leave_prompt(t);
        return t->stopped ? TERMINAL_STOPPED : TERMINAL_END;
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
    if (t->editing) {
        erase_prompt(t);
        el_resize(t->editor);
        draw_prompt(t);
        fflush(stdout);
    }
}

void terminal_suspend(struct terminal *t)
{
    if (t->editing) {
        leave_prompt(t);
        fflush(stdout);
    }
    el_set(t->editor, EL_PREP_TERM, 0);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &t->original);
    raise(SIGSTOP);
    if (t->editing) {
        el_set(t->editor, EL_PREP_TERM, 1);
        draw_prompt(t);
        fflush(stdout);
    }
}
