#include "base/data_folder.h"

#include "base/buf.h"

// A relative path in XDG_STATE_HOME is not to be used.
char *data_folder_standard(void)
{
    struct buf path;
    buf_init(&path, 4096);
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state && *state == '/') {
        buf_printf(&path, "%s/hobnob", state);
    } else if (home && *home) {
        buf_printf(&path, "%s/.local/state/hobnob", home);
    }
    char *copy = text_copy(path.overflow ? TEXT("") : buf_text(&path));
    buf_finish(&path);
    return copy;
}
