// How a line that is being edited stands on the screen: behind its prompt, wrapped where the
// terminal wraps it, the cursor at its place. Writes bytes for an ECMA-48 terminal; knows neither
// the terminal nor the editor. Widths come from wcwidth(), so LC_CTYPE has to be UTF-8.
#pragma once
#include "base/buf.h"

#include <wchar.h>

struct line_view {
    const char *prompt; // ASCII
    const wchar_t *line;
    size_t len;
    size_t cursor; // index into `line`
    int width;     // of the screen, at least 2
    int height;    // of the screen; more rows than that are not drawn
};

// Draws over what stands there: `above` is how many rows the cursor stands below the first row
// of what was drawn before. Returns the same for what is drawn now.
int line_view_draw(const struct line_view *view, int above, struct buf *out);
// Draws it for the last time; the cursor stands at the start of the row below.
void line_view_leave(const struct line_view *view, int above, struct buf *out);
// Takes it off the screen; the cursor stands at the start of what was its first row.
void line_view_erase(int above, struct buf *out);
// What line_view_draw() would return.
int line_view_cursor_row(const struct line_view *view);
