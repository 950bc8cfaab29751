#include "client/line_view.h"

#include "base/must.h"

enum { TAB_WIDTH = 8, SHOWN_MAX = 16 };

// Where the next character goes. A full row ends where the terminal has not yet wrapped.
struct place {
    int row;
    int column;
};

// A character as it is shown: UTF-8 and cells.
struct shown {
    char bytes[SHOWN_MAX];
    int cells;
    bool splits; // several characters of one cell, which may wrap between any two
};

static struct shown show(wchar_t c, const struct place *at)
{
    struct shown s = {.cells = wcwidth(c), .splits = true};
    if (c == L'\t') {
        s.cells = TAB_WIDTH - at->column % TAB_WIDTH;
        memset(s.bytes, ' ', (size_t)s.cells);
    } else if (c < 0x20 || c == 0x7F) {
        s.cells = snprintf(s.bytes, sizeof s.bytes, "^%c", (char)(c ^ 0x40));
    } else if (s.cells < 0) {
        s.cells = snprintf(s.bytes, sizeof s.bytes, "\\u{%04x}", (unsigned)c);
    } else {
        mbstate_t state = {0};
        size_t len = wcrtomb(s.bytes, c, &state);
        must(len < sizeof s.bytes);
        s.bytes[len] = '\0';
        s.splits = false;
    }
    return s;
}

static void advance(struct place *p, const struct shown *s, int width)
{
    int together = s->splits ? 1 : s->cells;
    for (int done = 0; done < s->cells; done += together) {
        if (p->column + together > width) {
            *p = (struct place){p->row + 1, 0};
        }
        p->column += together;
    }
}

static void wrap_if_full(struct place *p, int width)
{
    if (p->column >= width) {
        *p = (struct place){p->row + 1, 0};
    }
}

// Goes through prompt and line up to `end`; appends the rows from `first` to `last` to `out`
// unless that is NULL.
static struct place walk(const struct line_view *v, size_t end, int first, int last,
                         struct buf *out)
{
    struct place p = {0};
    size_t prompt_len = strlen(v->prompt);
    for (size_t i = 0; i < prompt_len + end; i++) {
        wchar_t c = i < prompt_len ? (unsigned char)v->prompt[i] : v->line[i - prompt_len];
        if (c == L'\n') { // what searches the history stands in a row of its own
            if (out && p.row >= first && p.row < last) {
                buf_add(out, TEXT("\033[K\r\n"));
            }
            p = (struct place){p.row + 1, 0};
            continue;
        }
        struct shown s = show(c, &p);
        int row = p.row;
        bool leaves_cell = s.cells == 2 && p.column == v->width - 1;
        advance(&p, &s, v->width);
        if (out && leaves_cell && row >= first && row < last) {
            buf_add(out, TEXT("\033[K"));
        }
        if (out && p.row >= first && p.row <= last) {
            buf_add(out, text_of(s.bytes));
        }
    }
    return p;
}

static struct place cursor_place(const struct line_view *v)
{
    struct place p = walk(v, v->cursor, 0, 0, NULL);
    bool before_wide = v->cursor < v->len && wcwidth(v->line[v->cursor]) == 2;
    wrap_if_full(&p, before_wide ? v->width - 1 : v->width);
    return p;
}

// The first row that is drawn: not 0 only when there are more than the screen has.
static int first_row(const struct line_view *v, const struct place *cursor)
{
    return cursor->row < v->height ? 0 : cursor->row - v->height + 1;
}

static void move(struct buf *out, int count, char direction)
{
    if (count > 0) {
        buf_printf(out, "\033[%d%c", count, direction);
    }
}

int line_view_draw(const struct line_view *v, int above, struct buf *out)
{
    struct place cursor = cursor_place(v);
    int first = first_row(v, &cursor);
    int last = first + v->height - 1;
    move(out, above, 'A');
    buf_add_char(out, '\r');
    struct place end = walk(v, v->len, first, last, out);
    bool full = end.column >= v->width;
    wrap_if_full(&end, v->width);
    if (end.row > last) {
        end.row = last; // nothing is below
    } else {
        // A terminal wraps only when the next character comes.
        buf_add(out, full ? TEXT(" \r\033[J") : TEXT("\033[J"));
    }
    move(out, end.row - cursor.row, 'A');
    buf_add_char(out, '\r');
    move(out, cursor.column, 'C');
    return cursor.row - first;
}

void line_view_leave(const struct line_view *v, int above, struct buf *out)
{
    struct line_view at_end = *v;
    at_end.cursor = v->len;
    line_view_draw(&at_end, above, out);
    struct place cursor = cursor_place(&at_end);
    if (cursor.row == 0 || cursor.column > 0) {
        buf_add_char(out, '\n');
    }
}

void line_view_erase(int above, struct buf *out)
{
    move(out, above, 'A');
    buf_add(out, TEXT("\r\033[J"));
}

int line_view_cursor_row(const struct line_view *v)
{
    struct place cursor = cursor_place(v);
    return cursor.row - first_row(v, &cursor);
}
