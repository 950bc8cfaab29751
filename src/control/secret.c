#include "control/secret.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { SECRET_BYTES = 1024 };

static bool line_read(struct buf *line)
{
    char bytes[SECRET_BYTES];
    bool read = fgets(bytes, sizeof bytes, stdin) != NULL;
    if (read) {
        struct text got = text_of(bytes);
        buf_add(line, text_head(got, text_find(got, '\n')));
    }
    explicit_bzero(bytes, sizeof bytes);
    return read;
}

// The signal of Ctrl-C leaves the terminal as it was when shells look after it.
static bool line_ask(const char *prompt, struct buf *line)
{
    struct termios before;
    fprintf(stderr, "%s", prompt);
    if (tcgetattr(STDIN_FILENO, &before) < 0) {
        return false;
    }
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    bool read = line_read(line);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fprintf(stderr, "\n");
    return read;
}

bool secret_read(struct buf *secret, struct buf *why)
{
    struct buf again;
    if (!isatty(STDIN_FILENO)) {
        if (!line_read(secret)) {
            buf_add(why, TEXT("Give the password as the first line of standard input."));
            return false;
        }
        return true;
    }
    buf_init(&again, SECRET_BYTES);
    bool read = line_ask("New password: ", secret) && line_ask("The same again: ", &again);
    bool same = read && text_equal(buf_text(secret), buf_text(&again));
    if (!same) {
        buf_add(why, TEXT("The two passwords are not the same, so nothing was changed."));
    }
    buf_wipe(&again);
    return same;
}
