#include "control/link.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 * 1024, PIECE = 16 * 1024 };

int link_open(struct link *link, const char *folder)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    *link = (struct link){.socket = -1};
    buf_init(&link->input, LINE_MAX_BYTES);
    if (snprintf(to.sun_path, sizeof to.sun_path, "%s/control.sock", folder) >=
        (int)sizeof to.sun_path) {
        return -ENOENT; // the server could not make one there either
    }
    link->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->socket < 0 || connect(link->socket, (struct sockaddr *)&to, sizeof to) < 0) {
        return -errno;
    }
    return 0;
}

void link_close(struct link *link)
{
    if (link->socket >= 0) {
        close(link->socket);
    }
    buf_finish(&link->input);
}

int link_ask(struct link *link, const json_t *request)
{
    char *line = json_dumps(request, JSON_COMPACT);
    size_t len = strlen(line);
    line[len++] = '\n'; // in the place of the NUL
    size_t sent = 0;
    int code = 0;
    while (sent < len && code == 0) {
        ssize_t count = send(link->socket, line + sent, len - sent, MSG_NOSIGNAL);
        if (count > 0) {
            sent += (size_t)count;
        } else if (errno != EINTR) {
            code = -errno;
        }
    }
    free(line);
    return code;
}

bool link_read(struct link *link, struct text *line)
{
    char piece[PIECE];
    buf_drop(&link->input, link->line);
    link->line = 0;
    size_t end;
    while ((end = text_find(buf_text(&link->input), '\n')) == link->input.len) {
        ssize_t got = recv(link->socket, piece, sizeof piece, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0 || !buf_add(&link->input, (struct text){piece, (size_t)got})) {
            return false;
        }
    }
    *line = text_head(buf_text(&link->input), end);
    link->line = end + 1;
    return true;
}
