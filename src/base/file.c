#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES_MAX = 8192 };

static int read_all(int file, struct buf *content)
{
    char block[4096];
    ssize_t got = 0;
    int error = 0;
    while (error == 0 && (got = read(file, block, sizeof block)) != 0) {
        if (got < 0) {
            error = errno == EINTR ? 0 : -errno;
        } else if (!buf_add(content, (struct text){block, (size_t)got})) {
            error = -EFBIG;
        }
    }
    explicit_bzero(block, sizeof block); // it may have been a secret
    return error;
}

int file_read(const char *path, struct buf *content)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        return -errno;
    }
    int error = fstat(file, &status) != 0 ? -errno : S_ISREG(status.st_mode) ? 0 : -EINVAL;
    if (error == 0) {
        error = read_all(file, content);
    }
    close(file);
    return error;
}

static bool all_written(int file, struct text bytes)
{
    while (bytes.len) {
        ssize_t written = write(file, bytes.at, bytes.len);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        bytes = text_skip(bytes, written > 0 ? (size_t)written : 0);
    }
    return fsync(file) == 0;
}

int file_replace(const char *path, struct text bytes)
{
    struct buf draft;
    buf_init(&draft, PATH_BYTES_MAX);
    buf_printf(&draft, "%s.%ld", path, (long)getpid());
    buf_add_char(&draft, '\0');
    if (draft.overflow) {
        buf_finish(&draft);
        return -ENAMETOOLONG;
    }
    int file = open(draft.at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int error = file < 0 || !all_written(file, bytes) ? -errno : 0;
    if (file >= 0) {
        close(file);
    }
    if (error == 0 && rename(draft.at, path) < 0) {
        error = -errno;
    }
    if (error && file >= 0) {
        unlink(draft.at);
    }
    buf_finish(&draft);
    return error;
}
