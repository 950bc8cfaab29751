#include "client/state_file.h"

#include "base/file.h"

#include <sys/stat.h>

bool state_file_path(const char *name, struct buf *path)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state && *state == '/') {
        return buf_printf(path, "%s/hobnob/%s", state, name);
    }
    return home && *home == '/' && buf_printf(path, "%s/.local/state/hobnob/%s", home, name);
}

void state_file_read(const char *path, struct buf *content)
{
    file_read(path, content);
}

struct text state_file_line(struct text *rest)
{
    struct text line = text_head(*rest, text_find(*rest, '\n'));
    *rest = text_skip(*rest, line.len + 1);
    return line;
}

static void folders_make(const char *path)
{
    char *folder = text_copy(text_of(path));
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(folder, 0700); // a failure shows when the file is opened
        *slash = '/';
    }
    free(folder);
}

int state_file_write(const char *path, struct text content)
{
    folders_make(path);
    return file_replace(path, content);
}
